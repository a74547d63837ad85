"""What SQLite says of a disk, in words that are true of the disk."""

import os
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest

from ceremony.errors import StorageError, TamperedError
from ceremony.online.sqlite_file import told

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
    monkeypatch: pytest.MonkeyPatch, name: str, disk: SimpleNamespace, reason: str
) -> None:
    """SQLite says of a full disk that it failed to read; nobody shall throw that disk away."""
    monkeypatch.setattr(os, "statvfs", lambda _path: disk)

    found = told(_error(name), Path("/srv/signer.db"))

    assert isinstance(found, StorageError)
    assert found.reason == reason


def test_a_disk_that_says_nothing_leaves_it_at_what_sqlite_says(tmp_path: Path) -> None:
    """Such as one that is gone."""
    found = told(_error("SQLITE_IOERR"), tmp_path / "gone" / "signer.db")

    assert isinstance(found, StorageError)
    assert found.reason == "EIO"


def test_what_is_no_database_is_damage() -> None:
    """Whatever the disk."""
    assert isinstance(told(_error("SQLITE_NOTADB"), Path("/srv/signer.db")), TamperedError)
