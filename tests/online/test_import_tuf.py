"""Metadata of other repositories: only what their own clients would take, from where they would look for it."""

import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from fakes.people import NOW
from fakes.plain_repository import PlainRepository, plain_repository
from securesystemslib.signer import SSlibKey
from tuf.api.metadata import DelegatedRole, MetaFile, Snapshot, Timestamp

from ceremony.errors import CeremonyError, RefusedError
from ceremony.online.import_source import START, Mark
from ceremony.online.import_tuf import TufSource


@pytest.fixture
def repository(tmp_path: Path) -> PlainRepository:
    """One in which nothing is delegated yet."""
    return plain_repository(tmp_path / "repository" / "metadata", NOW)


def _source(repository: PlainRepository) -> TufSource:
    return TufSource(repository.folder.parent, repository.root, NOW)


def _read(repository: PlainRepository, mark: Mark = START) -> tuple[list[str], list[str], list[Mark]]:
    pieces = [*_source(repository).pieces(mark)]
    rows = [row.path for piece in pieces for row in piece.rows]
    refused = [f"{each.refusal.rule} {each.text}" for piece in pieces for each in piece.refused]
    return rows, refused, [piece.mark for piece in pieces]


def _role(repository: PlainRepository, name: str, *paths: str, terminating: bool = False) -> DelegatedRole:
    return DelegatedRole(name, [repository.keyid], 1, terminating=terminating, paths=list(paths))


def test_targets_of_every_role_are_read(repository: PlainRepository) -> None:
    """Those of targets, and of roles of roles."""
    repository.delegate(_role(repository, "a", "a/*", "a/b/*"), _role(repository, "c", "c/*"))
    repository.delegate(_role(repository, "b", "a/b/*"), by="a")
    for role, path in (("targets", "top"), ("a", "a/1"), ("b", "a/b/1"), ("c", "c/1")):
        repository.add(role, path)
    repository.write()

    rows, refused, _ = _read(repository)

    assert (rows, refused) == (["top", "a/1", "a/b/1", "c/1"], [])


def test_bins_are_read(repository: PlainRepository) -> None:
    """Each target in its own."""
    bins = repository.delegate_bins(3)
    paths = [f"a/{number}" for number in range(40)]
    for path in paths:
        repository.add(bins.get_role_for_target(path), path)
    repository.write()

    rows, refused, _ = _read(repository)

    assert (sorted(rows), refused) == (sorted(paths), [])


def test_a_target_in_another_bin_is_refused(repository: PlainRepository) -> None:
    """Clients do not look for it there."""
    bins = repository.delegate_bins(1)
    right = bins.get_role_for_target("demo")
    wrong = next(name for name in bins.get_roles() if name != right)
    repository.add(wrong, "demo")
    repository.write()

    assert _read(repository)[:2] == ([], ["IMPORT-REACHED demo"])


def test_a_target_outside_its_delegation_is_refused(repository: PlainRepository) -> None:
    """On whatever level of delegations."""
    repository.delegate(_role(repository, "a", "a/*"))
    repository.delegate(_role(repository, "b", "*/*"), by="a")
    repository.add("a", "c/1")
    repository.add("b", "c/2")
    repository.add("b", "a/2")
    repository.write()

    assert _read(repository)[:2] == (["a/2"], ["IMPORT-REACHED c/1", "IMPORT-REACHED c/2"])


def test_what_comes_after_the_end_of_a_search_is_refused(repository: PlainRepository) -> None:
    """A terminating role hides later ones, and no earlier one."""
    first, hashed = _role(repository, "first", "a/*"), sha256(b"b/1").hexdigest()[:2]
    prefix = DelegatedRole("hashed", [repository.keyid], 1, terminating=True, path_hash_prefixes=[hashed])
    repository.delegate(first, _role(repository, "ending", "a/*", terminating=True), prefix)
    repository.delegate(_role(repository, "later", "*/*"))
    for role, path in (("first", "a/1"), ("ending", "a/2"), ("later", "a/3"), ("later", "b/1"), ("later", "c/1")):
        repository.add(role, path)
    repository.write()

    assert _read(repository)[:2] == (["a/1", "a/2", "c/1"], ["IMPORT-REACHED a/3", "IMPORT-REACHED b/1"])


def test_a_path_that_breaks_a_rule_is_refused(repository: PlainRepository) -> None:
    """As in any import."""
    repository.add("targets", "a%b")
    repository.write()

    assert _read(repository)[:2] == ([], ["PATH-URL a%b"])


def test_it_goes_on_after_any_role(repository: PlainRepository) -> None:
    """From the mark after it; what changed before the mark is refused."""
    repository.delegate(_role(repository, "a", "a/*"), _role(repository, "c", "c/*"))
    for role, path in (("targets", "top"), ("a", "a/1"), ("c", "c/1")):
        repository.add(role, path)
    repository.write()
    rows, _, marks = _read(repository)

    assert [_read(repository, mark)[0] for mark in marks] == [rows[1:], rows[2:], []]
    repository.add("a", "a/2")
    repository.write()
    with pytest.raises(RefusedError) as refusal:
        _read(repository, marks[1])
    assert refusal.value.rule == "IMPORT-SAME"


def _expire(made: PlainRepository, role: str) -> None:
    gone = NOW - timedelta(seconds=1)
    if role in made.targets:
        made.targets[role].expires = gone
        made.write()
    elif role == "root":
        made.expires = gone
        made.write()
    else:
        made.write()
        meta = {f"{name}.json": MetaFile(1) for name in made.targets}
        snapshot = Snapshot(1, expires=gone if role == "snapshot" else made.expires, meta=meta)
        made.write_top(snapshot, None if role == "snapshot" else Timestamp(1, expires=gone, snapshot_meta=MetaFile(1)))


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets", "a"])
def test_what_has_expired_is_not_imported(repository: PlainRepository, role: str) -> None:
    """It may have been replaced long ago."""
    repository.delegate(_role(repository, "a", "a/*"))
    _expire(repository, role)

    with pytest.raises(RefusedError) as refusal:
        _read(repository)

    assert refusal.value.rule == "IMPORT-CURRENT"


@pytest.mark.parametrize("name", ["timestamp.json", "1.snapshot.json", "1.targets.json", "1.a.json", "1.root.json"])
def test_what_another_key_signed_is_not_imported(repository: PlainRepository, name: str) -> None:
    """No file of the repository, the pinned root included."""
    repository.delegate(_role(repository, "a", "a/*"))
    repository.write()
    stranger = plain_repository(repository.folder.parent / "stranger", NOW)
    stranger.delegate(_role(stranger, "a", "a/*"))
    stranger.write()
    pinned = repository.folder.parent / "pinned.json"
    pinned.write_bytes(repository.root.read_bytes())
    (repository.folder / name).write_bytes((stranger.folder / name).read_bytes())

    with pytest.raises(CeremonyError):
        [*TufSource(repository.folder, pinned, NOW).pieces(START)]


def test_a_role_of_another_version_is_not_imported(repository: PlainRepository) -> None:
    """An older one, well signed, under the name of the listed one."""
    repository.delegate(_role(repository, "a", "a/*"))
    repository.add("a", "a/old")
    repository.write()
    old = (repository.folder / "1.a.json").read_bytes()
    repository.targets["a"].version = 2
    repository.write()
    (repository.folder / "2.a.json").write_bytes(old)

    with pytest.raises(RefusedError) as refusal:
        _read(repository)

    assert refusal.value.rule == "IMPORT-LISTED"


def test_a_snapshot_of_another_hash_is_not_imported(repository: PlainRepository) -> None:
    """The timestamp lists length and hash."""
    repository.write()
    listed = MetaFile(1, hashes={"sha256": "0" * 64})
    repository.write_file("timestamp.json", Timestamp(1, expires=repository.expires, snapshot_meta=listed))

    with pytest.raises(RefusedError) as refusal:
        _read(repository)

    assert (refusal.value.rule, "sha256" in refusal.value.found) == ("IMPORT-LISTED", True)


@pytest.mark.parametrize("name", ["timestamp.json", "1.snapshot.json", "1.a.json"])
def test_a_file_that_is_missing_is_told_of(repository: PlainRepository, name: str) -> None:
    """Nothing is imported of half a copy."""
    repository.delegate(_role(repository, "a", "a/*"))
    repository.write()
    (repository.folder / name).unlink()

    with pytest.raises(CeremonyError):
        _read(repository)


def test_one_key_under_two_names_counts_once(repository: PlainRepository) -> None:
    """A threshold counts keys."""
    key = repository.signer.public_key
    other = SSlibKey("0" * 64, key.keytype, key.scheme, key.keyval)
    repository.delegate(DelegatedRole("a", [key.keyid, other.keyid], 2, terminating=False, paths=["a/*"]))
    delegations = repository.targets["targets"].delegations
    assert delegations is not None
    delegations.keys[other.keyid] = other
    repository.write()
    found = json.loads((repository.folder / "1.a.json").read_bytes())
    found["signatures"].append({**found["signatures"][0], "keyid": other.keyid})
    (repository.folder / "1.a.json").write_text(json.dumps(found))

    with pytest.raises(RefusedError) as refusal:
        _read(repository)

    assert refusal.value.rule in {"TRUSTED-KEYID", "TRUSTED-DISTINCT", "IMPORT-LISTED"}
