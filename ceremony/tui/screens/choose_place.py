"""Where the release is written."""

from pathlib import Path

from textual.app import ComposeResult
from textual.widgets import Static

from ceremony.engine.questions import ChoosePlace
from ceremony.tui.screens.page import typed_path
from ceremony.tui.screens.question_page import QuestionPage
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.line_input import LineInput


class ChoosePlacePage(QuestionPage[ChoosePlace]):
    """No, each place there is, or a path to type."""

    def compose_reply(self) -> ComposeResult:
        """No, the places, and a line."""
        suggested = self.question.suggested
        others = [place / suggested.name for place in self.question.places if place != suggested.parent]
        offered = [
            Choice(f"Write to {path}", value=path, identity=f"place-{number}")
            for number, path in enumerate([suggested, *others])
        ]
        yield Choices(Choice("No, not yet", value=None, identity="no"), *offered, stacked=True)
        yield Static("Or another folder, one that does not exist yet:", markup=False)
        yield LineInput(placeholder="a path, then Enter", identity="typed")

    def on_input_submitted(self, message: LineInput.Submitted) -> None:
        """The path is the answer; an empty line is none."""
        message.stop()
        typed = message.value.strip()
        if typed:
            self.answer(typed_path(Path.cwd(), typed))
        else:
            self.hint("Type a path, or choose one of the places above.")
