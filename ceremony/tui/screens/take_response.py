"""A response that was signed at another place: on which stick it is, what a scanner types, or none."""

from pathlib import Path

from textual.app import ComposeResult
from textual.widgets import Static

from ceremony.core.qr_text import QR_TEXT_LIMIT, is_scanned
from ceremony.engine.questions import TakeResponse
from ceremony.tui.screens.page import typed_path
from ceremony.tui.screens.question_page import QuestionPage
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.line_input import LineInput


class TakeResponsePage(QuestionPage[TakeResponse]):
    """No more, each response that was found, or a line for a path and for a scanner, which types like a keyboard."""

    def compose_reply(self) -> ComposeResult:
        """No, the responses, and a line."""
        found = [
            Choice(f"Take {path}", value=path, identity=f"place-{number}")
            for number, path in enumerate(self.question.places)
        ]
        yield Choices(Choice("No, there is no more today", value=None, identity="no"), *found, stacked=True)
        said = (
            "Or another file, or scan its code:" if found else "None was found here. Type its path, or scan its code:"
        )
        yield Static(said, markup=False)
        typed = LineInput(placeholder="a path, then Enter; or a scanned code", identity="typed")
        # What is one letter too long is told by the rule for codes, and not cut off before it.
        typed.max_length = 2 * QR_TEXT_LIMIT
        yield typed

    def on_input_submitted(self, message: LineInput.Submitted) -> None:
        """The path or the code is the answer; an empty line is none."""
        message.stop()
        typed = message.value.strip()
        if not typed:
            self.hint("Type a path, scan a code, or choose one of the lines above.")
        else:
            self.answer(typed if is_scanned(typed) else typed_path(Path.cwd(), typed))
