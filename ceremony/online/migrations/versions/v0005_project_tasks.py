"""Tasks may wait for what a project uploads, and for projects that are to go."""

from alembic import op
from sqlalchemy import Column, Integer, Text

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """No task does so far."""
    op.add_column("tasks", Column("upload", Integer()))
    op.add_column("tasks", Column("leaving", Text()))
