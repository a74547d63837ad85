"""A new database: its tables, and who its signer is."""

import contextlib
import errno
from pathlib import Path

from sqlalchemy import insert

from ceremony.core.online_key import encode_online_key
from ceremony.engine.disk import create_file, named, sync_folder
from ceremony.errors import StorageError
from ceremony.online.database import Database, SqliteDatabase
from ceremony.online.database_file import database_at
from ceremony.online.schema import Schema, migrate, schema_of
from ceremony.online.store import Identity, Store
from ceremony.online.tables import FORMAT, SIGNER


def create_store(place: Path | Database, identity: Identity) -> None:
    """A new database that knows who its signer is; an existing one is never touched. `place` may be a SQLite file.

    Raises: StorageError (EEXIST, ...); RefusedError (DATABASE-KNOWN).
    """
    database = database_at(place)
    if not isinstance(database, SqliteDatabase):
        _fill(database, identity)
        return
    path = database.path
    if path.exists():
        raise StorageError(str(path), errno.errorcode[errno.EEXIST])
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    create_file(beside, b"")
    _fill(SqliteDatabase(beside), identity)
    with named(path):
        beside.rename(path)
        sync_folder(path.parent)


def _fill(database: Database, identity: Identity) -> None:
    with contextlib.closing(Store(database)) as store, store.writing() as connection:
        if schema_of(connection, database.name) is not Schema.ABSENT:
            raise StorageError(database.name, errno.errorcode[errno.EEXIST])
        migrate(connection)
        row = {
            "id": 1,
            "format": FORMAT,
            "is_rehearsal": identity.is_rehearsal,
            "key_uri": identity.key_uri,
            "key_file": encode_online_key(identity.key_file),
        }
        connection.execute(insert(SIGNER).values(row))
