"""What a machine trusts itself: a line for a path and, where others made that folder, one for the root they pinned."""

from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from ceremony.core.before import Before
from ceremony.core.own_rules import OWN_RULES, OwnCase
from ceremony.engine.bundle import Bundle
from ceremony.engine.own import read_own
from ceremony.errors import CeremonyError
from ceremony.tui.found_here import is_published
from ceremony.tui.screens.page import TRUSTED_LINE, trouble_lines, typed_path
from ceremony.tui.widgets.ink import FAILED, loud
from ceremony.tui.widgets.line_input import LineInput


class OwnLines(Vertical):
    """The line, a second one while the first names a repository's folder, and what is wrong with what stands there."""

    def __init__(self, folder: Path) -> None:
        """What is typed relative lies in this folder."""
        super().__init__()
        self._folder = folder

    def compose(self) -> ComposeResult:
        """What is asked for, both lines, and room for what is wrong."""
        yield Static(TRUSTED_LINE, markup=False)
        yield LineInput(placeholder="a path, then Enter", identity="trusted")
        yield LineInput(placeholder="root file that you trust, if others made that folder; Enter", identity="pinned")
        yield Static(id="own")

    def on_mount(self) -> None:
        """Nothing is typed, and nothing wrong."""
        self.query("#pinned, #own").set(display=False)

    def on_input_submitted(self, message: LineInput.Submitted) -> None:
        """A repository's folder was typed, and the second line is next; whatever comes after that, the page knows."""
        if message.input.id == "trusted" and self._settled():
            message.stop()
            self.query_one("#pinned").focus()

    def on_input_changed(self, _message: LineInput.Changed) -> None:
        """What was wrong with the line before says nothing of the new one."""
        self.query_one("#own").display = False

    def on_input_blurred(self, _message: LineInput.Blurred) -> None:
        """Somebody went on without Enter."""
        self._settled()

    @property
    def trusted(self) -> Path | None:
        """Where this machine has what it trusts itself, None as long as nothing is typed."""
        return self._path("#trusted")

    @property
    def pinned(self) -> Path | None:
        """The root file from which trust in that folder begins, None where the folder's own first root is meant."""
        return self._path("#pinned") if self._settled() else None

    def read(self, why: str) -> Before | None:
        """What this machine trusts itself; None where it cannot be read, or nothing is typed, which is told.

        `why` says what it is needed for.
        """
        return self._told(None, why)

    def judge(self, bundle: Bundle, why: str) -> bool:
        """Whether the bundle starts from a root that this machine trusts, or goes back to one; if not, it is told."""
        return self._told(bundle, why) is not None

    def _told(self, bundle: Bundle | None, why: str) -> Before | None:
        self.query_one("#own").display = False
        trusted = self.trusted
        if trusted is None:
            self._tell(loud(f"{FAILED} {why}"))
            self.query_one("#trusted").focus()
            return None
        try:
            found = read_own(trusted, self.pinned)
            if bundle is not None:
                there = bundle.before.trusted if bundle.before else None
                OWN_RULES.check(OwnCase(bundle.plan.kind, found.trusted, there))
        except CeremonyError as error:
            self._tell(trouble_lines(error))
            return None
        return found

    def _tell(self, said: Content) -> None:
        own = self.query_one("#own", Static)
        own.update(said)
        own.display = True
        self.call_after_refresh(own.scroll_visible, animate=False)

    def _settled(self) -> bool:
        """Whether the second line has a use, and is there: only a repository's folder begins somewhere."""
        path = self.trusted
        has_use = path is not None and is_published(path)
        self.query_one("#pinned").display = has_use
        return has_use

    def _path(self, line: str) -> Path | None:
        typed = self.query_one(line, LineInput).value.strip()
        return typed_path(self._folder, typed) if typed else None
