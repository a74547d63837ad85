"""What a forecast is about: read from bundles and from published folders, and believed only as far as signatures go."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import dated_repository as lab
from fakes.people import NOW, drafted, plan, roster, sealed, signature

from ceremony.core import strict_json
from ceremony.core.forecast import forecast
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import write_plan
from ceremony.engine.bundle import Bundle, pack
from ceremony.engine.forecast_subject import read_subject
from ceremony.errors import CeremonyError, RefusedError, StorageError, TamperedError


def bundle(purpose: str = "release", *, is_drafted: bool = True) -> Bundle:
    """A bundle of ann, bob and cyd."""
    found = sealed().files if purpose == "release" else drafted().files
    return Bundle(purpose, plan(), write_plan(plan()).encode(), roster(plan()), found if is_drafted else ())


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A published repository."""
    lab.publish(tmp_path / "repository" / "metadata", lab.files())
    return tmp_path / "repository"


def roles_at(path: Path, pinned: bytes | None = None) -> list[str]:
    """The roles that a forecast of this folder knows."""
    return [each.role for each in forecast(read_subject(path, pinned).files, NOW).roles]


def test_a_release_has_its_files_and_its_people(tmp_path: Path) -> None:
    """It is complete."""
    pack(bundle(), tmp_path / "release")
    found = read_subject(tmp_path / "release")
    assert [each.role for each in found.files] == ["root", "targets", "bins"]
    assert [each.keyholder for each in found.roster.enrolments] == ["ann", "bob", "cyd"]
    assert not found.is_unfinished


def test_a_request_is_told_to_be_unfinished(tmp_path: Path) -> None:
    """Nobody has signed yet; what it says would hold afterwards."""
    pack(bundle("request"), tmp_path / "request")
    found = read_subject(tmp_path / "request")
    assert [each.role for each in found.files] == ["root", "targets", "bins"]
    assert found.is_unfinished


def test_before_the_draft_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    """An early bundle has no metadata."""
    pack(bundle("request", is_drafted=False), tmp_path / "request")
    assert read_subject(tmp_path / "request").files == ()


def test_a_release_that_too_few_have_signed_is_none(tmp_path: Path) -> None:
    """Dates that nobody signed are no dates."""
    pack(replace(bundle(), files=drafted().files), tmp_path / "release")
    with pytest.raises(RefusedError):
        read_subject(tmp_path / "release")


def test_a_release_without_metadata_is_none(tmp_path: Path) -> None:
    """Whoever packed it."""
    pack(bundle(is_drafted=False), tmp_path / "release")
    with pytest.raises(TamperedError, match="no root"):
        read_subject(tmp_path / "release")


def test_a_repository_is_read_down_to_its_timestamp(repository: Path) -> None:
    """With its metadata in a folder of that name, or in the folder itself; bins are the online signer's business."""
    wanted = ["root", "targets", "bins", "snapshot", "timestamp"]
    assert roles_at(repository) == roles_at(repository / "metadata") == wanted


def test_the_snapshot_is_the_one_that_timestamp_names(repository: Path) -> None:
    """A newer one may lie there already, and is not published before a timestamp names it."""
    (repository / "metadata" / "2.snapshot.json").write_bytes(b"not yet")
    assert roles_at(repository)[-2:] == ["snapshot", "timestamp"]
    # Without consistent snapshots it has no number.
    (repository / "metadata" / "1.snapshot.json").rename(repository / "metadata" / "snapshot.json")
    assert roles_at(repository)[-2:] == ["snapshot", "timestamp"]


def test_a_copy_without_online_files_is_enough(repository: Path) -> None:
    """A laptop may be given no more."""
    (repository / "metadata" / "1.snapshot.json").unlink()
    assert roles_at(repository)[-1] == "timestamp"
    (repository / "metadata" / "timestamp.json").unlink()
    assert roles_at(repository) == ["root", "targets", "bins"]


def test_everything_is_verified_from_the_root_that_is_pinned(repository: Path) -> None:
    """Of the same version but other content, it is another repository's."""
    own, other = lab.files()[0], lab.files(root=NOW)[0]
    assert roles_at(repository, own.encode())
    with pytest.raises(RefusedError, match="TRUSTED-FORK"):
        read_subject(repository, other.encode())


def test_without_a_pinned_root_the_newest_one_counts(repository: Path) -> None:
    """Also under a name without its version."""
    newer = lab.successor(lab.files()[0])
    (repository / "metadata" / newer.name).write_bytes(newer.encode())
    (repository / "metadata" / "root.json").write_bytes(newer.encode())
    assert read_subject(repository).files[0].version == 2


def by_cyd(folder: Path) -> None:
    """The timestamp is signed by somebody who must not."""
    _snapshot, timestamp = lab.top(lab.files(), online="cyd")
    (folder / "timestamp.json").write_bytes(timestamp.encode())


def without_version(folder: Path) -> None:
    """The timestamp, duly signed, names no snapshot."""
    payload = strict_json.encode({"_type": "timestamp", "expires": "2040-01-01T00:00:00Z", "meta": {}, "version": 1})
    bare = MetadataFile("timestamp", 1, payload).with_signature(signature("online", payload))
    (folder / "timestamp.json").write_bytes(bare.encode())


def linked(folder: Path) -> None:
    """The timestamp is a link to another file."""
    (folder / "timestamp.json").rename(folder / "elsewhere")
    (folder / "timestamp.json").symlink_to(folder / "elsewhere")


def piped(folder: Path) -> None:
    """The timestamp is a pipe, which never ends."""
    (folder / "timestamp.json").unlink()
    os.mkfifo(folder / "timestamp.json")


def swollen(folder: Path) -> None:
    """The timestamp is larger than any client takes."""
    (folder / "timestamp.json").write_bytes(b" " * 16_385)


def exchanged(folder: Path) -> None:
    """Another file stands in the place of snapshot."""
    (folder / "1.snapshot.json").write_bytes((folder / "1.targets.json").read_bytes())


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (by_cyd, TamperedError),
        (without_version, TamperedError),
        (linked, TamperedError),
        (piped, TamperedError),
        (swollen, TamperedError),
        (exchanged, TamperedError),
    ],
)
def test_what_strangers_lay_down_is_refused(
    repository: Path, harm: Callable[[Path], None], error: type[CeremonyError]
) -> None:
    """It is neither believed nor waited for."""
    harm(repository / "metadata")
    with pytest.raises(error):
        read_subject(repository)


def test_what_is_neither_bundle_nor_repository_is_refused(tmp_path: Path) -> None:
    """An empty folder, and none at all."""
    with pytest.raises(TamperedError):
        read_subject(tmp_path)
    with pytest.raises(StorageError):
        read_subject(tmp_path / "nowhere")
