"""The database: durable, whole transactions, and errors in words of ours."""

import sqlite3
from pathlib import Path

import pytest
from fakes.online_signer import OnlineSigner
from sqlalchemy import insert, update

from ceremony.errors import StorageError, TamperedError
from ceremony.online.founding import create_store
from ceremony.online.store import open_store
from ceremony.online.tables import CHANGES, SIGNER

ONE_FILE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@ONE_FILE
def test_every_commit_is_on_the_disk(signer: OnlineSigner) -> None:
    """Write-ahead log, full sync."""
    with signer.store.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_transaction_that_fails_leaves_nothing(signer: OnlineSigner) -> None:
    """All of it, or none."""
    with pytest.raises(ZeroDivisionError):
        _fail_half_way(signer)

    assert signer.store.identity().key_uri == "file2:online-key.pem"


def _fail_half_way(signer: OnlineSigner) -> None:
    with signer.store.writing() as connection:
        connection.execute(update(SIGNER).values(key_uri="file2:other"))
        raise ZeroDivisionError


def test_a_database_that_is_missing_is_named(tmp_path: Path) -> None:
    """With the system's word for it."""
    with pytest.raises(StorageError) as refusal:
        open_store(tmp_path / "signer.db")

    assert refusal.value.reason == "ENOENT"


@ONE_FILE
def test_a_database_is_never_written_over(signer: OnlineSigner) -> None:
    """It is there already."""
    with pytest.raises(StorageError) as refusal:
        create_store(signer.home.database, signer.store.identity())

    assert refusal.value.reason == "EEXIST"


def test_a_file_that_is_no_database_is_noticed(tmp_path: Path) -> None:
    """Whatever it is."""
    (tmp_path / "signer.db").write_bytes(b"no database at all, but long enough to look at it" * 20)
    store = open_store(tmp_path / "signer.db")

    with pytest.raises(TamperedError):
        store.identity()
    store.close()


def test_a_database_of_another_format_is_refused(signer: OnlineSigner) -> None:
    """A later version made it."""
    with signer.store.writing() as connection:
        connection.execute(update(SIGNER).values(format=2))

    with pytest.raises(TamperedError):
        signer.store.identity()


@ONE_FILE
def test_a_full_disk_has_the_systems_word(signer: OnlineSigner) -> None:
    """ENOSPC, and nothing is taken in."""
    with pytest.raises(StorageError) as refusal:
        _fill_up(signer)

    assert refusal.value.reason == "ENOSPC"


def _fill_up(signer: OnlineSigner) -> None:
    row = {"key": "k", "path": "p", "fragment": b"x" * 10_000_000, "received_at": "2026-03-01T12:00:00Z"}
    with signer.store.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection.execute(insert(CHANGES).values(row))


@ONE_FILE
def test_another_error_of_the_database_is_named_as_it_is(signer: OnlineSigner) -> None:
    """The driver's own name for it."""
    with pytest.raises(StorageError) as refusal, signer.store.writing() as connection:
        connection.exec_driver_sql("SELECT * FROM nowhere")

    assert refusal.value.reason == "SQLITE_ERROR"


@ONE_FILE
def test_a_database_that_somebody_else_writes_is_busy(signer: OnlineSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """After half a minute in real life, at once in this test."""
    monkeypatch.setattr("ceremony.online.database.BUSY_SECONDS", 0)
    store = open_store(signer.home.database)
    other = sqlite3.connect(signer.home.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StorageError) as refusal, store.writing():
        raise AssertionError

    assert refusal.value.reason == "EBUSY"
    other.close()
    store.close()
