"""The shelf held against the database, and put right from it; what clients may have taken is never replaced."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from fakes.online_signer import OnlineSigner
from fakes.release import Then, following

from ceremony.core.metadata_file import MetadataFile, decode_metadata_file
from ceremony.online.shelf_check import Fault, ShelfCheck, check_shelf
from ceremony.online.shelf_repair import repair_shelf

Harm = Callable[[Path], object]


def _check(signer: OnlineSigner) -> ShelfCheck:
    return check_shelf(signer.store, signer.shelf.read, lambda _done, _total: None, lambda _seconds: None)


def _repair(signer: OnlineSigner, found: ShelfCheck, now: datetime) -> None:
    last = signer.store.last_publication()
    assert last is not None
    signers = signer.publisher.keys.signers(last.number)
    repair_shelf(signer.store, signer.shelf, signers, found.findings, now)
    signer.publisher.recover()


def _signed_anew(signer: OnlineSigner, name: str, old: bytes, new: bytes) -> None:
    """What lies there says something else, over a signature that verifies."""
    path = signer.home.repository / "metadata" / name
    role = name.removesuffix(".json").split(".", 1)[-1]
    file = decode_metadata_file(path.read_bytes(), role, name)
    payload = file.payload.replace(old, new)
    assert payload != file.payload
    other = MetadataFile(role, file.version, payload)
    path.write_bytes(other.with_signature(signer.signer().sign(payload)).encode())


@pytest.fixture
def stocked(living: OnlineSigner, moment: datetime) -> OnlineSigner:
    """Two targets, in two publications."""
    for path in ("demo/one", "demo/two"):
        living.ask(path, path.encode(), moment)
        living.publisher.publish(moment)
    return living


def test_before_a_delivery_there_is_nothing_to_look_at(signer: OnlineSigner) -> None:
    """And nothing wrong."""
    assert _check(signer) == ShelfCheck(0, ())


def test_a_sound_shelf_is_found_sound(stocked: OnlineSigner) -> None:
    """Root, targets, bins, four bin-n, snapshot and timestamp; progress ends at all of them."""
    told: list[tuple[int, int]] = []

    found = check_shelf(stocked.store, stocked.shelf.read, lambda *each: told.append(each))

    assert (found.is_good, found.files) == (True, 9)
    assert told[-1] == (9, 9)


@pytest.mark.parametrize("name", ["1.root.json", "1.targets.json", "1.bins.json", "3.snapshot.json", "timestamp.json"])
@pytest.mark.parametrize(
    ("harm", "fault"),
    [
        (lambda path: path.unlink(), Fault.MISSING),
        (lambda path: path.write_bytes(b""), Fault.DAMAGED),
        (lambda path: path.write_bytes(path.read_bytes()[:-7]), Fault.DAMAGED),
        (lambda path: path.write_bytes(path.read_bytes().replace(b"sig", b"SIG")), Fault.DAMAGED),
        (lambda path: path.write_bytes(path.read_bytes().replace(b'"expires":"2', b'"expires":"3')), Fault.DAMAGED),
    ],
    ids=["gone", "empty", "cut", "other", "dated"],
)
def test_whatever_clients_would_refuse_is_made_again(
    stocked: OnlineSigner, moment: datetime, name: str, harm: Harm, fault: Fault
) -> None:
    """The same bytes as before, and a new client takes all of it."""
    before = stocked.shelved()
    harm(stocked.home.repository / "metadata" / name)

    found = _check(stocked)
    assert [(each.name, each.fault) for each in found.findings] == [(name, fault)]
    _repair(stocked, found, moment)

    assert _check(stocked).is_good
    assert stocked.shelved() == before
    stocked.follow("demo/one", "demo/two")


def test_every_bin_is_made_again(stocked: OnlineSigner, moment: datetime) -> None:
    """From the rows alone, byte for byte."""
    before = stocked.shelved()
    newest = [each.name for each in _files(stocked) if ".bin" in each.name and "bins" not in each.name]
    for each in newest:
        (stocked.home.repository / "metadata" / each).unlink(missing_ok=True)

    _repair(stocked, _check(stocked), moment)

    missing = {name for name in before if name not in stocked.shelved()}
    assert all(".bin" in name for name in missing)
    assert _check(stocked).is_good
    stocked.follow("demo/one", "demo/two")


def _files(signer: OnlineSigner) -> list[Path]:
    return list((signer.home.repository / "metadata").iterdir())


def test_an_older_timestamp_is_replaced_by_the_newest(stocked: OnlineSigner, moment: datetime) -> None:
    """Somebody copied an old one back; clients who had seen the newer one refuse it."""
    path = stocked.home.repository / "metadata" / "timestamp.json"
    older = path.read_bytes()
    stocked.ask("demo/three", b"three", moment)
    stocked.publisher.publish(moment)
    path.write_bytes(older)

    found = _check(stocked)

    assert [each.fault for each in found.findings] == [Fault.OLDER]
    _repair(stocked, found, moment)
    assert _check(stocked).is_good


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("3.snapshot.json", b'"bins.json":{"version":1}', b'"bins.json":{"version":2}'),
        ("timestamp.json", b'"version":3}', b'"version":4}'),
    ],
)
def test_what_our_key_has_signed_otherwise_is_never_replaced(
    stocked: OnlineSigner, moment: datetime, name: str, old: bytes, new: bytes
) -> None:
    """An old database, or somebody else with the key: clients may have taken it."""
    _signed_anew(stocked, name, old, new)
    lying = stocked.shelved()[name]

    found = _check(stocked)
    assert [(each.fault, each.is_repairable) for each in found.findings] == [(Fault.FOREIGN, False)]
    _repair(stocked, found, moment)

    assert stocked.shelved()[name] == lying


def test_a_root_that_nobody_delivered_is_noticed(stocked: OnlineSigner, moment: datetime) -> None:
    """Clients ask for it first of all, and stop at it; it is not ours to delete."""
    stray = stocked.home.repository / "metadata" / "2.root.json"
    stray.write_bytes(stocked.shelved()["1.root.json"])

    found = _check(stocked)
    _repair(stocked, found, moment)

    assert [(each.name, each.fault) for each in found.findings] == [("2.root.json", Fault.FOREIGN)]
    assert stray.exists()


def test_a_lost_snapshot_of_a_key_that_never_signs_twice_alike_is_followed_by_another(
    stocked: OnlineSigner, moment: datetime
) -> None:
    """The timestamp names the hash of a file that nobody can make again, so both come anew."""
    _forget_snapshot_hash(stocked)
    (stocked.home.repository / "metadata" / "3.snapshot.json").unlink()

    _repair(stocked, _check(stocked), moment)

    assert "4.snapshot.json" in stocked.shelved()
    assert _check(stocked).is_good
    stocked.follow("demo/one")


def _forget_snapshot_hash(signer: OnlineSigner) -> None:
    """The database and the timestamp name another file than the key will make."""
    last = signer.store.last_publication()
    assert last is not None
    signer.store.mark_published(last.number, last.snapshot_length, "0" * 64)
    _signed_anew(signer, "timestamp.json", last.snapshot_sha256.encode(), b"0" * 64)


def test_a_shelf_is_sound_while_its_signer_goes_on(stocked: OnlineSigner, moment: datetime) -> None:
    """What is published in the middle of a look is no fault."""
    turns = iter(range(100))

    def read(name: str) -> bytes | None:
        if name == "timestamp.json" and next(turns) < 3:
            stocked.ask(f"demo/{next(turns)}", b"more", moment)
            stocked.publisher.publish(moment)
        return stocked.shelf.read(name)

    found = check_shelf(stocked.store, read, lambda _done, _total: None, lambda _seconds: None)

    assert found.is_good


def test_files_of_every_release_are_looked_at(living: OnlineSigner, moment: datetime) -> None:
    """All roots, for clients who slept."""
    living.deliver(following(living.bundle, Then(roles=("root", "targets", "bins"), now=moment)), moment)
    (living.home.repository / "metadata" / "1.root.json").unlink()

    found = _check(living)

    assert [each.name for each in found.findings] == ["1.root.json"]
