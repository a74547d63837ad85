"""The rows that every change request reads and writes, whichever driver they come through."""

from typing import NamedTuple, Protocol


class LastChange(NamedTuple):
    """The newest change request for a path; no fragment means that the path is to go."""

    number: int
    key: str
    fragment: bytes | None


class IntakeRows(Protocol):
    """What intake needs of a transaction that somebody else began and will commit, and in which nobody else writes."""

    def bin_count(self) -> int:
        """How many bins there are, 0 before the first delivery."""

    def last_change(self, path: str) -> LastChange | None:
        """The newest change request for this path, None if there never was one."""

    def standing(self, path: str, number: int) -> bytes | None:
        """The entry of this target in the bin of this number, None if it is not there."""

    def insert(self, key: str, path: str, fragment: bytes | None, received_at: str) -> int:
        """The number of a new change request."""
