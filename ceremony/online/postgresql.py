"""A PostgreSQL database as a place for the signer's rows: durable, in the order of bytes, one writer at a time."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from psycopg import Connection as Driver
from psycopg import Error
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from ceremony.errors import Problem, SettingsError, StorageError, TamperedError
from ceremony.online.database import WRITES
from ceremony.online.tables import CHANGES_WAITING, WAITING

DRIVER = "postgresql+psycopg"
WANTED = f"{DRIVER}://USER@HOST/DATABASE, its password in a file that passfile= or service= names"

BUSY_SECONDS = 30
IDLE_SECONDS = 10
"""A transaction whose client says nothing for so long is undone: its machine is dead, or stands still."""

_WRITERS = 0x6365_7265_6D6F_6E79  # "ceremony" in ASCII: the key of the lock that every writer takes
_CONNECTIONS = 8
_MORE_CONNECTIONS = 24
# libpq's own defaults wait for minutes, or for ever, for a machine that has gone.
_PATIENCE = {
    "connect_timeout": "5",
    "tcp_user_timeout": "10000",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "application_name": "ceremony-online",
}
_SETTINGS = f"""
    SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s';
    SET lock_timeout = '{BUSY_SECONDS}s';
    SET synchronous_commit = on
"""

_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "53100": "ENOSPC",
        "53200": "ENOMEM",
        "53": "EUSERS",
        "25006": "EROFS",
        "25P03": "ECONNRESET",
        "55P03": "EBUSY",
        "40": "EBUSY",
        "57014": "ETIMEDOUT",
        "57P": "ECONNREFUSED",
        "08": "ECONNREFUSED",
        "28": "EACCES",
        "42501": "EACCES",
        "3D": "ENOENT",
        "42P01": "ENOENT",
        "58": "EIO",
    }
)
"""The start of an SQLSTATE -> the system's word for the same; the longest start that fits counts."""

CHANGES_WAITING.dialect_kwargs["postgresql_where"] = WAITING

_DAMAGED = "XX"
# What a server says to whoever it does not let in comes without an SQLSTATE.
_AT_THE_DOOR = (
    (re.compile(r"authentication failed|no password supplied|pg_hba\.conf"), "EACCES"),
    (re.compile(r'database "[^"]*" does not exist'), "ENOENT"),
    (re.compile(r"too many (connections|clients)|remaining connection slots"), "EUSERS"),
)


class PostgresDatabase:
    """A database of a PostgreSQL server, for one signer; any number of machines may use it."""

    is_shared = True
    errors = (Error,)
    reading: Mapping[str, object] = MappingProxyType({"isolation_level": "REPEATABLE READ"})

    def __init__(self, url: URL) -> None:
        """Nothing is connected yet."""
        self._url = url

    @property
    def name(self) -> str:
        """The address, without anything that only the connection needs."""
        place = self._url.host or self._url.query.get("service") or self._url.query.get("host") or ""
        return f"postgresql://{place}/{self._url.database or ''}"

    @property
    def address(self) -> str:
        """What libpq connects by."""
        return self._patient().set(drivername="postgresql").render_as_string(hide_password=False)

    def engine(self) -> Engine:
        """Connections to it; one that went away is noticed, and replaced, before it is used."""
        engine = create_engine(
            self._patient(),
            pool_pre_ping=True,
            pool_size=_CONNECTIONS,
            max_overflow=_MORE_CONNECTIONS,
            hide_parameters=True,
        )
        event.listen(engine, "connect", self._prepare)
        event.listen(engine, "begin", _begin)
        return engine

    def told(self, error: BaseException | None) -> StorageError | TamperedError:
        """What an error of psycopg means."""
        state = getattr(error, "sqlstate", None) or ""
        if state.startswith(_DAMAGED):
            return TamperedError("a database that PostgreSQL finds damaged", self.name)
        starts = sorted((each for each in _REASONS if state.startswith(each)), key=len)
        if starts:
            return StorageError(self.name, _REASONS[starts[-1]])
        if state:
            return StorageError(self.name, f"SQLSTATE {state}")
        said = str(error)
        return StorageError(
            self.name, next((word for pattern, word in _AT_THE_DOOR if pattern.search(said)), "ECONNREFUSED")
        )

    def _patient(self) -> URL:
        missing = {name: value for name, value in _PATIENCE.items() if name not in self._url.query}
        return self._url.update_query_dict(missing)

    def _prepare(self, connection: Driver[tuple[object, ...]], _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_SETTINGS)
            (fsync,) = cursor.execute("SELECT current_setting('fsync')").fetchone() or ("",)
        connection.commit()
        if fsync != "on":
            # Nothing that such a server acknowledges outlives a power cut.
            raise SettingsError(self.name, (Problem("fsync", str(fsync), "fsync = on in the server's settings"),))


def parse_url(text: str, file: str) -> PostgresDatabase:
    """The database at the URL `text`; `file` is only named in problems, and the URL never is.

    Raises: SettingsError.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise SettingsError(file, (Problem("url", "no URL", WANTED),)) from None
    if url.drivername != DRIVER:
        raise SettingsError(file, (Problem("url", f"{url.drivername[:40]}://", WANTED),))
    if url.password is not None or "password" in url.query:
        # Where people write a URL, others read it: lists of processes, logs, copies of settings.
        raise SettingsError(file, (Problem("url", "a password in it", WANTED),))
    return PostgresDatabase(url)


def _begin(connection: Connection) -> None:
    # Whoever writes waits here for its turn, before it has looked at anything: what it reads then is how things are.
    if connection.get_execution_options().get(WRITES, False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")
