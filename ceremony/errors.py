"""What can go wrong in a ceremony: data, no sentences (`ceremony.explain` turns the fields into words)."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Problem:
    """One field that cannot be read: where it stands, what was found, what would be right.

    `field` is a dotted path such as `keyholders[1].roles`; `line` counts from one, None where the text has no lines.
    """

    field: str
    found: str
    wanted: str
    line: int | None = None


class CeremonyError(Exception):
    """The family of ceremony errors; only its leaves are raised."""

    def __new__(cls, *_args: object, **_fields: object) -> Self:
        """A leaf; the base itself cannot be made."""
        if cls is CeremonyError:
            raise TypeError(cls)
        return super().__new__(cls)

    def __str__(self) -> str:
        """The fields, as for `repr`: a traceback shows them."""
        return repr(self)


@dataclass(eq=False)
class SettingsError(CeremonyError):
    """A file that people write (a plan, settings) says something that cannot be read; every problem is listed."""

    file: str
    problems: tuple[Problem, ...]


@dataclass(eq=False)
class RefusedError(CeremonyError):
    """The rule of this name said no: `found` stands where `wanted` would be right."""

    rule: str
    found: str
    wanted: str


@dataclass(eq=False)
class TamperedError(CeremonyError):
    """Bytes are not what they claim to be: `what` is wrong with `where` (a file, an entry, a signature)."""

    what: str
    where: str


@dataclass(eq=False)
class StoppedError(CeremonyError):
    """A person stopped the ceremony at this stage; everything up to there is kept."""

    by: str
    stage: str


@dataclass(eq=False)
class PausedError(CeremonyError):
    """A sitting ended as people meant it to: all that it could do is done, and signatures are awaited elsewhere.

    `lacking` tells each quorum that is not complete, `people` who can still sign for it, each with device and roles;
    `until` is the end of the window, UTC, as metadata writes times.
    """

    lacking: tuple[str, ...]
    people: tuple[str, ...]
    until: str


@dataclass(eq=False)
class StorageError(CeremonyError):
    """A disk or stick did not take or give the bytes; `reason` is the system's own word (ENOSPC, EROFS, EEXIST ...)."""

    path: str
    reason: str


@dataclass(eq=False)
class RehearsalError(CeremonyError):
    """The real client refuses what would be published: `role` is where it stopped, `reason` its own words."""

    role: str
    reason: str


@dataclass(eq=False)
class TerminalError(CeremonyError):
    """The screens cannot be drawn: the terminal has this size, or none at all (0 by 0)."""

    columns: int
    rows: int
