"""The end of an enrolment away from the room: what was made, and how it gets to the others."""

from pathlib import Path

from textual.app import ComposeResult
from textual.widgets import Static

from ceremony.core.roster import Enrolment
from ceremony.tui.desk import Desk
from ceremony.tui.screens.page import Page, heading
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.enrolment_facts import enrolment_facts
from ceremony.tui.widgets.fact import Fact
from ceremony.tui.widgets.ink import DONE, bold, clean, lines


class EnrolledPage(Page):
    """The enrolment is on the disk; nothing is asked any more."""

    explanation = (
        "The folder holds the plan, your public key, the proof that your device holds the private one, and what its "
        "maker says of it: nothing secret. Whoever gets it can check it and change nothing in it unseen. Your key "
        "stays in your device: bring the device, or sign later."
    )

    def __init__(self, desk: Desk, enrolment: Enrolment, folder: Path) -> None:
        super().__init__(desk)
        self._enrolment = enrolment
        self._folder = folder

    def compose_page(self) -> ComposeResult:
        """What was made, its words, and the next steps."""
        found = self._enrolment
        yield from heading(f"{DONE} {found.keyholder} is enrolled", "Write down the words, then follow the next steps.")
        yield from enrolment_facts(found)
        yield Fact("Folder", str(self._folder))
        yield Static(lines(["", bold("What to do next"), *_next_steps(self._folder), ""]))
        yield Choices(Choice("Back to the first page", value=None, identity="home"))

    def on_mount(self) -> None:
        """The way home has the focus: nothing else is left to do here."""
        self.query_one("#home").focus()

    def on_choice_chosen(self, _message: Choice.Chosen) -> None:
        """Home."""
        self.go_back()


def _next_steps(folder: Path) -> list[str]:
    return [
        "1. Unplug your device and lock it away: with it, and its PIN, anybody signs",
        "   in your name.",
        "2. Copy this folder to a stick, and send it to the room:",
        f"   {clean(folder.name)}",
        "3. Tell the room the four words of your key, by telephone or in person:",
        "   the review shows them beside your name.",
    ]
