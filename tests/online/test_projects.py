"""PEP 480's online part from end to end: what developers sign reaches the real client, and nothing else does."""

import contextlib
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fakes.claims import CLAIMED, RECENT, Changing, changed, metadata, project
from fakes.online_signer import OnlineSigner
from fakes.release import REPOSITORY, Wanted, release, words
from fakes.s3_server import BUCKET, s3_server, use_s3

from ceremony.core.policy import Policy
from ceremony.engine.bundle import Bundle
from ceremony.errors import RefusedError, TamperedError
from ceremony.online.database_file import database_of
from ceremony.online.delivery import take_in_delivery
from ceremony.online.errand import publisher_of
from ceremony.online.home import Home
from ceremony.online.initialise import Wish, initialise
from ceremony.online.project_files import is_uploaded, shown_uploads, waiting_uploads
from ceremony.online.projects import ended_by, registrations
from ceremony.online.registering import Batch, deregister, register
from ceremony.online.shelf_place import open_shelf, place_of
from ceremony.online.store import open_store
from ceremony.online.uploading import Offer, Receipt, upload

ONE = "files/demo/one"
TEAM = ("demo ann", "demo bob", "demo cyd")


@pytest.fixture
def delegating(living: OnlineSigner, moment: datetime) -> OnlineSigner:
    """A signer whose clients ask claimed and recently-claimed before bins."""
    living.deliver(delegation(living, moment), moment)
    return living


def delegation(signer: OnlineSigner, moment: datetime) -> Bundle:
    """The release with which claimed and recently-claimed begin; each time the same but for its signatures."""
    return changed(signer.bundle, Changing(delegations=(CLAIMED, RECENT), now=moment))


def refused(signer: OnlineSigner, data: bytes, *contents: bytes, now: datetime) -> str:
    """The rule by which this upload of demo is refused; nothing waits for it."""
    with pytest.raises(RefusedError) as refusal:
        signer.upload("demo", data, *contents, now=now)
    assert waiting_uploads(signer.store) == ()
    return refusal.value.rule


def test_as_many_developers_sign_as_the_project_asks_for(delegating: OnlineSigner, moment: datetime) -> None:
    """Two of three, whichever; a stranger beside one of them is none of them."""
    delegating.register(project("demo", *TEAM, threshold=2), now=moment)

    for hands in (TEAM[:1], (TEAM[0], "stranger")):
        data = metadata("demo", 1, {ONE: b"one"}, *hands, now=moment)
        assert refused(delegating, data, b"one", now=moment) == "UPLOAD-SIGNED"

    for version, hands in enumerate((TEAM[:2], TEAM[1:], TEAM), 1):
        content = f"content {version}".encode()
        delegating.upload("demo", metadata("demo", version, {ONE: content}, *hands, now=moment), content, now=moment)
        delegating.publisher.publish(moment)
        assert delegating.stay(ONE) == delegating.follow(ONE) == {ONE: content}


def test_nothing_that_came_before_comes_again(delegating: OnlineSigner, moment: datetime) -> None:
    """An older version, and other bytes under the version that clients have: both signed by the right key."""
    delegating.register(project("demo"), now=moment)
    old, newest, other = (
        metadata("demo", version, {ONE: content}, now=moment)
        for version, content in ((1, b"old"), (2, b"newest"), (2, b"other"))
    )
    delegating.upload("demo", old, b"old", now=moment)
    delegating.upload("demo", newest, b"newest", now=moment)
    delegating.publisher.publish(moment)

    assert refused(delegating, old, b"old", now=moment) == "UPLOAD-NEXT"
    assert refused(delegating, other, b"other", now=moment) == "UPLOAD-NEXT"

    assert delegating.stay(ONE) == {ONE: b"newest"}


def test_what_ends_before_the_writer_comes_to_it_is_refused(delegating: OnlineSigner, moment: datetime) -> None:
    """Clients would refuse it; its version is free for what the developers sign next."""
    delegating.register(project("demo"), now=moment)
    short = metadata("demo", 1, {ONE: b"one"}, now=moment - timedelta(days=90) + timedelta(minutes=1))
    receipt = delegating.upload("demo", short, b"one", now=moment)

    delegating.publisher.publish(moment + timedelta(minutes=2))

    with pytest.raises(RefusedError) as refusal:
        is_uploaded(delegating.store, receipt.number)
    assert refusal.value.rule == "UPLOAD-FRESH"
    delegating.upload("demo", metadata("demo", 1, {ONE: b"again"}, now=moment), b"again", now=moment)
    delegating.publisher.publish(moment + timedelta(minutes=2))
    assert delegating.stay(ONE) == {ONE: b"again"}


HOSTILE = {
    "one name twice": lambda data: data.replace(b'"version":1', b'"version":1,"version":1'),
    "a fraction": lambda data: data.replace(b'"version":1', b'"version":1.0'),
    "no number": lambda data: data.replace(b'"version":1', b'"version":NaN'),
    "a version that no client counts to": lambda data: data.replace(b'"version":1', b'"version":' + b"9" * 5000),
    "the same signature twice": lambda data: data.replace(b'"signatures":[', b'"signatures":[' + _signature(data)),
    "nested without end": lambda data: data.replace(b'"targets":{', b'"x":' + b"[" * 100_000 + b',"targets":{'),
    "half a letter": lambda data: data.replace(b'"targets":{', b'"x":"\\ud800","targets":{'),
}


def _signature(data: bytes) -> bytes:
    return data[data.index(b'{"keyid"') : data.index(b"}", data.index(b'{"keyid"')) + 1] + b","


@pytest.mark.parametrize("name", HOSTILE)
def test_bytes_that_two_clients_could_read_differently_are_no_metadata(
    delegating: OnlineSigner, moment: datetime, name: str
) -> None:
    """They are refused before anybody looks at what they say."""
    delegating.register(project("demo"), now=moment)
    data = metadata("demo", 1, {ONE: b"one"}, now=moment)
    bad = HOSTILE[name](data)
    assert bad != data

    with pytest.raises(TamperedError):
        delegating.upload("demo", bad, b"one", now=moment)

    assert waiting_uploads(delegating.store) == ()


def claim(signer: OnlineSigner, moment: datetime, *developers: str) -> None:
    """A ceremony claims demo with the keys of these developers; the release waits for the writer."""
    release = Changing(roles=("claimed",), entering=(project("demo", *developers),), now=moment)
    take_in_delivery(signer.store, changed(delegation(signer, moment), release), "", moment, Policy())


def test_a_claimed_project_goes_on_uploading_what_its_keys_sign(delegating: OnlineSigner, moment: datetime) -> None:
    """And nobody but a ceremony says who they are, or takes it away."""
    delegating.register(project("demo"), now=moment)
    delegating.upload("demo", metadata("demo", 1, {ONE: b"one"}, now=moment), b"one", now=moment)
    delegating.publisher.publish(moment)
    claim(delegating, moment)
    delegating.publisher.publish(moment)

    delegating.upload("demo", metadata("demo", 2, {ONE: b"two"}, now=moment), b"two", now=moment)
    delegating.publisher.publish(moment)

    assert delegating.stay(ONE) == delegating.follow(ONE) == {ONE: b"two"}
    assert refused(delegating, metadata("demo", 3, {}, "demo again", now=moment), now=moment) == "UPLOAD-SIGNED"
    with pytest.raises(RefusedError) as again:
        delegating.register(project("demo", "demo again"), now=moment)
    assert again.value.rule == "REGISTER-UNCLAIMED"
    with pytest.raises(RefusedError) as gone:
        deregister(delegating.store, ("demo",))
    assert gone.value.rule == "REGISTER-PRESENT"


def test_a_release_that_claims_a_project_takes_along_what_waits(delegating: OnlineSigner, moment: datetime) -> None:
    """One publication: the role that delegates changes, and the upload that was acknowledged under the other is out."""
    delegating.register(project("demo"), now=moment)
    delegating.upload("demo", metadata("demo", 1, {ONE: b"one"}, now=moment), b"one", now=moment)
    delegating.publisher.publish(moment)
    receipt = delegating.upload("demo", metadata("demo", 2, {ONE: b"two"}, now=moment), b"two", now=moment)
    claim(delegating, moment)

    publication = delegating.publisher.publish(moment)

    assert publication is not None
    assert is_uploaded(delegating.store, receipt.number)
    assert registrations(delegating.store) == ()
    assert ended_by(delegating.store, publication.number) == ("demo",)
    assert delegating.stay(ONE) == delegating.follow(ONE) == {ONE: b"two"}


def test_other_keys_in_a_ceremony_end_what_the_former_ones_sign(delegating: OnlineSigner, moment: datetime) -> None:
    """What waited is refused, clients get nothing until the new keys have signed, and then everything."""
    delegating.register(project("demo"), now=moment)
    delegating.upload("demo", metadata("demo", 1, {ONE: b"one"}, now=moment), b"one", now=moment)
    delegating.publisher.publish(moment)
    late = delegating.upload("demo", metadata("demo", 2, {ONE: b"late"}, now=moment), b"late", now=moment)
    claim(delegating, moment, "demo again")
    delegating.publisher.publish(moment)

    with pytest.raises(RefusedError) as refusal:
        is_uploaded(delegating.store, late.number)
    assert refusal.value.rule == "UPLOAD-SIGNED"

    data = metadata("demo", 2, {ONE: b"new"}, "demo again", now=moment)
    delegating.upload("demo", data, b"new", now=moment)
    delegating.publisher.publish(moment)
    assert delegating.stay(ONE) == delegating.follow(ONE) == {ONE: b"new"}


def test_what_clients_may_have_been_shown_is_known(delegating: OnlineSigner, moment: datetime) -> None:
    """Of each project the last before that moment, and whatever came after it; what was refused counts as nothing."""
    delegating.register(project("demo"), project("new"), now=moment)
    for hours in (1, 2, 3):
        delegating.upload("demo", metadata("demo", hours, {}, now=moment))
        delegating.publisher.publish(moment + timedelta(hours=hours))
    delegating.upload("demo", metadata("demo", 4, {}, now=moment))
    delegating.upload("new", metadata("new", 1, {}, now=moment))

    def shown(hours: float) -> list[str]:
        return [each.file.name for each in shown_uploads(delegating.store, moment + timedelta(hours=hours))]

    waiting = ["4.project-demo.json", "1.project-new.json"]
    assert shown(0.5) == ["1.project-demo.json", "2.project-demo.json", "3.project-demo.json", *waiting]
    assert shown(2.5) == ["2.project-demo.json", "3.project-demo.json", *waiting]
    assert shown(9) == ["3.project-demo.json", *waiting]


def test_an_object_store_holds_what_projects_list(
    tmp_path: Path, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that are there need not come again, however many; one that is missing is noticed."""
    files = {f"files/demo/{number}": f"content {number}".encode() for number in range(40)}
    for number, content in enumerate(files.values()):
        (tmp_path / f"file-{number}").write_bytes(content)
    sent = tuple(sorted(tmp_path.glob("file-*")))

    def offer(version: int, listed: dict[str, bytes], *given: Path) -> Receipt:
        (tmp_path / "metadata").write_bytes(metadata("demo", version, listed, now=moment))
        return upload(store, shelf, Offer("demo", tmp_path / "metadata", given), moment)

    with s3_server() as server:
        use_s3(monkeypatch, server.port)
        home = Home(tmp_path / "home")
        wish = Wish(REPOSITORY, "ecdsa-sha2-nistp256", is_rehearsal=True, shelf=f"s3://{BUCKET}/projects/repository")
        first = release(initialise(home, wish).key, Wanted(now=moment))
        with contextlib.closing(open_store(database_of(home))) as store:
            shelf, publisher = open_shelf(home), publisher_of(home, store, lambda _done, _total: None)
            for bundle in (first, changed(first, Changing(delegations=(CLAIMED, RECENT), now=moment))):
                take_in_delivery(store, bundle, words(bundle), moment, Policy())
                publisher.publish(moment)
            register(store, Batch(REPOSITORY, (project("demo"),)), moment)

            receipts = [offer(1, files, *sent), offer(2, files)]
            publisher.publish(moment)

            assert all(is_uploaded(store, each.number) for each in receipts)
            assert {"1.project-demo.json", "2.project-demo.json"} < {*place_of(shelf).names()}
            with pytest.raises(RefusedError) as refusal:
                offer(3, {**files, "files/demo/new": b"never sent"})
            assert refusal.value.rule == "UPLOAD-FILES"
