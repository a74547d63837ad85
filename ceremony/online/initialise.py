"""The beginning of an online signer: its key, its database, and the file that the ceremony needs of it."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from securesystemslib.signer import SSlibKey

from ceremony.core.keys import fields_of
from ceremony.core.online_key import OnlineKeyFile, encode_online_key, online_key_of
from ceremony.core.possession import online_message
from ceremony.core.signer_rules import SIGNER_RULES, SignerCase
from ceremony.engine.disk import replace_file
from ceremony.online.database import SqliteDatabase
from ceremony.online.database_file import database_of, name_database, refuse_other_database
from ceremony.online.founding import create_store
from ceremony.online.home import Home
from ceremony.online.key import FILE_SCHEME, make_key, open_signer, read_key, read_public_key
from ceremony.online.schema import Schema, schema_of
from ceremony.online.shelf_place import keep_shelf_url, refuse_other_shelf
from ceremony.online.store import Identity, open_store


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants the signer to be; `key_uri` and `public_key` name a key that exists, or both are None.

    `shelf` is the URL of an object store, None for the folder in the home; `database` that of a PostgreSQL database,
    None for a file in the home.
    """

    repository: str
    scheme: str
    is_rehearsal: bool
    key_uri: str | None = None
    public_key: Path | None = None
    shelf: str | None = None
    database: str | None = None


def initialise(home: Home, wish: Wish) -> OnlineKeyFile:
    """The key file of the signer in this home, which is ready for its first delivery; doing it twice is harmless.

    Raises: RefusedError (SIGNER-UNCHANGED) if it was made for something else; StorageError; SettingsError;
    TamperedError if the key does not sign as its public half says.
    """
    home.prepare()
    _name_database(home, wish)
    identity = _existing(home)
    if identity is not None:
        refuse_other_shelf(home, wish.shelf)
        refuse_other(identity.key_file.repository, identity.key_uri, wish, is_rehearsal=identity.is_rehearsal)
    else:
        if wish.shelf is not None:
            keep_shelf_url(home, wish.shelf)
        identity = identity_for(home, wish, home.private_key)
        create_store(database_of(home), identity)
    replace_file(home.key_file, encode_online_key(identity.key_file))
    return identity.key_file


def identity_for(home: Home, wish: Wish, path: Path) -> Identity:
    """A signer as it is wished for, with a key that has proved itself; where a key has to be made, it is at `path`.

    Raises: StorageError; SettingsError; RefusedError (KEY-FILE-PRIVATE); TamperedError if the key does not sign as its
    public half says.
    """
    uri, key = _key(wish, path)
    signer = open_signer(uri, key, home.folder)
    proof = signer.sign(online_message(wish.repository, key.keyid)).signature
    return Identity(OnlineKeyFile(wish.repository, online_key_of(fields_of(key), proof)), uri, wish.is_rehearsal)


def refuse_other(repository: str, uri: str, wish: Wish, *, is_rehearsal: bool) -> None:
    """Nothing, if what there is is what is wished for.

    Raises: RefusedError (SIGNER-UNCHANGED).
    """
    SIGNER_RULES.check(
        SignerCase(repository, is_rehearsal, uri, wish.repository, wish.is_rehearsal, wish.key_uri or "")
    )


def _name_database(home: Home, wish: Wish) -> None:
    if wish.database is None:
        return
    if not home.database.exists() and not home.database_file.exists():
        name_database(home, wish.database)
    refuse_other_database(home, wish.database)


def _existing(home: Home) -> Identity | None:
    database = database_of(home)
    if isinstance(database, SqliteDatabase) and not database.path.exists():
        return None
    with contextlib.closing(open_store(database)) as store:
        with store.reading() as connection:
            if schema_of(connection, database.name) is Schema.ABSENT:
                return None
        return store.identity()


def _key(wish: Wish, path: Path) -> tuple[str, SSlibKey]:
    if wish.key_uri is not None and wish.public_key is not None:
        return wish.key_uri, read_public_key(wish.public_key, wish.scheme)
    uri = f"{FILE_SCHEME}:{path.name}"
    # A key without a database is what a crash leaves before there is one: it was never used.
    if path.exists():
        return uri, read_key(path, wish.scheme)
    return uri, make_key(path, wish.scheme)
