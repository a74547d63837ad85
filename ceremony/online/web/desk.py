"""What the API needs of the writer: changes made durable, a word when clients can see them, and how it stands."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from ceremony.online.access import Grant
from ceremony.online.intake import Request
from ceremony.online.tasks import Kind, Task
from ceremony.online.web.models import Readiness


@dataclass(frozen=True, slots=True)
class Submission:
    """What one call asks for. `key` and `digest` make it harmless to ask twice; `key` is None where nobody says so.

    Held requests wait until a submission of the kind PUBLISH, which has none of its own, puts them in line.
    A submission that `is_continued` adds to the task of an earlier one. `roles` are those to be signed anew.
    """

    task_id: str
    kind: Kind
    grant: Grant
    requests: tuple[Request, ...] = ()
    key: str | None = None
    digest: str = ""
    is_held: bool = False
    is_continued: bool = False
    roles: tuple[str, ...] = ()
    note: str = ""

    @property
    def is_plain(self) -> bool:
        """True for what callers ask for all day: changes that are to be published, and nothing else."""
        return not (self.is_held or self.is_continued or self.roles or self.kind is Kind.PUBLISH)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The task that a submission became, durable; `is_repeated` when the same was submitted under its key before."""

    task: Task
    is_repeated: bool = False


@dataclass(slots=True, eq=False)
class Asked:
    """A submission under way: `receipt` is there as soon as all of it is durable.

    `answer` belongs to the event loop of whoever asked, and is done then, or, `until_out`, once clients see it. It
    raises RefusedError, and then nothing of the submission is durable, or StorageError. It `is_late` when whoever asked
    got tired of waiting. The `number` is its desk's.
    """

    submission: Submission
    until_out: bool
    answer: "asyncio.Future[None]"
    receipt: Receipt | None = None
    is_late: bool = False
    number: int = 0


class Desk(Protocol):
    """Where the API hands in what it is asked for: in the thread of an event loop, which has the answers too."""

    def submit(self, submission: Submission, *, until_out: bool = False) -> Asked:
        """The submission is under way."""

    def hasten(self, asked: Asked) -> None:
        """Whoever asked is answered as soon as this is durable, and if it is not out by then, it is late."""

    def watch(self, task: Task) -> "asyncio.Future[None]":
        """Done as soon as clients can see all of the task; whoever has lost interest cancels it."""


class Lookout(Protocol):
    """Who knows how the signer stands."""

    async def readiness(self) -> Readiness:
        """How ready the signer is.

        Raises: StorageError.
        """

    async def figures(self) -> tuple[bytes, str]:
        """The figures that a monitor reads, and their content type.

        Raises: StorageError.
        """
