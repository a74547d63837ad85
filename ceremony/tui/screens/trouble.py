"""What went wrong, in words, and what to do now."""

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from ceremony.errors import CeremonyError
from ceremony.explain import explain
from ceremony.tui.desk import Desk
from ceremony.tui.screens.page import Page
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import CAUTION, bold, clean_lines, lines, loud
from hsm.errors import DeviceError


class TroublePage(Page):
    """One error, explained; `kept` says where everything so far is kept, if anywhere."""

    explanation = (
        "The ceremony ended here because of what this page says. Nothing that was signed is lost: a ceremony that has "
        "begun goes on from its bundle. Do what the page asks for, then go on through the same door as before."
    )

    def __init__(self, desk: Desk, error: CeremonyError | DeviceError, kept: str) -> None:
        super().__init__(desk)
        self._error = error
        self._kept = kept

    def compose_page(self) -> ComposeResult:
        """Title, detail, what to do now."""
        told = explain(self._error)
        parts: list[Content | str] = [clean_lines(told.detail), "", bold("What to do now"), clean_lines(told.advice)]
        if self._kept:
            parts += ["", bold("Where everything is kept"), clean_lines(self._kept)]
        yield Static(loud(f"{CAUTION} {told.title}"), classes="title")
        yield Static(lines([*parts, ""]))
        yield Choices(Choice("Back to the first page", value=None, identity="home"))

    def on_mount(self) -> None:
        """The way home has the focus: nothing else is left to do here."""
        self.query_one("#home").focus()

    def on_choice_chosen(self, _message: Choice.Chosen) -> None:
        """Home."""
        self.go_back()
