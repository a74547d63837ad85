"""The steps by which a database comes to its tables end where the program's own idea of them is."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from fakes.online_signer import OnlineSigner
from sqlalchemy import insert, select, text

import ceremony.online.migrations
from ceremony.errors import RefusedError, StorageError
from ceremony.online.database import SqliteDatabase
from ceremony.online.home import Home
from ceremony.online.migrating import bring_up, migrate_store
from ceremony.online.schema import migrate
from ceremony.online.store import Store, open_store
from ceremony.online.tables import (
    ACCESS_TOKENS,
    FORMER_BINS,
    HELD,
    METADATA,
    OFFERED,
    PROJECT_FILES,
    PROJECTS,
    REVISION,
    ROLES,
    SIGNER,
    TASKS,
)

STEPS = ScriptDirectory(Path(ceremony.online.migrations.__file__).parent)


def test_from_nothing_to_the_newest_step_there_is_what_the_program_works_with(signer: OnlineSigner) -> None:
    """Tables, columns, types and indexes, whichever the database is."""
    with signer.store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        differences = compare_metadata(context, METADATA)

    assert not differences


def test_the_program_knows_its_newest_step() -> None:
    """It looks at the database without loading the steps."""
    assert STEPS.get_current_head() == REVISION


def test_steps_follow_one_another_without_a_fork() -> None:
    """By numbers of four digits, which sort as they follow."""
    revisions = [each.revision for each in STEPS.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)
    assert [int(each) for each in reversed(revisions)] == list(range(1, len(revisions) + 1))


def test_a_database_of_a_later_version_is_refused_by_its_name(signer: OnlineSigner) -> None:
    """Nothing is written into it."""
    _set_revision(signer.store, "9999")

    with pytest.raises(RefusedError) as refusal:
        bring_up(signer.home, signer.store)

    assert refusal.value.rule == "DATABASE-KNOWN"
    assert "9999" in refusal.value.found
    assert signer.store.database.name in refusal.value.found


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_earlier_file_is_copied_and_then_migrated(signer: OnlineSigner) -> None:
    """Whichever command comes first does it; the copy is what the file was."""
    _make_earlier(signer.store)

    bring_up(signer.home, signer.store)

    copy = signer.home.folder / f"signer.db.before-{REVISION}"
    assert "lease" in _tables(signer.home.database) - _tables(copy)
    assert "signer" in _tables(copy)
    assert copy.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_file_from_which_somebody_publishes_is_not_migrated(signer: OnlineSigner) -> None:
    """The one that publishes may be of the earlier version."""
    _make_earlier(signer.store)

    with signer.home.writing(), pytest.raises(StorageError) as refusal:
        bring_up(signer.home, signer.store)

    assert refusal.value.reason == "EBUSY"


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_earlier_shared_database_is_migrated_only_when_somebody_asks_for_it(signer: OnlineSigner) -> None:
    """Other machines may be at work on it."""
    _make_earlier(signer.store)

    with pytest.raises(RefusedError) as refusal:
        bring_up(signer.home, signer.store)

    assert refusal.value.rule == "DATABASE-MIGRATED"
    assert migrate_store(signer.home, signer.store)
    bring_up(signer.home, signer.store)


def test_migrating_twice_is_harmless(signer: OnlineSigner) -> None:
    """The second finds nothing to do."""
    _make_earlier(signer.store)

    assert migrate_store(signer.home, signer.store)
    assert not migrate_store(signer.home, signer.store)


def test_a_database_from_before_steps_were_counted_is_completed(signer: OnlineSigner) -> None:
    """Such a signer knew no delegations, no API and no imports; what it knew is kept."""
    identity = signer.store.identity()
    _make_earlier(signer.store)
    with signer.store.writing() as connection:
        for table in (FORMER_BINS, ROLES, PROJECT_FILES, PROJECTS, HELD, TASKS, ACCESS_TOKENS, OFFERED):
            table.drop(connection)
        connection.exec_driver_sql("DROP TABLE alembic_version")

    assert migrate_store(signer.home, signer.store)

    assert signer.store.identity() == identity
    signer.deliver()
    assert signer.store.tree().files


def test_a_file_without_tables_was_never_initialised(tmp_path: Path) -> None:
    """It is no signer's."""
    (tmp_path / "signer.db").touch()
    store = open_store(SqliteDatabase(tmp_path / "signer.db"))

    with pytest.raises(StorageError) as refusal:
        bring_up(Home(tmp_path), store)

    assert refusal.value.reason == "ENOENT"
    store.close()


def _set_revision(store: Store, revision: str) -> None:
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :found"), {"found": revision})


def _make_earlier(store: Store) -> None:
    """The database is as the first step left it."""
    with store.writing() as connection:
        row = connection.execute(select(SIGNER)).one()._asdict()
        METADATA.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE alembic_version")
        migrate(connection, "0001")
        connection.execute(insert(SIGNER).values(row))


def _tables(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    try:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    finally:
        connection.close()
