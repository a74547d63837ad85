"""The rules for what is imported: that a line can be read, that it goes on where it ended, and that clients agree."""

from dataclasses import dataclass
from datetime import datetime

from ceremony.core.plan import instant_text
from ceremony.core.rules import Objection, RuleBook


@dataclass(frozen=True, slots=True)
class LineCase:
    """One line, or entry, of what is imported: `trouble` is why it cannot be read, "" if it can."""

    trouble: str
    wanted: str


@dataclass(frozen=True, slots=True)
class ResumeCase:
    """What is gone on with: the SHA-256 (hex) of what was taken in of it before, and of the same part of it now."""

    taken: str
    found: str
    position: int


@dataclass(frozen=True, slots=True)
class EndingCase:
    """Metadata whose targets are imported, by the name of its file, at one moment; both times are UTC."""

    name: str
    expires: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class ListedCase:
    """A file of another repository: what lists it, and what was found; `found` is "" where nothing is wrong."""

    name: str
    lister: str
    found: str
    wanted: str


@dataclass(frozen=True, slots=True)
class ReachCase:
    """A target of another repository, and the role in which it stands; `is_reached` if clients look for it there."""

    path: str
    role: str
    is_reached: bool


LINE_RULES: RuleBook[LineCase] = RuleBook()
RESUME_IMPORT_RULES: RuleBook[ResumeCase] = RuleBook()
ENDING_RULES: RuleBook[EndingCase] = RuleBook()
LISTED_RULES: RuleBook[ListedCase] = RuleBook()
REACH_RULES: RuleBook[ReachCase] = RuleBook()


@LINE_RULES.rule("IMPORT-LINE", "what cannot be read for certain is not guessed at")
def import_line(case: LineCase) -> None:
    """Every line, or entry, of what is imported has the form that was named."""
    if case.trouble:
        raise Objection(case.trouble, case.wanted)


@RESUME_IMPORT_RULES.rule("IMPORT-SAME", "what was taken in of it before is not looked at again")
def import_same(case: ResumeCase) -> None:
    """An import that was broken off goes on with what it began with."""
    if case.taken != case.found:
        raise Objection(f"other content before position {case.position}", "what was taken in before, unchanged")


@ENDING_RULES.rule("IMPORT-CURRENT", "TUF 5.4.4, 5.5.6, 5.6.5; what has expired may have been replaced long ago")
def import_current(case: EndingCase) -> None:
    """Metadata whose targets are imported has not expired."""
    if case.expires <= case.now:
        raise Objection(f"{case.name}, which expired at {instant_text(case.expires)}", "metadata that clients take")


@LISTED_RULES.rule("IMPORT-LISTED", "TUF 5.5, 5.6: clients take no other file than the one that is listed")
def import_listed(case: ListedCase) -> None:
    """Every file of a repository that is imported is the one that timestamp or snapshot lists, signed as delegated."""
    if case.found:
        raise Objection(f"{case.name}: {case.found}", f"{case.wanted}, by {case.lister}")


@REACH_RULES.rule("IMPORT-REACHED", "TUF 5.6.7: clients look for a path only where it is delegated")
def import_reached(case: ReachCase) -> None:
    """A target is imported from a role in which clients look for its path, and from no other."""
    if not case.is_reached:
        raise Objection(f"{case.path[:80]} in {case.role}", "a role in which clients look for this path")
