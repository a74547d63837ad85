"""What every page has: a head, a foot that shows each key, "what is this?", a way back, and a way to leave."""

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from ceremony.core.plan import Plan
from ceremony.errors import CeremonyError
from ceremony.explain import explain
from ceremony.tui.desk import Desk
from ceremony.tui.screens.what_is_this import WhatIsThis
from ceremony.tui.widgets.ink import CAUTION, bold, clean_lines, lines, loud
from ceremony.tui.widgets.key_line import BACK, HELP, MOVE, STOP, KeyLine, Keys
from ceremony.tui.widgets.masthead import Masthead
from ceremony.tui.wishes import Home, Open
from hsm.errors import DeviceError

TRUSTED_LINE = "What this machine trusts itself (root file, last release or metadata)"
"""What stands above the line for it, wherever it is asked for."""


def trouble_lines(error: CeremonyError | DeviceError) -> Content:
    """What went wrong and what to do now, as a page shows it."""
    told = explain(error)
    return lines([loud(f"{CAUTION} {told.title}"), clean_lines(told.detail), clean_lines(told.advice)])


class Page(Screen[None]):
    """A page that fills the terminal; each kind fills in what stands between head and foot."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", show=False),
        Binding("f1,question_mark", "explain", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]

    keys: Keys = MOVE + BACK + HELP + STOP
    explanation = ""
    behind: ClassVar[str] = ""
    """The page to which the way back leads, by its name; "" is the first page."""
    leave_question = "Leave the program?"
    leave_detail = "Nothing is under way on this page."

    def __init__(self, desk: Desk, plan: Plan | None = None) -> None:
        super().__init__()
        self.desk = desk
        self._plan = plan

    def compose(self) -> ComposeResult:
        """Head, body, foot."""
        yield Masthead(self.desk.clock, self._plan)
        with VerticalScroll(id="page", classes="scrolls", can_focus=False):
            yield from self.compose_page()
        yield KeyLine(self.keys)

    def compose_page(self) -> ComposeResult:
        """What stands between head and foot."""
        yield from ()

    async def action_back(self) -> None:
        """The page before this one, where there is one."""
        self.go_back()

    def go_back(self) -> None:
        """The page behind this one is next."""
        self.post_message(Open(self.behind) if self.behind else Home())

    def action_explain(self) -> None:
        """Somebody asked what this is."""
        self.app.push_screen(WhatIsThis(self.explanation))

    def action_page(self, direction: int) -> None:
        """What is longer than the screen moves by half a screen."""
        for each in self.query(".scrolls"):
            each.scroll_relative(y=direction * max(each.size.height // 2, 1), animate=False)

    def leave(self, status: int) -> None:
        """Somebody leaves the program from here, which ends with this status."""
        self.app.exit(status)


def typed_path(folder: Path, text: str) -> Path:
    """The path that somebody typed: ~ is home, and what is relative lies in `folder`."""
    try:
        return folder / Path(text.strip()).expanduser()
    except RuntimeError:
        return folder / text.strip()


def heading(title: str, text: str) -> ComposeResult:
    """The title of a page, and below it what the page is for."""
    yield Static(bold(title), classes="title")
    yield Static(clean_lines(text), classes="lead", markup=False)
