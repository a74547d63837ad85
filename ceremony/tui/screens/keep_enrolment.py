"""Keep an enrolment, or enrol anew."""

from textual.app import ComposeResult

from ceremony.core.words import words_of
from ceremony.engine.questions import KeepEnrolment
from ceremony.tui.screens.question_page import QuestionPage
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.fact import Fact

_SAID = {True: "yes", False: "no", None: "the device does not say"}


class KeepEnrolmentPage(QuestionPage[KeepEnrolment]):
    """The enrolment there is, and whether it stays."""

    def compose_body(self) -> ComposeResult:
        """Device and key."""
        each = self.question.enrolment
        yield Fact("Device", f"{each.maker} {each.model}, serial {each.serial}, {each.label}")
        yield Fact("Signs", ", ".join(each.roles))
        yield Fact("Key", " ".join(words_of(bytes.fromhex(each.keyid)[:4])))
        yield Fact("Inside", f"{_SAID[each.is_generated_inside]} (was the key made inside the device?)")

    def compose_reply(self) -> ComposeResult:
        """No, then Yes."""
        yield Choices(
            Choice("No, enrol anew", value=False, identity="no"), Choice("Yes, keep it", value=True, identity="yes")
        )
