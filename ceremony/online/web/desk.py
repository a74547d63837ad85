"""What the API needs of the rest of the signer: changes made durable, and a word when clients can see them."""

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from ceremony.online.access import Grant
from ceremony.online.intake import Request
from ceremony.online.tasks import Kind, Task


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


@dataclass(frozen=True, slots=True)
class Receipt:
    """The task that a submission became, durable; `is_repeated` when the same was submitted under its key before."""

    task: Task
    is_repeated: bool = False


class Desk(Protocol):
    """Where the API hands in what it is asked for. Safe to use from any thread."""

    def submit(self, submission: Submission) -> Future[Receipt]:
        """A receipt as soon as all of it is durable.

        The future raises: RefusedError, and then nothing of it is; StorageError.
        """

    def watch(self, task: Task) -> Future[None]:
        """Done as soon as clients can see all of the task; whoever has lost interest cancels it."""
