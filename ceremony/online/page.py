"""What the front door draws: the status as a table, an explanation, and a bar for what takes longer than a second."""

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ceremony.core.plan import instant_text
from ceremony.explain import Explanation
from ceremony.online.next_key import LOST
from ceremony.online.project_status import ProjectStatus, upload_again
from ceremony.online.status import Status

_BAR_AFTER_SECONDS = 1.0
_DAY_SECONDS = 86_400
_HOUR_SECONDS = 3_600
_NAMES = 12


def named(names: Sequence[str]) -> str:
    """These names, the first dozen and how many more."""
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more


def draw_explanation(console: Console, explanation: Explanation) -> None:
    """What happened, and what to do now."""
    console.print(f"[bold red]{escape(explanation.title)}[/]", highlight=False)
    console.print(escape(explanation.detail), highlight=False)
    console.print(f"[bold]Now:[/] {escape(explanation.advice)}", highlight=False)


def draw_status(console: Console, status: Status) -> None:
    """The status as a page."""
    mark = " [bold white on red] REHEARSAL [/]" if status.is_rehearsal else ""
    console.print(f"[bold]{escape(status.repository)}[/]{mark}")
    console.print(f"online key {status.online_keyid}", highlight=False)
    if status.key_uri.startswith(LOST):
        console.print(
            "[bold red]Caution:[/] it was given up as lost. Nothing is signed before a release names the next one.",
            highlight=False,
        )
    if status.next_keyid:
        console.print(f"next online key {status.next_keyid}, until a release names it", highlight=False)
    if status.roles:
        console.print(_roles(status))
        # Whatever else this console does: a word that breaks at the edge is not the word that was read aloud.
        console.print(f"words read aloud: {' '.join(status.fingerprint)}", highlight=False, soft_wrap=False)
    else:
        console.print("Nothing was delivered yet: `ceremony-online deliver BUNDLE`.")
    console.print(_counts(status), highlight=False)
    if status.projects:
        claimed = sum(each.is_claimed for each in status.projects)
        console.print(f"projects: {claimed} claimed, {len(status.projects) - claimed} registered", highlight=False)
    draw_caution(console, status.projects)


def draw_caution(console: Console, projects: tuple[ProjectStatus, ...]) -> None:
    """Which projects have to upload again, if any do."""
    names = upload_again(projects)
    if names:
        console.print(
            f"[bold red]Caution:[/] until they upload again, clients get nothing of these projects: "
            f"{named(names)}. `ceremony-online project list` says why.",
            highlight=False,
        )


def draw_projects(console: Console, projects: tuple[ProjectStatus, ...]) -> None:
    """Every project as a line of a table."""
    table = Table("project", "in", "version", "ends (UTC)", "")
    for each in projects:
        ends = "" if each.expires is None else instant_text(each.expires)
        note = each.trouble or ("" if each.is_delegated else "waits for its first upload")
        style = "bold red" if each.trouble else ""
        table.add_row(each.name, each.role, str(each.version or ""), ends, note, style=style)
    console.print(table)


class Bar:
    """A progress bar that shows itself only at a terminal, and only when something takes longer than a second."""

    def __init__(
        self, console: Console, seconds: Callable[[], float] = time.monotonic, what: str = "publishing"
    ) -> None:
        """Drawn on `console`, if at all, before it `what` goes on; `seconds` is a clock that only goes forward."""
        columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=console, transient=True)
        self._task = self._progress.add_task(what, total=None)
        # Where nobody sits, in a log, it would be an empty line.
        self._is_seen = console.is_terminal
        self._seconds = seconds
        self._began = seconds()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.is_shown:
            self._progress.stop()

    @property
    def is_shown(self) -> bool:
        """True while people see it."""
        return self._progress.live.is_started

    def watch(self, done: int, total: int) -> None:
        """So many files of so many are published."""
        if self._is_seen and not self.is_shown and self._seconds() - self._began > _BAR_AFTER_SECONDS:
            self._progress.start()
        self._progress.update(self._task, completed=done, total=total)


def _roles(status: Status) -> Table:
    table = Table("role", "version", "ends (UTC)", "left")
    for each in status.roles:
        style = "bold red" if each.is_expired else ""
        name = f"bin-n ({status.bins})" if each.role == "bin-n" else each.role
        table.add_row(name, str(each.version), instant_text(each.expires), _left(each.seconds_left), style=style)
    return table


def _left(seconds: int) -> str:
    if seconds <= 0:
        return "EXPIRED"
    days, rest = divmod(seconds, _DAY_SECONDS)
    hours, rest = divmod(rest, _HOUR_SECONDS)
    return f"{days} d {hours} h" if days else f"{hours} h {rest // 60} min"


def _counts(status: Status) -> str:
    at = "never" if status.published_at is None else instant_text(status.published_at)
    under_way = ", not out yet" if status.is_publishing else ""
    waiting = f"{status.waiting} waiting" + (", and a delivery" if status.is_delivery_waiting else "")
    return f"{status.targets} targets, {waiting}; publication {status.publication} at {at}{under_way}"
