"""A lease, which lets one of many machines publish, and its number beside each publication."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, Double, Integer, PrimaryKeyConstraint, Text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Nobody holds the lease, and no publication began under one."""
    op.create_table(
        "lease",
        Column("id", Integer(), nullable=False),
        CheckConstraint("id = 1"),
        Column("holder", Text(), nullable=False),
        Column("number", Integer(), nullable=False),
        Column("until", Double(), nullable=False),
        PrimaryKeyConstraint("id"),
    )
    op.execute("INSERT INTO lease (id, holder, number, until) VALUES (1, '', 0, 0)")
    op.add_column("publications", Column("fence", Integer(), nullable=False, server_default="0"))
