"""What a planned ceremony follows, and where this machine has what it trusts itself."""

from collections.abc import Iterator
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from ceremony.core.before import Before
from ceremony.core.incident_changes import name_of_key
from ceremony.core.plan import EMERGENCY, Incident
from ceremony.engine.own import read_own
from ceremony.errors import CeremonyError
from ceremony.tui.found_here import is_published
from ceremony.tui.plan_form import INITIAL, Form
from ceremony.tui.screens.page import trouble_lines
from ceremony.tui.widgets.ink import CAUTION, DONE, FAILED, bold, clean, good, lines, loud
from ceremony.tui.widgets.line_input import LineInput

_SHOWN = 6
_UNVOUCHED = "Nobody vouches for the first root in that folder: type the root file that you have by a way of your own."


class FollowingLines(Vertical):
    """The kind of ceremony and the root it starts from, then a line for a path; nothing in an initial ceremony."""

    def __init__(self, form: Form, path: str = "", pinned: str = "") -> None:
        super().__init__()
        self._form = form
        self._pinned = pinned
        self.kind = form.kind
        self.trusted = form.trusted
        self.before: Before | None = None
        self._path = path
        self._read: tuple[Path, Path | None] | None = None
        self._trouble: CeremonyError | None = None
        self._is_unvouched = False

    def compose(self) -> ComposeResult:
        """What it follows, the path, and what was read there."""
        yield Static(id="follows")
        yield Static("What this machine trusts itself: its own copy of the last release", markup=False)
        yield LineInput(self._path, "path of that release, then Enter", identity="trusted-path")
        yield LineInput(self._pinned, "root file that you trust, if others made that folder; Enter", identity="pinned")
        yield Static(id="own")
        yield Static(id="others", markup=False)

    def on_mount(self) -> None:
        """It is there only where something is followed."""
        self.follow(self._form)

    def follow(self, form: Form) -> None:
        """The plan is of this kind, and starts from this root; what it says of a repository by others is told."""
        kind, trusted = form.kind, form.trusted
        self._form, self.kind, self.trusted = form, kind, trusted
        self.display = kind != INITIAL
        self.query_one("#pinned").display = bool(self._pinned)
        self._tell()
        if trusted is not None:
            article = "An" if kind == EMERGENCY else "A"
            said = f"{article} {kind} that follows root {trusted.version} ({trusted.sha256[:16]})"
            self.query_one("#follows", Static).update(bold(said))

    def read(self, path: Path, pinned: Path | None) -> None:
        """What this machine trusts is what stands at this path, or the reason is told why it cannot be.

        `pinned` is the root file from which trust begins there.
        """
        self.before, self._trouble, self._read = None, None, (path, pinned)
        self._is_unvouched = is_published(path) and pinned is None
        self.query_one("#pinned").display = is_published(path)
        try:
            self.before = read_own(path, pinned)
        except CeremonyError as error:
            self._trouble = error
        self._tell()

    def forget(self, path: Path, pinned: Path | None) -> None:
        """Other paths were typed than those that were read: nothing is trusted until they are read, too."""
        if (path, pinned) != self._read:
            self.before, self._trouble = None, None
            self._tell()

    def judge(self, problem: str) -> None:
        """The problem stands below the path; "" says that the root there is the one that the plan follows."""
        shown = self.query_one("#own", Static)
        if self._trouble is not None:
            shown.update(trouble_lines(self._trouble))
        elif problem:
            shown.update(loud(f"{FAILED} {clean(problem)}"))
        elif self.before is not None:
            trusted = good(f"{DONE} root {self.before.trusted.root.version} is trusted here")
            shown.update(lines([trusted, loud(f"{CAUTION} {_UNVOUCHED}")]) if self._is_unvouched else trusted)
        else:
            shown.update("")

    def _tell(self) -> None:
        """What the plan says besides is told; a key that was struck goes by its holder, where that is known."""
        incident = [loud(each) for each in _said_of_incident(self._form.incident, self.before)]
        others = [*_said_of_others(self._form)]
        shown = self.query_one("#others", Static)
        shown.update(lines((*incident, *others)))
        shown.display = bool(incident or others)


def _said_of_incident(incident: Incident | None, before: Before | None) -> Iterator[str]:
    """What has happened, and which keys it struck."""
    if incident is None:
        return
    yield f"What has happened: {incident.reason}"
    struck = {"Somebody else may have": incident.stolen, "Nobody has any more": incident.lost}
    for said, keyids in struck.items():
        if keyids:
            names = (name_of_key(keyid, before) if before else f"key {keyid[:16]}" for keyid in keyids)
            yield f"{said}: {', '.join(names)}"


def _said_of_others(form: Form) -> Iterator[str]:
    """Who signs a last time, and what is not carried on."""
    if form.leaving:
        yield clean(f"Sign root a last time, and leave: {', '.join(each.name for each in form.leaving)}")
    if form.leaves_out:
        more = f" and {len(form.leaves_out) - _SHOWN} more" if len(form.leaves_out) > _SHOWN else ""
        yield clean(f"Left out of what others wrote: {', '.join(form.leaves_out[:_SHOWN])}{more}")
