"""The review: every change in a sentence, every key, and the fingerprint that is read aloud."""

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from ceremony.core.changes import Change
from ceremony.core.review import KeyLine
from ceremony.engine.questions import ReviewPage
from ceremony.tui.screens.fingerprint_page import Fingerprint, WordsPage
from ceremony.tui.widgets.ink import CAUTION, bold, clean, dim, lines, loud


class ReviewPageView(WordsPage[ReviewPage]):
    """All that will be signed, told to people."""

    def compose_body(self) -> ComposeResult:
        """Changes, keys, fingerprint."""
        reviewed = self.question.reviewed
        # One widget for all sentences: a batch can have thousands, and a widget for each would take seconds to open.
        changes = (*self.question.cautions, *reviewed.changes)
        yield Static(lines([bold("WHAT CHANGES"), *map(change_line, changes)]))
        yield Static(lines(["", bold("KEYS")]))
        yield Static(lines(line for key in reviewed.keys for line in key_lines(key)))
        yield Static(lines(["", bold("FINGERPRINT, read it aloud")]))
        yield Fingerprint(reviewed)

    def on_mount(self) -> None:
        """The page is longer than most screens."""
        super().on_mount()
        self.hint("PgDn and PgUp read on; the fingerprint is at the end.")


def change_line(change: Change) -> Content:
    """One sentence; a caution carries a mark and the word."""
    if change.is_caution:
        return loud(f"{CAUTION} Caution: {change.sentence}")
    return Content(f"· {clean(change.sentence)}")


def key_lines(key: KeyLine) -> Iterable[Content]:
    """Two lines: who holds it and on what, then its four words and what it signs."""
    yield Content.assemble((f"{clean(key.holder):<14}", "bold"), clean(key.device))
    yield Content.assemble(" " * 14, " ".join(key.words), dim(f"  ({', '.join(key.roles)})"))
