"""A queue of work that machines share, where they share the database: procrastinate's, in a schema of its own."""

from importlib.metadata import version

from alembic import op

revision = "0004"
down_revision = "0003"

_SCHEMA = "ceremony_work"


def upgrade() -> None:
    """The queue is there, and empty; a database of one machine has none."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    if connection.exec_driver_sql(f"SELECT to_regclass('{_SCHEMA}.procrastinate_jobs')").scalar() is not None:
        return
    # A signer on one machine does not have it installed.
    from procrastinate.schema import SchemaManager  # noqa: PLC0415

    before = connection.exec_driver_sql("SELECT current_setting('search_path')").scalar_one()
    connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}")
    # Which of procrastinate's own migrations are still to come, a later step tells by this.
    connection.exec_driver_sql(f"COMMENT ON SCHEMA {_SCHEMA} IS 'procrastinate {version('procrastinate')}'")
    connection.exec_driver_sql(f"SET LOCAL search_path TO {_SCHEMA}")
    # By the driver itself: there are many statements in it, with per cent signs of their own.
    connection.connection.cursor().execute(SchemaManager.get_schema())
    connection.exec_driver_sql("SELECT set_config('search_path', %s, true)", (before,))
