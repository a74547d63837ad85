"""Keep an enrolment, or enrol anew."""

from textual.app import ComposeResult

from ceremony.engine.questions import KeepEnrolment
from ceremony.tui.screens.question_page import QuestionPage
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.enrolment_facts import enrolment_facts


class KeepEnrolmentPage(QuestionPage[KeepEnrolment]):
    """The enrolment there is, and whether it stays."""

    def compose_body(self) -> ComposeResult:
        """Device and key."""
        yield from enrolment_facts(self.question.enrolment)

    def compose_reply(self) -> ComposeResult:
        """No, then Yes."""
        yield Choices(
            Choice("No, enrol anew", value=False, identity="no"), Choice("Yes, keep it", value=True, identity="yes")
        )
