"""A database that an earlier version of this program made gets the tables of this one, without losing a row."""

import contextlib
import errno
import sqlite3
from pathlib import Path

from ceremony.core.signer_rules import MIGRATION_RULES, MigrationCase
from ceremony.engine.disk import create_file, named, sync_folder
from ceremony.errors import StorageError
from ceremony.online.database import SqliteDatabase
from ceremony.online.home import Home
from ceremony.online.schema import Schema, migrate, schema_of
from ceremony.online.store import Store
from ceremony.online.tables import REVISION


def bring_up(home: Home, store: Store) -> None:
    """The database has the tables of this version. One of this machine alone is migrated, after a copy of it was kept.

    One that others may be using is not: somebody has to stop them first, and then ask for it.
    Raises: RefusedError (DATABASE-KNOWN, DATABASE-MIGRATED); StorageError (ENOENT if it was never initialised; EBUSY if
    another process is publishing from it; EINPROGRESS while a signer moves into it); TamperedError if it is no database
    of a signer.
    """
    found = _schema(store)
    if found is Schema.CURRENT:
        return
    MIGRATION_RULES.check(MigrationCase(store.database.name, is_shared=store.database.is_shared))
    migrate_store(home, store)


def migrate_store(home: Home, store: Store) -> bool:
    """True if the database had tables of an earlier version, and has those of this one now.

    Raises: RefusedError (DATABASE-KNOWN); StorageError (ENOENT, EBUSY, EINPROGRESS); TamperedError.
    """
    with home.writing():
        if _schema(store) is Schema.CURRENT:
            return False
        store.identity()
        if isinstance(store.database, SqliteDatabase):
            _keep_copy(store.database.path)
        with store.writing() as connection:
            # Somebody else may have come first, on another machine.
            if schema_of(connection, store.database.name) is Schema.EARLIER:
                migrate(connection)
    return True


def _schema(store: Store) -> Schema:
    with store.reading() as connection:
        found = schema_of(connection, store.database.name)
    if found is Schema.ABSENT:
        raise StorageError(store.database.name, errno.errorcode[errno.ENOENT])
    if found is Schema.ARRIVING:
        raise StorageError(store.database.name, errno.errorcode[errno.EINPROGRESS])
    return found


def _keep_copy(path: Path) -> None:
    """What the database was is kept beside it, whole and durable, as `NAME.before-REVISION`."""
    copy = path.with_name(f"{path.name}.before-{REVISION}")
    beside = copy.with_name(f".{copy.name}.new")
    with named(copy):
        if copy.exists():
            return
        beside.unlink(missing_ok=True)
        create_file(beside, b"")
        with contextlib.closing(sqlite3.connect(path)) as was, contextlib.closing(sqlite3.connect(beside)) as kept:
            was.backup(kept)
        beside.rename(copy)
        sync_folder(copy.parent)
