"""A keyholder agrees by typing two words of the fingerprint."""

from textual.app import ComposeResult
from textual.widgets import Static

from ceremony.engine.questions import TypeWords
from ceremony.tui.screens.fingerprint_page import Fingerprint, WordsPage
from ceremony.tui.widgets.ink import bold


class TypeWordsPage(WordsPage[TypeWords]):
    """The fingerprint once more, and a line for two of its words."""

    def compose_body(self) -> ComposeResult:
        """The 32 words."""
        yield Static(bold("FINGERPRINT that was read aloud"))
        yield Fingerprint(self.question.reviewed)
