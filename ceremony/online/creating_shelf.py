"""A shelf on which nothing is written over: it is told what is to be there, and finds out by itself what is missing."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol, runtime_checkable


class NewFile(NamedTuple):
    """A file that is to be there; `is_right` is true of other bytes that may stand in its place."""

    name: str
    data: bytes
    is_right: Callable[[bytes], bool]


@runtime_checkable
class CreatingShelf(Protocol):
    """A place that is far away: to ask for each file before it is put would take as long as to put it."""

    def create(self, files: Iterable[NewFile], progress: Callable[[int], None]) -> None:
        """Each file is in its place, whole and durable, or another one that is right."""

    def names(self) -> Iterator[str]:
        """The name of every metadata file, in any order."""
