"""Every table that there was before migrations kept count; a database from that time is completed by this step."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    text,
)

revision = "0001"
down_revision = None

_PATH = Text().with_variant(Text(collation="C"), "postgresql")
_COUNT = BigInteger().with_variant(Integer, "sqlite")
_WAITING = text("publication IS NULL")


def upgrade() -> None:
    """The tables are there."""
    _publications()
    _roles()
    _targets()
    _calls()


def _publications() -> None:
    op.create_table(
        "signer",
        Column("id", Integer(), nullable=False),
        CheckConstraint("id = 1"),
        Column("format", Integer(), nullable=False),
        Column("is_rehearsal", Boolean(), nullable=False),
        Column("key_uri", Text(), nullable=False),
        Column("key_file", LargeBinary(), nullable=False),
        PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_table(
        "publications",
        Column("number", Integer(), nullable=False),
        Column("at", Text(), nullable=False),
        Column("snapshot_version", Integer(), nullable=False),
        Column("snapshot_expires", Text(), nullable=False),
        Column("timestamp_version", Integer(), nullable=False),
        Column("timestamp_expires", Text(), nullable=False),
        Column("snapshot_length", Integer(), nullable=False),
        Column("snapshot_sha256", Text(), nullable=False),
        Column("is_published", Boolean(), nullable=False),
        PrimaryKeyConstraint("number"),
        if_not_exists=True,
    )
    op.create_table(
        "spare_keys",
        Column("place", Text(), nullable=False),
        Column("key_uri", Text(), nullable=False),
        Column("key_file", LargeBinary(), nullable=False),
        Column("publication", Integer()),
        ForeignKeyConstraint(["publication"], ["publications.number"]),
        PrimaryKeyConstraint("place"),
        if_not_exists=True,
    )
    op.create_table(
        "deliveries",
        Column("number", Integer(), nullable=False),
        Column("digest", Text(), nullable=False),
        Column("files", LargeBinary(), nullable=False),
        Column("fingerprint", Text(), nullable=False),
        Column("received_at", Text(), nullable=False),
        Column("publication", Integer()),
        Column("refusal", Text()),
        ForeignKeyConstraint(["publication"], ["publications.number"]),
        PrimaryKeyConstraint("number"),
        if_not_exists=True,
    )
    op.create_table(
        "offline_files",
        Column("role", Text(), nullable=False),
        Column("version", Integer(), nullable=False),
        Column("data", LargeBinary(), nullable=False),
        Column("publication", Integer(), nullable=False),
        ForeignKeyConstraint(["publication"], ["publications.number"]),
        PrimaryKeyConstraint("role", "version"),
        if_not_exists=True,
    )
    op.create_table(
        "offered",
        Column("role", Text(), nullable=False),
        Column("data", LargeBinary(), nullable=False),
        PrimaryKeyConstraint("role"),
        if_not_exists=True,
    )


def _roles() -> None:
    op.create_table(
        "bins",
        Column("number", Integer(), autoincrement=False, nullable=False),
        Column("version", Integer(), nullable=False),
        Column("expires", Text(), nullable=False),
        Column("publication", Integer(), nullable=False),
        ForeignKeyConstraint(["publication"], ["publications.number"]),
        PrimaryKeyConstraint("number"),
        if_not_exists=True,
    )
    op.create_table(
        "former_bins",
        Column("name", Text(), nullable=False),
        Column("version", Integer(), nullable=False),
        PrimaryKeyConstraint("name"),
        if_not_exists=True,
    )
    op.create_table(
        "roles",
        Column("name", Text(), nullable=False),
        Column("version", Integer(), nullable=False),
        Column("expires", Text(), nullable=False),
        Column("publication", Integer(), nullable=False),
        ForeignKeyConstraint(["publication"], ["publications.number"]),
        PrimaryKeyConstraint("name"),
        if_not_exists=True,
    )
    op.create_table(
        "projects",
        Column("number", Integer(), nullable=False),
        Column("name", Text(), nullable=False),
        Column("role", Text(), nullable=False),
        Column("data", LargeBinary(), nullable=False),
        Column("received_at", Text(), nullable=False),
        Column("is_leaving", Boolean(), nullable=False),
        Column("since", Integer()),
        Column("until", Integer()),
        ForeignKeyConstraint(["since"], ["publications.number"]),
        ForeignKeyConstraint(["until"], ["publications.number"]),
        PrimaryKeyConstraint("number"),
        if_not_exists=True,
    )
    op.create_index("projects_by_name", "projects", ["name", "number"], if_not_exists=True)
    op.create_table(
        "project_files",
        Column("number", Integer(), nullable=False),
        Column("name", Text(), nullable=False),
        Column("version", Integer(), nullable=False),
        Column("data", LargeBinary(), nullable=False),
        Column("received_at", Text(), nullable=False),
        Column("publication", Integer()),
        Column("refusal", Text()),
        ForeignKeyConstraint(["publication"], ["publications.number"]),
        PrimaryKeyConstraint("number"),
        if_not_exists=True,
    )
    op.create_index("project_files_by_name", "project_files", ["name", "number"], if_not_exists=True)
    op.create_index("project_files_by_publication", "project_files", ["publication"], if_not_exists=True)


def _targets() -> None:
    op.create_table(
        "targets",
        Column("bin", Integer(), autoincrement=False, nullable=False),
        Column("path", _PATH, nullable=False),
        Column("fragment", LargeBinary(), nullable=False),
        PrimaryKeyConstraint("bin", "path"),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_table(
        "changes",
        Column("number", _COUNT, nullable=False),
        Column("key", Text(), nullable=False),
        Column("path", _PATH, nullable=False),
        Column("fragment", LargeBinary()),
        Column("received_at", Text(), nullable=False),
        Column("publication", Integer()),
        ForeignKeyConstraint(["publication"], ["publications.number"]),
        PrimaryKeyConstraint("number"),
        if_not_exists=True,
    )
    op.create_index("changes_by_path", "changes", ["path", "number"], if_not_exists=True)
    op.create_index(
        "changes_waiting", "changes", ["number"], sqlite_where=_WAITING, postgresql_where=_WAITING, if_not_exists=True
    )


def _calls() -> None:
    op.create_table(
        "access_tokens",
        Column("id", Text(), nullable=False),
        Column("digest", LargeBinary(), nullable=False),
        Column("name", Text(), nullable=False),
        Column("scopes", Text(), nullable=False),
        Column("prefixes", Text(), nullable=False),
        Column("created_at", Text(), nullable=False),
        Column("expires", Text()),
        Column("revoked_at", Text()),
        PrimaryKeyConstraint("id"),
        UniqueConstraint("name"),
        if_not_exists=True,
    )
    op.create_table(
        "tasks",
        Column("id", Text(), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("maker", Text(), nullable=False),
        Column("received_at", Text(), nullable=False),
        Column("key", Text()),
        Column("digest", Text(), nullable=False),
        Column("numbers", Text(), nullable=False),
        Column("delivery", Integer()),
        Column("renewal", Integer()),
        Column("note", Text(), nullable=False),
        ForeignKeyConstraint(["delivery"], ["deliveries.number"]),
        PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("tasks_by_key", "tasks", ["maker", "key"], unique=True, if_not_exists=True)
    op.create_table(
        "held",
        Column("number", _COUNT, nullable=False),
        Column("task", Text(), nullable=False),
        Column("path", _PATH, nullable=False),
        Column("fragment", LargeBinary()),
        Column("received_at", Text(), nullable=False),
        ForeignKeyConstraint(["task"], ["tasks.id"]),
        PrimaryKeyConstraint("number"),
        if_not_exists=True,
    )
    op.create_index("held_by_path", "held", ["path", "number"], if_not_exists=True)
    op.create_index("held_by_task", "held", ["task"], if_not_exists=True)
    op.create_table(
        "renewals",
        Column("number", Integer(), nullable=False),
        Column("roles", Text(), nullable=False),
        Column("received_at", Text(), nullable=False),
        Column("publication", Integer()),
        ForeignKeyConstraint(["publication"], ["publications.number"]),
        PrimaryKeyConstraint("number"),
        if_not_exists=True,
    )
