"""The rows that every change request reads and writes, whichever driver they come through: many at a time."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol


class LastChange(NamedTuple):
    """The newest change request for a path; no fragment means that the path is to go."""

    number: int
    key: str
    fragment: bytes | None


class NewChange(NamedTuple):
    """A change request that is to be; no fragment means that the path is to go."""

    key: str
    path: str
    fragment: bytes | None


class TaskRow(NamedTuple):
    """A task as its row has it; `numbers` are its change requests, as `Numbers.encode` wrote them."""

    id: str
    kind: str
    maker: str
    received_at: str
    key: str | None
    digest: str
    numbers: str


class IntakeRows(Protocol):
    """What intake needs of a transaction that somebody else began and will commit, and in which nobody else writes."""

    def bin_count(self) -> int:
        """How many bins there are, 0 before the first delivery."""

    def last_changes(self, paths: Sequence[str]) -> Mapping[str, LastChange]:
        """By path, the newest change request for each of these paths for which there was one."""

    def standing(self, path: str, number: int) -> bytes | None:
        """The entry of this target in the bin of this number, None if it is not there."""

    def insert(self, changes: Sequence[NewChange], received_at: str) -> Sequence[int]:
        """The numbers of so many new change requests, in their order."""

    def has_held(self) -> bool:
        """True when some change request is held."""

    def holds(self, path: str) -> bool:
        """True when some change request for this path is held."""

    def has_task(self, maker: str, key: str) -> bool:
        """True when this maker asked for something under this key before."""

    def insert_tasks(self, tasks: Sequence[TaskRow]) -> None:
        """There are so many tasks more."""
