"""Pages that are answered by typing two words of a fingerprint."""

from typing import TypeVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from ceremony.core.review import Reviewed
from ceremony.engine.questions import ReviewPage, TypeWords
from ceremony.tui.screens.question_page import QuestionPage
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.line_input import LineInput
from ceremony.tui.widgets.words_grid import words_grid

AsksWords = TypeVar("AsksWords", ReviewPage, TypeWords)


class Fingerprint(Widget):
    """The 32 words, laid out for the width there is."""

    def __init__(self, reviewed: Reviewed) -> None:
        super().__init__()
        self._words = reviewed.fingerprint.words

    def render(self) -> Content:
        """The words in rows."""
        return words_grid(self._words, self.size.width)

    def get_content_height(self, _container: object, _viewport: object, width: int) -> int:
        """As many lines as there are rows at this width."""
        return len(words_grid(self._words, width).plain.splitlines())


class WordsPage(QuestionPage[AsksWords]):
    """A line for two words, and No."""

    is_long = True

    def compose_reply(self) -> ComposeResult:
        """The line, then No."""
        place = self.question.place
        yield LineInput(placeholder=f"words {place} and {place + 1}, then Enter", identity="typed")
        yield Choices(Choice("No, something is different", value="", identity="no"))

    def rest_on(self) -> Widget:
        """The empty line."""
        return self.query_one("#typed")

    def on_input_submitted(self, message: LineInput.Submitted) -> None:
        """The words are the answer; an empty line is none."""
        message.stop()
        typed = message.value.strip()
        if typed:
            self.answer(typed)
        else:
            self.hint("Type the two words, or press Tab and choose No.")
