"""Imports of many targets at once, and what they have read."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
)

revision = "0003"
down_revision = "0002"

_COUNT = BigInteger().with_variant(Integer, "sqlite")
_PATH = Text().with_variant(Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Nothing was imported yet."""
    op.create_table(
        "imports",
        Column("number", _COUNT, nullable=False),
        Column("source", Text(), nullable=False),
        Column("position", BigInteger(), nullable=False),
        Column("line", BigInteger(), nullable=False),
        Column("digest", Text(), nullable=False),
        Column("targets", BigInteger(), nullable=False),
        Column("refused", BigInteger(), nullable=False),
        Column("refused_bytes", BigInteger(), nullable=False),
        Column("received_at", Text(), nullable=False),
        Column("after", BigInteger()),
        Column("next_place", BigInteger(), nullable=False),
        Column("publication", Integer()),
        PrimaryKeyConstraint("number"),
        ForeignKeyConstraint(["publication"], ["publications.number"]),
    )
    op.create_table(
        "import_rows",
        Column("number", _COUNT, nullable=False),
        Column("import_number", _COUNT, nullable=False),
        Column("place", BigInteger(), nullable=False),
        Column("path", _PATH, nullable=False),
        Column("fragment", LargeBinary(), nullable=False),
        Column("line", BigInteger(), nullable=False),
        PrimaryKeyConstraint("number"),
        ForeignKeyConstraint(["import_number"], ["imports.number"]),
    )
