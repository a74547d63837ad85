"""The shelf: whole files, readable by web servers, under names that say their content."""

import fcntl
import os
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import pytest

from ceremony.errors import StorageError
from ceremony.online.shelf import DirectoryShelf


def _ignore(_more: int) -> None:
    """Nobody counts."""


def test_many_files_are_put_and_counted(tmp_path: Path) -> None:
    """Each is in its place, and the counts add up."""
    shelf = DirectoryShelf(tmp_path / "repository")
    shelf.prepare()
    counted: list[int] = []

    shelf.put(((f"1.bin-{number}.json", b"x" * number) for number in range(1500)), counted.append)

    assert sum(counted) == 1500
    assert shelf.read("1.bin-7.json") == b"x" * 7
    assert len([*(tmp_path / "repository" / "metadata").iterdir()]) == 1500


def test_published_files_can_be_read_by_others(tmp_path: Path) -> None:
    """Whatever the umask says."""
    shelf = DirectoryShelf(tmp_path / "repository")
    (tmp_path / "demo").write_bytes(b"content")
    before = os.umask(0o077)
    try:
        shelf.prepare()
        shelf.put([("timestamp.json", b"{}")], _ignore)
        shelf.keep(tmp_path / "demo", "a/demo")
    finally:
        os.umask(before)

    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "repository").rglob("*") if path.is_file()}
    folders = {path.stat().st_mode & 0o777 for path in (tmp_path / "repository").rglob("*") if path.is_dir()}
    assert (modes, folders) == ({0o644}, {0o755})


def test_a_copy_that_is_cleared_away_before_it_is_held_is_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever prepares the shelf may come between a new file and its lock."""
    shelf = DirectoryShelf(tmp_path / "repository")
    shelf.prepare()
    (tmp_path / "demo").write_bytes(b"content")
    incoming, lock, cleared = tmp_path / "repository" / ".incoming", fcntl.flock, list[str]()

    def clear_first(file: BinaryIO, how: int) -> None:
        if not cleared:
            (left,) = incoming.iterdir()
            cleared.append(left.name)
            left.unlink()
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", clear_first)
    kept = shelf.keep(tmp_path / "demo", "a/demo")

    assert shelf.holds("a/demo", kept)
    assert cleared
    assert not [*incoming.iterdir()]


def test_an_artifact_stands_under_its_hash(tmp_path: Path) -> None:
    """Below the folders of its path, and keeping it twice is harmless."""
    shelf = DirectoryShelf(tmp_path / "repository")
    (tmp_path / "source").write_bytes(b"content")

    first = shelf.keep(tmp_path / "source", "a/b/demo-1.0.tar.gz")
    again = shelf.keep(tmp_path / "source", "a/b/demo-1.0.tar.gz")

    digest = sha256(b"content").hexdigest()
    assert first == again
    assert (first.length, first.sha256) == (7, digest)
    names = [path.name for path in (tmp_path / "repository" / "targets" / "a" / "b").iterdir()]
    assert names == [f"{digest}.demo-1.0.tar.gz"]


def test_what_a_killed_command_left_is_cleared_away(tmp_path: Path) -> None:
    """But not what another command is copying at this moment."""
    shelf = DirectoryShelf(tmp_path / "repository")
    shelf.prepare()
    left, copying = (tmp_path / "repository" / ".incoming" / name for name in ("left", "copying"))
    left.write_bytes(b"half")

    with copying.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        shelf.prepare()

    assert (left.exists(), copying.exists()) == (False, True)


@pytest.mark.parametrize("kind", ["folder", "nothing"])
def test_only_a_regular_file_is_an_artifact(tmp_path: Path, kind: str) -> None:
    """A folder is none, and nothing is none."""
    if kind == "folder":
        (tmp_path / "source").mkdir()

    with pytest.raises(StorageError):
        DirectoryShelf(tmp_path / "repository").keep(tmp_path / "source", "demo")


def test_a_device_is_no_artifact(tmp_path: Path) -> None:
    """It may never end."""
    with pytest.raises(StorageError) as refusal:
        DirectoryShelf(tmp_path / "repository").keep(Path("/dev/zero"), "demo")

    assert refusal.value.path == "/dev/zero"


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    """No file, no bytes, no error."""
    assert DirectoryShelf(tmp_path).read("timestamp.json") is None


def test_a_shelf_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "repository").write_bytes(b"")

    with pytest.raises(StorageError):
        DirectoryShelf(tmp_path / "repository").prepare()
