"""What is delegated changes, and a client that stays through all of it is never refused."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fakes.claims import CLAIMED, RECENT, Changing, changed, metadata, project
from fakes.online_signer import OnlineSigner, online_signer
from fakes.release import NOW, REPOSITORY, Wanted, altered, words
from sqlalchemy import func, select, update
from tuf.api.metadata import Metadata, Snapshot, Targets

from ceremony.core.plan import Bins, Delegation
from ceremony.core.policy import Policy
from ceremony.engine.bundle import Bundle
from ceremony.errors import RefusedError, RehearsalError
from ceremony.online.delivery import is_known, take_in_delivery
from ceremony.online.delivery_rows import delivered_names
from ceremony.online.initialise import Wish
from ceremony.online.key_change import make_next_key
from ceremony.online.listing import listed
from ceremony.online.schedule import spread_due_time
from ceremony.online.service import publish_all, wake_time
from ceremony.online.status import gather_status
from ceremony.online.tables import PUBLICATIONS

NIGHTLY = Delegation("nightly", ("nightly/*",), is_terminating=True, is_online=True)
PLAIN = {f"files/plain/{number}": b"content %d" % number for number in range(9)}


def snapshot(signer: OnlineSigner) -> dict[str, int]:
    """What the newest snapshot on the shelf lists."""
    newest = max(
        (name for name in signer.shelved() if name.endswith(".snapshot.json")), key=lambda it: int(it.split(".")[0])
    )
    found = Metadata[Snapshot].from_bytes(signer.shelved()[newest]).signed
    return {name.removesuffix(".json"): each.version for name, each in found.meta.items()}


def delegated(signer: OnlineSigner, name: str) -> list[str]:
    """Whom this file on the shelf delegates to, in its order."""
    found = Metadata[Targets].from_bytes(signer.shelved()[name]).signed.delegations
    return [] if found is None else [*(found.roles or {})]


def with_targets(signer: OnlineSigner, moment: datetime) -> None:
    """The signer has nine targets, which a client has downloaded."""
    for path, content in PLAIN.items():
        signer.ask(path, content, moment)
    signer.publisher.publish(moment)
    assert signer.stay(*PLAIN) == PLAIN


def test_a_role_before_bins_is_there_with_its_first_delivery(living: OnlineSigner, moment: datetime) -> None:
    """Signed by keyholders, or by the signer itself; bins are asked as before."""
    with_targets(living, moment)
    second = changed(living.bundle, Changing(roles=("targets", "claimed"), delegations=(CLAIMED, RECENT), now=moment))

    number = take_in_delivery(living.store, second, "", moment, Policy())
    living.publisher.publish(moment)

    assert delivered_names(living.store, number) == ("2.targets.json", "1.claimed.json")
    assert {"1.claimed.json", "1.recently-claimed.json"} < {*living.shelved()}
    assert living.stay(*PLAIN) == living.follow(*PLAIN) == PLAIN
    assert is_known(living.store, second)


def test_roles_before_bins_can_be_there_from_the_beginning(tmp_path: Path, moment: datetime) -> None:
    """They come with the first release, and the words are those of all its files."""
    made = online_signer(tmp_path, Wanted(now=moment, delegations=(CLAIMED, NIGHTLY, RECENT)))

    made.deliver(now=moment)

    assert {"claimed", "nightly", "recently-claimed"} < {*snapshot(made)}
    found = gather_status(made.store, moment)
    order = ["root", "targets", "claimed", "nightly", "recently-claimed", "bins", "bin-n", "snapshot", "timestamp"]
    assert [each.role for each in found.roles] == order
    assert " ".join(found.fingerprint) == words(made.bundle)
    assert made.follow() == {}
    made.store.close()


STEPS: dict[str, Changing] = {
    "eight bins": Changing(roles=("bins",), bins=Bins(8, "succinct")),
    "explicit": Changing(roles=("bins",), bins=Bins(8, "explicit")),
    "many bins": Changing(roles=("bins",), bins=Bins(256, "succinct")),
    "fewer bins": Changing(roles=("bins",), bins=Bins(32, "explicit")),
    "delegations": Changing(roles=("targets", "claimed"), delegations=(CLAIMED, NIGHTLY, RECENT)),
    "few bins": Changing(roles=("bins",), bins=Bins(2, "succinct")),
    "a delegation less": Changing(roles=("targets",), delegations=(CLAIMED, RECENT)),
    "many again": Changing(roles=("bins",), bins=Bins(64, "succinct")),
    "none": Changing(roles=("targets",), delegations=()),
}


def test_a_client_that_stays_through_every_change_is_never_refused(living: OnlineSigner, moment: datetime) -> None:
    """Bins grow and shrink, delegations come and go: whatever was listed stays listed, and no version goes back."""
    with_targets(living, moment)
    bundle, before = living.bundle, snapshot(living)
    for name, step in STEPS.items():
        bundle = changed(bundle, replace(step, now=moment))

        living.deliver(bundle, moment)

        after = snapshot(living)
        assert all(after[role] >= version for role, version in before.items()), name
        assert living.stay(*PLAIN) == PLAIN, name
        living.ask("files/plain/0", PLAIN["files/plain/0"] + name.encode(), moment)
        living.publisher.publish(moment)
        assert living.stay("files/plain/0")["files/plain/0"].endswith(name.encode())
        living.ask("files/plain/0", PLAIN["files/plain/0"], moment)
        living.publisher.publish(moment)
        before = snapshot(living)
    assert living.store.target_count() == len(PLAIN)
    assert listed(living.store) == before


def test_bins_that_come_back_go_on_from_their_last_version(signer: OnlineSigner) -> None:
    """Two hex digits, one, and two again."""
    signer.deliver()
    wide = changed(signer.bundle, Changing(roles=("bins",), bins=Bins(32, "succinct")))
    narrow = changed(wide, Changing(roles=("bins",), bins=Bins(4, "succinct")))

    signer.deliver(wide)
    assert (snapshot(signer)["bin-0"], snapshot(signer)["bin-1f"]) == (1, 1)
    signer.deliver(narrow)
    assert (snapshot(signer)["bin-0"], snapshot(signer)["bin-1f"]) == (2, 1)
    signer.deliver(changed(narrow, Changing(roles=("bins",), bins=Bins(32, "explicit"))))

    assert (snapshot(signer)["bin-0"], snapshot(signer)["bin-1f"]) == (2, 2)
    assert {"1.bin-1f.json", "2.bin-1f.json", "1.bin-0.json", "2.bin-0.json"} < {*signer.shelved()}


def test_changes_that_wait_find_the_new_bins(living: OnlineSigner, moment: datetime) -> None:
    """Asked for before the delivery, published with it."""
    with_targets(living, moment)
    living.ask("files/late", b"late", moment)

    living.deliver(changed(living.bundle, Changing(roles=("bins",), bins=Bins(128, "succinct"), now=moment)), moment)

    assert living.stay("files/late", *PLAIN) == {"files/late": b"late", **PLAIN}


def test_a_role_that_keyholders_signed_before_may_not_begin_anew(signer: OnlineSigner) -> None:
    """Clients remember its version; under another name it is taken."""
    signer.deliver()
    second = changed(signer.bundle, Changing(roles=("targets", "claimed"), delegations=(CLAIMED,)))
    third = changed(second, Changing(roles=("targets",), delegations=()))
    signer.deliver(second)
    signer.deliver(third)
    fourth = changed(third, Changing(roles=("targets", "claimed"), delegations=(CLAIMED,)))

    with pytest.raises(RefusedError) as refusal:
        signer.deliver(altered(fourth, "claimed", lambda claimed: claimed.update(version=1)))

    assert refusal.value.rule == "DELIVERY-RETURNS"
    again = Delegation("claimed-again")
    signer.deliver(changed(third, Changing(roles=("targets", "claimed-again"), delegations=(again,))))
    assert snapshot(signer)["claimed"] == snapshot(signer)["claimed-again"] == 1


def test_a_role_of_the_online_key_goes_on_from_its_last_version(signer: OnlineSigner) -> None:
    """It goes and comes back; keyholders never take it over, at whatever version."""
    signer.deliver()
    second = changed(signer.bundle, Changing(roles=("targets",), delegations=(RECENT,)))
    third = changed(second, Changing(roles=("targets",), delegations=()))
    fourth = changed(third, Changing(roles=("targets",), delegations=(RECENT,)))
    for each in (second, third, fourth):
        signer.deliver(each)

    assert snapshot(signer)["recently-claimed"] == 2
    offline = Delegation("recently-claimed")
    fifth = changed(fourth, Changing(roles=("targets", "recently-claimed"), delegations=(offline,)))
    with pytest.raises(RefusedError) as refusal:
        signer.deliver(fifth)
    assert refusal.value.rule == "DELIVERY-RETURNS"
    with pytest.raises(RefusedError) as above:
        signer.deliver(altered(fifth, "recently-claimed", lambda recent: recent.update(version=3)))
    assert above.value.rule == "DELIVERY-HAND"


def test_a_role_of_keyholders_never_becomes_the_online_keys(signer: OnlineSigner) -> None:
    """Neither at once nor when its name comes back; what keyholders signed stays what clients see."""
    signer.deliver()
    online = replace(CLAIMED, is_online=True)
    second = changed(signer.bundle, Changing(roles=("targets", "claimed"), delegations=(CLAIMED,)))
    third = changed(second, Changing(roles=("targets",), delegations=()))
    signer.deliver(second)

    with pytest.raises(RefusedError) as refusal:
        signer.deliver(changed(second, Changing(roles=("targets",), delegations=(online,))))
    signer.deliver(third)
    with pytest.raises(RefusedError) as later:
        signer.deliver(changed(third, Changing(roles=("targets",), delegations=(online,))))

    assert refusal.value.rule == later.value.rule == "DELIVERY-HAND"
    assert snapshot(signer)["claimed"] == 1
    assert "2.claimed.json" not in signer.shelved()


def test_a_role_of_the_online_key_is_signed_anew_before_its_end(signer: OnlineSigner) -> None:
    """With a bin's lifetime, when a bin would be."""
    signer.deliver()
    signer.deliver(changed(signer.bundle, Changing(roles=("targets",), delegations=(RECENT,))))
    due = spread_due_time("recently-claimed", NOW + timedelta(days=7), timedelta(days=7))
    assert wake_time(signer.store) <= due

    while (moment := wake_time(signer.store)) < due:
        signer.publisher.publish(moment)
    assert snapshot(signer)["recently-claimed"] == 1
    signer.publisher.publish(due)

    assert snapshot(signer)["recently-claimed"] == 2


def test_what_was_missed_brings_roles_before_bins_along(signer: OnlineSigner) -> None:
    """The release in which claimed began was forgotten."""
    signer.deliver()
    second = changed(signer.bundle, Changing(roles=("targets", "claimed"), delegations=(CLAIMED, RECENT)))
    third = changed(second, Changing(roles=("bins",)))

    number = take_in_delivery(signer.store, third, "", NOW, Policy())
    signer.publisher.publish(NOW)

    assert delivered_names(signer.store, number) == ("2.targets.json", "1.claimed.json", "2.bins.json")


@pytest.mark.parametrize("role", ["claimed", "targets"])
def test_a_role_before_bins_signed_by_too_few_is_refused(signer: OnlineSigner, role: str) -> None:
    """And nothing of it is there."""
    signer.deliver()
    second = changed(signer.bundle, Changing(roles=("targets", "claimed"), delegations=(CLAIMED,)))

    with pytest.raises(RefusedError):
        signer.deliver(altered(second, role, lambda _: None, ["ann"]))

    assert "claimed" not in listed(signer.store)


def test_the_online_key_changes_with_the_roles_it_signs(living: OnlineSigner, moment: datetime) -> None:
    """Bins shrink at the same time; every role of the online key is signed by the next key, and the client goes on."""
    with_targets(living, moment)
    second = changed(living.bundle, Changing(roles=("targets",), delegations=(RECENT,), now=moment))
    living.deliver(second, moment)
    living.register(project("demo"), now=moment)
    living.upload("demo", metadata("demo", 1, {"files/demo/one": b"one"}, now=moment), b"one", now=moment)
    publish_all(living.publisher, moment)
    everything = {**PLAIN, "files/demo/one": b"one"}
    assert living.stay(*everything) == everything
    key = make_next_key(living.home, living.store, Wish(REPOSITORY, "ecdsa-sha2-nistp256", is_rehearsal=True)).key
    change = Changing(roles=("root", "targets", "bins"), bins=Bins(2, "succinct"), online=key, now=moment)
    take_in_delivery(living.store, changed(second, change), "", moment, Policy())

    while living.publisher.publish(moment) is not None:
        assert living.stay(*everything) == living.follow(*everything) == everything

    newest = f"{snapshot(living)['recently-claimed']}.recently-claimed.json"
    assert key.keyid().encode() in living.shelved()[newest].split(b'"signed"')[0]
    assert {"bin-2", "bin-3"} < {*snapshot(living)}


def test_a_key_change_that_forgets_a_role_of_the_online_key_is_refused(signer: OnlineSigner) -> None:
    """Recently-claimed still names the old key."""
    signer.deliver()
    second = changed(signer.bundle, Changing(roles=("targets",), delegations=(RECENT,)))
    signer.deliver(second)
    key = make_next_key(signer.home, signer.store, Wish(REPOSITORY, "ecdsa-sha2-nistp256", is_rehearsal=True)).key

    with pytest.raises(RefusedError) as refusal:
        signer.deliver(changed(second, Changing(roles=("root", "bins"), online=key)))

    assert refusal.value.rule == "ONLINE-KEY-OWN"


def claimed_and_recent(signer: OnlineSigner, moment: datetime) -> Bundle:
    """Demo is claimed, new is recently claimed, plain targets are in bins; all of it is published."""
    with_targets(signer, moment)
    second = changed(signer.bundle, Changing(roles=("targets", "claimed"), delegations=(CLAIMED, RECENT), now=moment))
    signer.deliver(second, moment)
    signer.register(project("demo"), project("new"), now=moment)
    for name in ("demo", "new"):
        data = metadata(name, 1, {f"files/{name}/one": name.encode()}, now=moment)
        signer.upload(name, data, name.encode(), now=moment)
    signer.publisher.publish(moment)
    third = changed(second, Changing(roles=("claimed",), entering=(project("demo"),), now=moment))
    signer.deliver(third, moment)
    return third


def test_a_claimed_a_recently_claimed_and_an_unclaimed_target_resolve(living: OnlineSigner, moment: datetime) -> None:
    """With the real client, from root 1 and as one that stays."""
    claimed_and_recent(living, moment)

    wanted = {"files/demo/one": b"demo", "files/new/one": b"new", **PLAIN}
    assert living.follow(*wanted) == living.stay(*wanted) == wanted


@pytest.mark.parametrize("name", ["demo", "new"])
def test_what_a_project_does_not_list_is_nowhere(living: OnlineSigner, moment: datetime, name: str) -> None:
    """Though bins would have it: whoever has the online key alone cannot speak for a project."""
    claimed_and_recent(living, moment)
    living.ask(f"files/{name}/two", b"forged", moment)
    living.publisher.publish(moment)

    with pytest.raises(RehearsalError) as refusal:
        living.follow(f"files/{name}/two")

    assert (refusal.value.role, "does not list" in str(refusal.value)) == (f"files/{name}/two", True)


def test_a_project_that_is_claimed_leaves_recently_claimed_at_once(living: OnlineSigner, moment: datetime) -> None:
    """In the same publication, and its metadata stays as it is."""
    claimed_and_recent(living, moment)

    newest = snapshot(living)
    assert delegated(living, f"{newest['claimed']}.claimed.json") == ["project-demo"]
    assert delegated(living, f"{newest['recently-claimed']}.recently-claimed.json") == ["project-new"]
    assert newest["project-demo"] == newest["project-new"] == 1


def test_a_project_that_leaves_claimed_is_listed_still(living: OnlineSigner, moment: datetime) -> None:
    """Its paths are looked up in bins from then on, and should it come back it goes on from its version."""
    third = claimed_and_recent(living, moment)
    living.ask("files/demo/one", b"from bins", moment)

    fourth = changed(third, Changing(roles=("claimed",), leaving=("demo",), now=moment))
    living.deliver(fourth, moment)

    assert snapshot(living)["project-demo"] == 1
    assert living.stay("files/demo/one") == {"files/demo/one": b"from bins"}
    living.register(project("demo"), now=moment)
    with pytest.raises(RefusedError) as refusal:
        living.upload("demo", metadata("demo", 1, {"files/demo/other": b"x"}, now=moment), b"x", now=moment)
    assert refusal.value.rule == "UPLOAD-NEXT"
    living.upload("demo", metadata("demo", 2, {"files/demo/one": b"again"}, now=moment), b"again", now=moment)
    living.publisher.publish(moment)
    assert living.stay("files/demo/one") == {"files/demo/one": b"again"}


def test_a_role_that_goes_takes_its_projects_with_it(living: OnlineSigner, moment: datetime) -> None:
    """They do not come back by themselves with it."""
    third = claimed_and_recent(living, moment)
    fourth = changed(third, Changing(roles=("targets",), delegations=(CLAIMED,), now=moment))
    living.deliver(fourth, moment)
    with pytest.raises(RehearsalError):
        living.stay("files/new/one")

    living.deliver(changed(fourth, Changing(roles=("targets",), delegations=(CLAIMED, RECENT), now=moment)), moment)

    newest = snapshot(living)["recently-claimed"]
    assert delegated(living, f"{newest}.recently-claimed.json") == []
    assert living.stay("files/demo/one", *PLAIN)["files/demo/one"] == b"demo"


def test_a_role_made_again_after_a_crash_has_the_same_bytes(living: OnlineSigner, moment: datetime) -> None:
    """Whatever has been registered since."""
    claimed_and_recent(living, moment)
    before = living.shelved()
    living.register(project("later"), now=moment)
    with living.store.writing() as connection:
        newest = select(func.max(PUBLICATIONS.c.number)).scalar_subquery()
        connection.execute(update(PUBLICATIONS).where(PUBLICATIONS.c.number == newest).values(is_published=False))
    (living.home.repository / "metadata" / "3.recently-claimed.json").unlink()

    living.publisher.recover()

    assert living.shelved() == before
