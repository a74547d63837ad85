"""Which tables a database has, and the steps by which it gets those that this version of the program works with."""

from enum import Enum
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from ceremony.core.signer_rules import DATABASE_RULES, DatabaseCase
from ceremony.online.tables import REVISION

_VERSIONS = "alembic_version"
_FOLDER = Path(__file__).with_name("migrations")
_UNDER_WAY = f"arriving {REVISION}"
"""What stands in the place of a revision while rows are on their way: versions that know no moves refuse it too."""


class Schema(Enum):
    """What a database is to this version of the program."""

    ABSENT = "no tables of a signer"
    EARLIER = "tables of an earlier version"
    CURRENT = "the tables of this version"
    ARRIVING = "the tables of this version, and rows that are on their way into them"


def schema_of(connection: Connection, name: str) -> Schema:
    """What the database is; `name` is what an error calls it.

    Raises: RefusedError (DATABASE-KNOWN) if a later version of this program has changed it.
    """
    tables = {*inspect(connection).get_table_names()}
    if _VERSIONS not in tables:
        # Before migrations kept count there was a signer without it.
        return Schema.EARLIER if "signer" in tables else Schema.ABSENT
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""
    if found == _UNDER_WAY:
        return Schema.ARRIVING
    DATABASE_RULES.check(DatabaseCase(name, found, REVISION))
    return Schema.CURRENT if found == REVISION else Schema.EARLIER


def mark_arrival(connection: Connection, *, is_under_way: bool) -> None:
    """The database, which has the tables of this version, is nobody's to work with while rows are on their way."""
    revision = _UNDER_WAY if is_under_way else REVISION
    connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def migrate(connection: Connection, revision: str = REVISION) -> None:
    """The database has the tables of this revision, or of a later one that it had, once the transaction is durable."""
    # It takes longer to load than a signer to start, and is needed once in the life of a version.
    from alembic.config import Config  # noqa: PLC0415
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    steps = ScriptDirectory(_FOLDER)
    with EnvironmentContext(Config(), steps) as environment:
        # Alembic's own commands do it so, and have no other name for it.
        upgrade = steps._upgrade_revs  # noqa: SLF001
        # Inside one transaction, which is the caller's.
        environment.configure(connection, fn=lambda found, _context: upgrade(revision, found), transactional_ddl=True)
        environment.run_migrations()
