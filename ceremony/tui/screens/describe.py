"""One line in somebody's own words."""

from textual.app import ComposeResult
from textual.widget import Widget

from ceremony.engine.questions import Describe
from ceremony.tui.screens.question_page import QuestionPage
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.line_input import LineInput


class DescribePage(QuestionPage[Describe]):
    """A line to type; an empty one says nothing."""

    def compose_reply(self) -> ComposeResult:
        """The line, then the way to leave it empty."""
        yield LineInput(placeholder="one line, then Enter", identity="typed")
        yield Choices(Choice("No note", value="", identity="no"))

    def rest_on(self) -> Widget:
        """The empty line."""
        return self.query_one("#typed")

    def on_input_submitted(self, message: LineInput.Submitted) -> None:
        """The line is the answer."""
        message.stop()
        self.answer(message.value.strip())
