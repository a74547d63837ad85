"""No project and no delegation comes before another that has the same paths: with the real client as judge."""

from datetime import datetime
from pathlib import Path

import pytest
from fakes.claims import CLAIMED, RECENT, Changing, changed, metadata, project
from fakes.online_signer import OnlineSigner, online_signer
from fakes.release import Wanted

from ceremony.core.plan import Delegation
from ceremony.core.policy import Policy
from ceremony.engine.bundle import Bundle
from ceremony.errors import RefusedError
from ceremony.online.delivery import take_in_delivery
from ceremony.online.delivery_rows import is_delivered
from ceremony.online.registering import deregister

PARTNERS = Delegation("partners")
NIGHTLY = Delegation("nightly", ("files/*/*",), is_terminating=True, is_online=True)


@pytest.fixture
def claimed(living: OnlineSigner, moment: datetime) -> Bundle:
    """Demo is claimed and has uploaded; partners, which is asked after claimed, is empty."""
    second = changed(living.bundle, Changing(delegations=(CLAIMED, PARTNERS, RECENT), now=moment))
    third = changed(second, Changing(roles=("claimed",), entering=(project("demo"),), now=moment))
    living.deliver(second, moment)
    living.deliver(third, moment)
    uploads(living, "demo", moment)
    return third


def uploads(signer: OnlineSigner, name: str, moment: datetime, path: str = "files/demo/one") -> None:
    """The first version of this project, with one target, whose content is its name, is published."""
    signer.upload(name, metadata(name, 1, {path: name.encode()}, now=moment), name.encode(), now=moment)
    signer.publisher.publish(moment)


def refused(signer: OnlineSigner, bundle: Bundle, moment: datetime) -> RefusedError:
    """Why this release is not taken in."""
    with pytest.raises(RefusedError) as refusal:
        signer.deliver(bundle, moment)
    return refusal.value


def test_the_online_key_never_comes_before_keyholders(
    living: OnlineSigner, moment: datetime, claimed: Bundle, tmp_path: Path
) -> None:
    """Neither later nor from the beginning; clients go on with what keyholders have claimed."""
    ahead = changed(claimed, Changing(roles=("targets",), delegations=(NIGHTLY, CLAIMED, PARTNERS, RECENT), now=moment))

    assert refused(living, ahead, moment).rule == "KEYHOLDERS-FIRST"
    assert living.stay("files/demo/one") == living.follow("files/demo/one") == {"files/demo/one": b"demo"}
    folder = tmp_path / "another"
    folder.mkdir()
    another = online_signer(folder, Wanted(now=moment, delegations=(RECENT, CLAIMED)))
    assert refused(another, another.bundle, moment).rule == "KEYHOLDERS-FIRST"
    another.store.close()


@pytest.mark.parametrize("name", ["evil", "demo"])
def test_one_path_is_never_in_two_delegations(
    living: OnlineSigner, moment: datetime, claimed: Bundle, name: str
) -> None:
    """Under another name, or under the same."""
    entering = (project(name, paths=("files/demo/*",)),)
    twice = changed(claimed, Changing(roles=("partners",), claims="partners", entering=entering, now=moment))

    assert refused(living, twice, moment).rule == "DELIVERY-PROJECTS"
    assert living.stay("files/demo/one") == {"files/demo/one": b"demo"}


@pytest.mark.parametrize("is_uploaded", [True, False])
def test_a_claim_takes_no_path_of_another_that_is_registered(
    living: OnlineSigner, moment: datetime, claimed: Bundle, *, is_uploaded: bool
) -> None:
    """Clients go on with what they have; once that project is removed the release is taken."""
    living.register(project("zed", paths=("files/shared/*",)), now=moment)
    if is_uploaded:
        uploads(living, "zed", moment, "files/shared/one")
    other = (project("other", paths=("files/shared/*",)),)
    taking = changed(claimed, Changing(roles=("claimed",), entering=other, now=moment))

    refusal = refused(living, taking, moment)

    assert (refusal.rule, "zed" in refusal.found) == ("DELIVERY-APART", True)
    if is_uploaded:
        assert living.stay("files/shared/one") == {"files/shared/one": b"zed"}
    deregister(living.store, ("zed",))
    living.deliver(taking, moment)
    uploads(living, "other", moment, "files/shared/one")
    assert living.stay("files/shared/one") == living.follow("files/shared/one") == {"files/shared/one": b"other"}


def test_a_registration_that_overtakes_a_claim_stops_it(
    living: OnlineSigner, moment: datetime, claimed: Bundle
) -> None:
    """The release waited, and nobody knew of it."""
    other = (project("other", paths=("files/shared/*",)),)
    taking = changed(claimed, Changing(roles=("claimed",), entering=other, now=moment))
    number = take_in_delivery(living.store, taking, "", moment, Policy())
    living.register(project("zed", paths=("files/shared/*",)), now=moment)

    living.publisher.publish(moment)

    with pytest.raises(RefusedError) as refusal:
        is_delivered(living.store, number)
    assert refusal.value.rule == "DELIVERY-APART"


def test_a_project_is_claimed_with_other_paths_than_it_registered(
    living: OnlineSigner, moment: datetime, claimed: Bundle
) -> None:
    """What it gives up may be another's in the same release: the registration ends with it."""
    living.register(project("zed", paths=("files/zed/*", "files/shared/*")), now=moment)
    entering = (project("other", paths=("files/shared/*",)), project("zed"))

    living.deliver(changed(claimed, Changing(roles=("claimed",), entering=entering, now=moment)), moment)

    uploads(living, "other", moment, "files/shared/one")
    assert living.stay("files/shared/one") == {"files/shared/one": b"other"}


def test_old_keys_are_taken_until_the_new_ones_have_signed(
    living: OnlineSigner, moment: datetime, claimed: Bundle
) -> None:
    """Clients get every version, whoever signed it."""
    del claimed
    path = "files/fresh/one"
    living.register(project("fresh"), now=moment)
    uploads(living, "fresh", moment, path)
    living.register(project("fresh", "fresh again"), now=moment)

    for version, developer in ((2, "fresh"), (3, "fresh again"), (4, "fresh again")):
        content = f"{version} of {developer}".encode()
        data = metadata("fresh", version, {path: content}, developer, now=moment)
        living.upload("fresh", data, content, now=moment)
        living.publisher.publish(moment)
        assert living.stay(path) == living.follow(path) == {path: content}
