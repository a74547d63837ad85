"""Yes or No."""

from textual.app import ComposeResult

from ceremony.engine.questions import Confirm
from ceremony.tui.screens.question_page import QuestionPage
from ceremony.tui.widgets.choice import Choice, Choices


class ConfirmPage(QuestionPage[Confirm]):
    """No, or what Yes means here."""

    def compose_reply(self) -> ComposeResult:
        """No, then Yes."""
        yield Choices(
            Choice("No", value=False, identity="no"),
            Choice(f"Yes: {self.question.yes}", value=True, identity="yes"),
        )
