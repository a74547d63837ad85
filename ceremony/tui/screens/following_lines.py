"""What a planned ceremony follows, and where this machine has what it trusts itself."""

from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from ceremony.core.before import Before
from ceremony.core.plan import TrustedRoot
from ceremony.engine.own import read_own
from ceremony.errors import CeremonyError
from ceremony.tui.plan_form import INITIAL
from ceremony.tui.screens.page import trouble_lines
from ceremony.tui.widgets.ink import DONE, FAILED, bold, clean, good, loud
from ceremony.tui.widgets.line_input import LineInput


class FollowingLines(Vertical):
    """The kind of ceremony and the root it starts from, then a line for a path; nothing in an initial ceremony."""

    def __init__(self, kind: str, trusted: TrustedRoot | None, path: str = "") -> None:
        super().__init__()
        self.kind = kind
        self.trusted = trusted
        self.before: Before | None = None
        self._path = path
        self._read = ""
        self._trouble: CeremonyError | None = None

    def compose(self) -> ComposeResult:
        """What it follows, the path, and what was read there."""
        yield Static(id="follows")
        yield Static("What this machine trusts itself: its own copy of the last release", markup=False)
        yield LineInput(self._path, "path of that release, then Enter", identity="trusted-path")
        yield Static(id="own")

    def on_mount(self) -> None:
        """It is there only where something is followed."""
        self.follow(self.kind, self.trusted)

    def follow(self, kind: str, trusted: TrustedRoot | None) -> None:
        """The plan is of this kind, and starts from this root."""
        self.kind, self.trusted = kind, trusted
        self.display = kind != INITIAL
        if trusted is not None:
            said = f"A {kind} that follows root {trusted.version} ({trusted.sha256[:16]})"
            self.query_one("#follows", Static).update(bold(said))

    def read(self, typed: str, path: Path) -> None:
        """What this machine trusts is what stands at this path, or the reason is told why it cannot be."""
        self.before, self._trouble, self._read = None, None, typed
        try:
            self.before = read_own(path)
        except CeremonyError as error:
            self._trouble = error

    def forget(self, typed: str) -> None:
        """Another path was typed than the one that was read: nothing is trusted until it is read, too."""
        if typed != self._read:
            self.before, self._trouble = None, None

    def judge(self, problem: str) -> None:
        """The problem stands below the path; "" says that the root there is the one that the plan follows."""
        shown = self.query_one("#own", Static)
        if self._trouble is not None:
            shown.update(trouble_lines(self._trouble))
        elif problem:
            shown.update(loud(f"{FAILED} {clean(problem)}"))
        elif self.before is not None:
            shown.update(good(f"{DONE} root {self.before.trusted.root.version} is trusted here"))
        else:
            shown.update("")
