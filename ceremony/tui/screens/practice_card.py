"""A rehearsal is ready: its devices, and the PIN of each, for people to note down before it begins."""

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from ceremony.core.plan import Plan
from ceremony.engine.practice import PINS_FILE
from ceremony.tui.desk import Desk
from ceremony.tui.screens.page import Page, heading
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import clean, lines
from ceremony.tui.wishes import Begin, Home, Sitting


class PracticeCardPage(Page):
    """One line for each device, in the order of the plan."""

    explanation = (
        "Each software device has a PIN of its own, made just now. In a real ceremony no PIN is ever shown; these are "
        "worth nothing, and F1 shows them again on each PIN page."
    )

    def __init__(self, desk: Desk, plan: Plan, sitting: Sitting) -> None:
        super().__init__(desk, plan)
        self._sitting = sitting
        self._names = tuple(holder.name for holder in plan.keyholders)

    def compose_page(self) -> ComposeResult:
        """The card, and No first."""
        yield from heading("The rehearsal is ready", "These are the practice PINs; F1 shows each again when asked.")
        rows = zip(self._names, self._sitting.pins.items(), strict=True)
        yield Static(
            lines(
                Content.assemble((f"{clean(name):<20}", "bold"), f"device {serial:<14} PIN {pin.secret}")
                for name, (serial, pin) in rows
            ),
            classes="card",
        )
        kept = f"Everything is kept in {self._sitting.folder.parent}, these PINs in {PINS_FILE}"
        yield Static(clean(kept), classes="about", markup=False)
        yield Choices(
            Choice("No, back", value=False, identity="no"),
            Choice("Yes: begin the rehearsal", value=True, identity="yes"),
        )

    def on_mount(self) -> None:
        """It rests on No."""
        self.query_one("#no").focus()

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Back, or into the sitting."""
        self.post_message(Begin(self._sitting) if message.choice.value is True else Home())
