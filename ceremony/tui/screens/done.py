"""The end of a ceremony: where the release is, what to read aloud, what to do next."""

from textual.app import ComposeResult
from textual.widgets import Static

from ceremony.core.words import words_of
from ceremony.engine.bundle import bundle_digest
from ceremony.engine.sitting import Outcome
from ceremony.tui.desk import Desk
from ceremony.tui.screens.page import Page, heading
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.fact import Fact
from ceremony.tui.widgets.ink import DONE, bold, clean, lines

_WORDS = 8


class DonePage(Page):
    """The release is written; nothing is asked any more."""

    explanation = (
        "The release is a folder with everything that the online signer needs, and that anybody needs to check what "
        "was done here. It holds no secret. The words of its manifest stand for every byte of it, those of the record "
        "for the transcript alone: whoever receives it compares them with what you wrote down."
    )

    def __init__(self, desk: Desk, outcome: Outcome) -> None:
        super().__init__(desk, outcome.bundle.plan)
        self._outcome = outcome

    def compose_page(self) -> ComposeResult:
        """What was made, its words, and the next steps."""
        yield from heading(f"{DONE} The ceremony is complete", "Write down the words, then follow the next steps.")
        bundle = self._outcome.bundle
        yield Fact("Release", str(self._outcome.release))
        yield Fact("Manifest", _first_words(bundle_digest(bundle)))
        yield Fact("Record", _first_words(bytes.fromhex(bundle.transcript.head)))
        yield Static(lines(["", bold("What to do next"), *_next_steps(self._outcome), ""]))
        yield Choices(Choice("Back to the first page", value=None, identity="home"))

    def on_mount(self) -> None:
        """The way home has the focus: nothing else is left to do here."""
        self.query_one("#home").focus()

    def on_choice_chosen(self, _message: Choice.Chosen) -> None:
        """Home."""
        self.go_back()


def _first_words(digest: bytes) -> str:
    return " ".join(words_of(digest)[:_WORDS])


def _next_steps(outcome: Outcome) -> list[str]:
    release = clean(outcome.release.name)
    last = "Rehearse as often as you like; delete the folder when you are done."
    if not outcome.bundle.plan.is_rehearsal:
        last = "Every keyholder takes the device along and locks it away; print minutes.html and sign it."
    return [
        "1. Unplug every device.",
        f"2. Carry {release} to the online signer and run there:",
        f"     ceremony-online deliver {release}",
        "   The first time it asks for the fingerprint: type it from your own copy.",
        f"3. {last}",
    ]
