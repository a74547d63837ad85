"""A published folder is read as far as trust needs it, and with suspicion."""

import errno
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.history import BINS, FIRST, SECOND, TARGETS, THIRD, altered, bins, by, files, shown, targets, without
from fakes.release import ONLINE, online_key, release

from ceremony.core.foreign import survey
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.policy import CLIENT_SIZE_LIMITS
from ceremony.core.trusted import trust
from ceremony.engine import repository
from ceremony.engine.bundle import pack
from ceremony.engine.repository import DELEGATIONS_LIMIT, read_repository, trusted_files
from ceremony.errors import RefusedError, StorageError, TamperedError

OTHERS = {
    "timestamp.json": b"no metadata",
    "7.snapshot.json": b"no metadata",
    "3.bin-0.json": b"no metadata",
    "3.targets.json": b"an older one",
    "5.claimed.json": b"nobody delegates to it",
    "index.html": b"<p>for people",
    "root.json.asc": b"for mail",
}


def publish(folder: Path, found: Mapping[str, bytes]) -> Path:
    """The folder, with these files in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in found.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """A flat folder as it is published, and more in it than anybody asks for."""
    return publish(tmp_path / "copy", files() | OTHERS)


def tampering(folder: Path) -> TamperedError:
    """What is wrong with this folder."""
    with pytest.raises(TamperedError) as tampered:
        read_repository(folder)
    return tampered.value


# ---- what is read


def test_a_flat_folder_is_read_as_far_as_trust_needs_it(folder: Path) -> None:
    """Every root, the newest targets and the newest bins; what the online key signs stays unopened."""
    found = read_repository(folder)
    assert found == files()
    assert trust(FIRST.encode(), found).targets == {"targets": TARGETS, "bins": BINS}


def test_the_metadata_folder_of_a_repository_is_found(tmp_path: Path) -> None:
    """The shelf has it beside the targets; what lies above it is none of it."""
    publish(tmp_path / "metadata", files() | OTHERS)
    publish(tmp_path / "targets", {"1.root.json": b"somebody's own file"})
    publish(tmp_path, {"1.root.json": b"somebody's own file"})
    assert read_repository(tmp_path) == files()


def test_every_offline_delegation_is_read_the_newest_file_of_each(folder: Path) -> None:
    """The online key alone signs recent: that one is not."""
    found = by(targets(5, claimed=("bob", "cyd"), recent=(("online",), 1), bins=("ann", "bob")), "cyd", "ann again")
    publish(folder, shown([found, by(bins(6, "claimed"), "bob", "cyd"), bins(9, "recent")]))
    assert {*read_repository(folder)} - {*shown([FIRST, SECOND, THIRD])} == {
        "5.targets.json",
        "6.claimed.json",
        BINS.name,
    }


def test_a_repository_without_consistent_snapshots_is_read(tmp_path: Path) -> None:
    """Its files bear no versions."""
    named = {"root.json": FIRST, "targets.json": TARGETS, "bins.json": BINS}
    found = {name: file.encode() for name, file in named.items()}
    assert read_repository(publish(tmp_path / "old", found)) == found


def test_roots_that_clients_cannot_read_are_read_for_the_survey(folder: Path) -> None:
    """And what would be below them cannot be told."""
    odd = altered(THIRD, lambda signed: signed.update(expires="2030-01-01T00:00:00.5Z"), "bob", "cyd")
    publish(folder, shown([odd]))
    found = read_repository(folder)
    assert {*found} == {FIRST.name, SECOND.name, THIRD.name, TARGETS.name}
    assert survey(FIRST.encode(), found).start() is None


def test_roots_alone_are_a_repository_too(tmp_path: Path) -> None:
    """A history of roots, as some publish it."""
    found = shown([FIRST, SECOND])
    assert read_repository(publish(tmp_path / "history", found)) == found


# ---- a release


def test_a_release_shows_its_own_files(tmp_path: Path) -> None:
    """They can be trusted by whoever pinned its root."""
    sealed = release(online_key(ONLINE))
    pack(sealed, tmp_path / "release")
    found = trusted_files(tmp_path / "release")
    assert found == shown(sealed.files)
    assert trust(sealed.files[0].encode(), found).file("bins") == sealed.files[2]


def test_a_request_is_refused(tmp_path: Path) -> None:
    """What it drafts may never be published."""
    pack(replace(release(online_key(ONLINE)), purpose="request"), tmp_path / "request")
    with pytest.raises(RefusedError) as refused:
        trusted_files(tmp_path / "request")
    assert refused.value.rule == "TRUSTED-RELEASE"


def test_a_release_with_a_byte_changed_is_noticed(tmp_path: Path) -> None:
    """It is opened as every bundle is."""
    pack(release(online_key(ONLINE)), tmp_path / "release")
    with (tmp_path / "release" / "draft" / "1.root.json").open("ab") as file:
        file.write(b" ")
    with pytest.raises(TamperedError):
        trusted_files(tmp_path / "release")


def test_a_repository_is_taken_where_a_release_could_stand(folder: Path) -> None:
    """Whoever names a folder need not say which it is."""
    assert trusted_files(folder) == files()


# ---- hostile folders


def test_a_folder_without_a_root_is_no_repository(tmp_path: Path) -> None:
    """It is named."""
    found = tampering(publish(tmp_path / "empty", {"timestamp.json": b"{}"}))
    assert found.where == str(tmp_path / "empty")


@pytest.mark.parametrize("name", ["4.root.json", "9.targets.json", "2.bins.json"])
def test_a_link_is_not_followed(folder: Path, name: str) -> None:
    """It could lead to any file of this machine."""
    (folder / name).symlink_to(folder / "1.root.json")
    assert (tampering(folder).what, tampering(folder).where) == ("a link or a special file", name)


def test_a_pipe_keeps_nobody_waiting(folder: Path) -> None:
    """Nor does a socket, or a folder that is named like a file."""
    os.mkfifo(folder / "4.root.json")
    assert tampering(folder).where == "4.root.json"
    (folder / "4.root.json").unlink()
    (folder / "4.root.json").mkdir()
    assert tampering(folder).where == "4.root.json"


def test_a_link_among_what_is_not_asked_for_does_no_harm(folder: Path) -> None:
    """Web servers have such things."""
    (folder / "latest").symlink_to(folder)
    (folder / "targets").mkdir()
    assert read_repository(folder) == files()


@pytest.mark.parametrize(
    ("name", "role"), [("4.root.json", "root"), ("9.targets.json", "targets"), ("2.bins.json", "bins")]
)
def test_one_byte_more_than_clients_take_is_refused(folder: Path, name: str, role: str) -> None:
    """Each role has its own limit."""
    limit = CLIENT_SIZE_LIMITS[role]
    publish(folder, {name: b" " * (limit + 1)})
    assert tampering(folder).what == f"larger than {limit} bytes"
    publish(folder, {name: b" " * limit})
    assert read_repository(folder)[name] == b" " * limit


def test_as_many_bytes_as_memory_is_not_for_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of the right size, but too many of them."""
    monkeypatch.setattr(repository, "BYTES_LIMIT", sum(len(each) for each in files().values()))
    assert read_repository(folder) == files()
    publish(folder, shown([by(bins(2), "ann", "bob", "cyd")]))
    assert tampering(folder).where == "2.bins.json"


def test_too_many_roots_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No client follows so many."""
    monkeypatch.setattr(repository, "ROOTS_LIMIT", 2)
    assert tampering(folder).what == "more than 2 roots"


def test_too_many_delegations_are_refused(folder: Path) -> None:
    """No client looks through so many."""
    roles = {f"role-{number}": ("ann", "bob") for number in range(DELEGATIONS_LIMIT + 1)}
    publish(folder, shown([by(targets(5, **roles), "cyd", "ann again")]))
    assert tampering(folder).what == f"more than {DELEGATIONS_LIMIT} offline delegations"


def test_a_metadata_folder_that_is_a_link_is_refused(tmp_path: Path, folder: Path) -> None:
    """Nor may it be a file."""
    publish(tmp_path / "other", {})
    (tmp_path / "other" / "metadata").symlink_to(folder)
    assert tampering(tmp_path / "other").where == "metadata"
    (tmp_path / "other" / "metadata").unlink()
    publish(tmp_path / "other", {"metadata": b""})
    assert tampering(tmp_path / "other").where == "metadata"


def test_names_that_are_no_text_are_passed_over(folder: Path) -> None:
    """Old disks have them."""
    (folder / os.fsdecode(b"1.root\xff.json")).write_bytes(b"")
    assert read_repository(folder) == files()


def test_a_folder_that_is_not_there_is_a_matter_of_storage(tmp_path: Path) -> None:
    """A stick that was pulled out."""
    with pytest.raises(StorageError) as absent:
        trusted_files(tmp_path / "absent")
    assert (absent.value.path, absent.value.reason) == (str(tmp_path / "absent"), errno.errorcode[errno.ENOENT])


def test_no_descriptor_stays_open(folder: Path) -> None:
    """Neither after a whole reading nor after one that broke off."""
    before = len([*Path("/proc/self/fd").iterdir()])
    read_repository(folder)
    os.mkfifo(folder / "4.root.json")
    tampering(folder)
    assert len([*Path("/proc/self/fd").iterdir()]) == before


def test_a_file_that_vanishes_meanwhile_is_a_matter_of_storage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named."""
    names = [*files(), "4.root.json"]
    monkeypatch.setattr(os, "listdir", lambda _folder: names)
    with pytest.raises(StorageError) as absent:
        read_repository(folder)
    assert (absent.value.path, absent.value.reason) == ("4.root.json", "ENOENT")


def test_a_history_of_strangers_is_read_surveyed_and_trusted_from_where_it_can_be(tmp_path: Path) -> None:
    """The whole way: a folder whose first root nobody can read, and a machine that pinned the second."""
    odd: MetadataFile = altered(FIRST, lambda signed: signed.update(expires="2021-12-18T13:28:12.9Z"), "ann", "bob")
    found = read_repository(publish(tmp_path / "copy", files(odd)))
    assert survey(odd.encode(), found).start() == SECOND.version
    assert trust(SECOND.encode(), found).roots == (SECOND, THIRD)


# ---- a history of roots, and what the online key signs


def test_roots_are_found_where_some_repositories_keep_them(tmp_path: Path) -> None:
    """As tuf-on-ci does: the newest beside the other metadata, every version in a folder of its own."""
    folder = publish(tmp_path / "metadata", without(files(), FIRST.name, SECOND.name, THIRD.name))
    publish(folder, {"root.json": THIRD.encode()})
    publish(folder / "root_history", shown([FIRST, SECOND, THIRD]) | {"notes.txt": b"for people"})
    assert read_repository(tmp_path) == files() | {"root.json": THIRD.encode()}


def test_roots_may_lie_in_their_folder_alone(tmp_path: Path) -> None:
    """And beside it too, if they are the same."""
    publish(tmp_path / "root_history", shown([FIRST, SECOND]))
    assert read_repository(tmp_path) == shown([FIRST, SECOND])
    publish(tmp_path, shown([FIRST]))
    assert read_repository(tmp_path) == shown([FIRST, SECOND])


def test_two_roots_of_one_name_are_refused(folder: Path) -> None:
    """Nobody can tell which is meant."""
    publish(folder / "root_history", {"1.root.json": SECOND.encode()})
    assert tampering(folder).where == "1.root.json"


def test_a_history_that_is_no_folder_is_refused(folder: Path) -> None:
    """Nor may it be a link to one, or hold links."""
    (folder / "root_history").symlink_to(folder)
    assert (tampering(folder).what, tampering(folder).where) == ("not a folder", "root_history")
    (folder / "root_history").unlink()
    (folder / "root_history").mkdir()
    (folder / "root_history" / "4.root.json").symlink_to(folder / "1.root.json")
    assert (tampering(folder).what, tampering(folder).where) == ("a link or a special file", "4.root.json")


def test_roots_of_both_folders_are_counted_together(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each once."""
    publish(folder / "root_history", shown([FIRST, SECOND]))
    monkeypatch.setattr(repository, "ROOTS_LIMIT", 3)
    assert read_repository(folder) == files()
    publish(folder / "root_history", {"4.root.json": b""})
    assert tampering(folder).what == "more than 3 roots"


def online(timestamp: bytes, **snapshots: bytes) -> dict[str, bytes]:
    """A repository with this timestamp, and these files of snapshot by what stands before the name."""
    named = {f"{name.strip('v')}.snapshot.json".lstrip("."): data for name, data in snapshots.items()}
    return files() | {"timestamp.json": timestamp} | named


def test_the_snapshot_that_timestamp_names_is_read_for_whoever_asks(tmp_path: Path) -> None:
    """A newer one lies there already."""
    timestamp = b'{"signed": {"meta": {"snapshot.json": {"version": 2}}}}'
    folder = publish(tmp_path, online(timestamp, v1=b"1", v2=b"2", v3=b"3"))
    assert read_repository(folder, with_online=True) == online(timestamp, v2=b"2")
    assert read_repository(folder) == files()


def test_a_snapshot_without_a_number_is_read_too(tmp_path: Path) -> None:
    """As without consistent snapshots; and whatever timestamp says, or none at all."""
    folder = publish(tmp_path, online(b"no metadata", v=b"0", v1=b"1"))
    assert read_repository(folder, with_online=True) == online(b"no metadata", v=b"0")
    (folder / "timestamp.json").unlink()
    assert read_repository(folder, with_online=True) == files() | {"snapshot.json": b"0"}


def test_a_timestamp_of_more_bytes_than_clients_take_is_refused(tmp_path: Path) -> None:
    """It has the smallest limit of all."""
    publish(tmp_path, online(b" " * 16_385))
    with pytest.raises(TamperedError) as tampered:
        read_repository(tmp_path, with_online=True)
    assert tampered.value.what == "larger than 16384 bytes"
