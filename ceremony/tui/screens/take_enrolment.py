"""An enrolment that somebody made elsewhere: on which stick it is, if there is one."""

from pathlib import Path

from textual.app import ComposeResult
from textual.widgets import Static

from ceremony.engine.questions import TakeEnrolment
from ceremony.tui.screens.page import typed_path
from ceremony.tui.screens.question_page import QuestionPage
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.line_input import LineInput


class TakeEnrolmentPage(QuestionPage[TakeEnrolment]):
    """None, each folder that was found, or a path to type."""

    def compose_reply(self) -> ComposeResult:
        """No, the folders, and a line."""
        found = [
            Choice(f"Take {path}", value=path, identity=f"place-{number}")
            for number, path in enumerate(self.question.places)
        ]
        yield Choices(Choice("No, there is none", value=None, identity="no"), *found, stacked=True)
        said = "Or another folder:" if found else "None was found here. Plug in the stick, or type the folder:"
        yield Static(said, markup=False)
        yield LineInput(placeholder="a path, then Enter", identity="typed")

    def on_input_submitted(self, message: LineInput.Submitted) -> None:
        """The path is the answer; an empty line is none."""
        message.stop()
        typed = message.value.strip()
        if typed:
            self.answer(typed_path(Path.cwd(), typed))
        else:
            self.hint("Type a path, or choose one of the lines above.")
