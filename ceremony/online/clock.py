"""The clock of the signer."""

from datetime import UTC, datetime


def moment() -> datetime:
    """This moment, UTC, at whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  # the one place where this program reads the clock
