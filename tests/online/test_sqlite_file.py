"""What SQLite says of a disk, in words that are true of the disk."""

import os
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest

from ceremony.errors import StorageError, TamperedError
from ceremony.online.sqlite_file import OpenedFile, connect, told

SOUND = SimpleNamespace(f_flag=0, f_bavail=100, f_blocks=1000)
FULL = SimpleNamespace(f_flag=0, f_bavail=0, f_blocks=1000)
READ_ONLY = SimpleNamespace(f_flag=os.ST_RDONLY, f_bavail=100, f_blocks=1000)


def _error(name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("something")
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("name", "disk", "reason"),
    [
        ("SQLITE_IOERR_SHMSIZE", FULL, "ENOSPC"),
        ("SQLITE_IOERR_WRITE", SOUND, "EIO"),
        ("SQLITE_CANTOPEN", READ_ONLY, "EROFS"),
        ("SQLITE_CANTOPEN", SOUND, "EACCES"),
        ("SQLITE_FULL", SOUND, "ENOSPC"),
        ("SQLITE_BUSY", FULL, "EBUSY"),
    ],
)
def test_the_disk_itself_says_what_is_wrong_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, disk: SimpleNamespace, reason: str
) -> None:
    """SQLite says of a full disk that it failed to read; nobody shall throw that disk away."""
    monkeypatch.setattr(os, "statvfs", lambda _path: disk)

    (tmp_path / "signer.db").touch()
    found = told(_error(name), tmp_path / "signer.db")

    assert isinstance(found, StorageError)
    assert found.reason == reason


def test_a_disk_that_says_nothing_leaves_it_at_what_sqlite_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as one that is just being unmounted."""

    def say_nothing(_path: Path) -> None:
        raise OSError

    monkeypatch.setattr(os, "statvfs", say_nothing)
    (tmp_path / "signer.db").touch()

    found = told(_error("SQLITE_IOERR"), tmp_path / "signer.db")

    assert isinstance(found, StorageError)
    assert found.reason == "EIO"


def test_a_file_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    """An empty database would pass for the signer's own."""
    with pytest.raises(sqlite3.OperationalError) as refusal:
        connect(tmp_path / "signer.db")

    found = told(refusal.value, tmp_path / "signer.db")
    assert isinstance(found, StorageError)
    assert found.reason == "ENOENT"
    assert not (tmp_path / "signer.db").exists()


def test_a_name_that_means_something_in_a_url_is_a_name_all_the_same(tmp_path: Path) -> None:
    """Question marks, hashes and per cent signs are letters of a folder's name like any other."""
    folder = tmp_path / "what? #1 100%25"
    folder.mkdir()
    (folder / "signer.db").touch()

    connect(folder / "signer.db").close()

    assert [each.name for each in folder.iterdir()] == ["signer.db"]


def test_a_file_that_was_moved_away_is_missed_until_it_is_back(tmp_path: Path) -> None:
    """Whatever is open stays open, and would be written to."""
    path, away = tmp_path / "signer.db", tmp_path / "away"
    path.touch()
    opened = OpenedFile(path)
    opened.check()
    path.rename(away)

    with pytest.raises(StorageError) as refusal:
        opened.check()

    assert refusal.value.reason == "ENOENT"
    away.rename(path)
    opened.check()


def test_a_file_that_took_the_place_of_another_is_noticed(tmp_path: Path) -> None:
    """The other is open, and this one is not."""
    path, away = tmp_path / "signer.db", tmp_path / "away"
    path.touch()
    opened = OpenedFile(path)
    opened.check()
    path.rename(away)
    path.touch()

    with pytest.raises(TamperedError):
        opened.check()


def test_what_is_no_database_is_damage() -> None:
    """Whatever the disk."""
    assert isinstance(told(_error("SQLITE_NOTADB"), Path("/srv/signer.db")), TamperedError)
