"""What is imported, whatever its format: pieces that follow one another, each with a mark from which to go on."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple, Protocol

from ceremony.core.artifact_rules import ARTIFACT_RULES, ArtifactCase
from ceremony.core.request_rules import PATH_RULES
from ceremony.errors import RefusedError
from ceremony.online.bins import render_fragment

PLACE_BITS = 32
"""A path's place is that many leading bits of its hash: whatever the number of bins, they give its bin."""

PLACES = 1 << PLACE_BITS
NOTHING_READ = sha256().hexdigest()


class ImportRow(NamedTuple):
    """A target, and where it was read: a line, or the number of the entry."""

    place: int
    path: str
    fragment: bytes
    line: int


class Refused(NamedTuple):
    """A line that breaks a rule; `text` is how it begins."""

    line: int
    text: str
    refusal: RefusedError


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a source was read: the position, the lines up to there, and the SHA-256 (hex) of everything before."""

    position: int = 0
    line: int = 0
    digest: str = NOTHING_READ


START = Mark()


@dataclass(frozen=True, slots=True)
class Piece:
    """What was read at once, and the mark after it."""

    rows: list[ImportRow]
    refused: list[Refused]
    mark: Mark


class ImportSource(Protocol):
    """Something that targets are imported from."""

    @property
    def name(self) -> str:
        """What it is called in the signer's database: its format and its place."""

    @property
    def total(self) -> int:
        """The position at its end."""

    def pieces(self, mark: Mark) -> Iterator[Piece]:
        """What follows the mark, in order.

        Raises: RefusedError (IMPORT-SAME) if something else than before stands before the mark; StorageError.
        """


def place_of(path: str) -> int:
    """The place of this path among all."""
    return int.from_bytes(sha256(path.encode()).digest()[:4], "big")


def row_of(path: str, case: ArtifactCase, line: int) -> ImportRow:
    """The target of this path, of which this is told.

    Raises: RefusedError for a path, or what is told, that breaks a rule.
    """
    PATH_RULES.check(path)
    ARTIFACT_RULES.check(case)
    fragment = render_fragment(path, case.bytes_long, case.small_hashes, case.custom)
    return ImportRow(place_of(path), path, fragment, line)
