"""The end of a sitting at another place: what goes back, its first words, and its codes."""

from hashlib import sha256

from textual.app import ComposeResult
from textual.widgets import Static

from ceremony.core.response import encode_response
from ceremony.core.words import words_of
from ceremony.engine.bundle import open_bundle
from ceremony.engine.elsewhere import Answered
from ceremony.errors import CeremonyError
from ceremony.tui.codes import codes_of_response
from ceremony.tui.desk import Desk
from ceremony.tui.screens.codes import room_for_codes
from ceremony.tui.screens.page import Page, heading
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.fact import Fact
from ceremony.tui.widgets.ink import DONE, bold, clean, lines
from ceremony.tui.wishes import Codes

_WORDS = 4


class AnsweredPage(Page):
    """The response is written; nothing is asked any more."""

    explanation = (
        "The response holds the signatures that were made here and nothing that was signed, and beside it lies the "
        "record of this sitting. Nothing in either is secret. It can go back on a stick, by mail, or as codes that "
        "the others scan from this screen or from paper; each is checked there over their own bytes, and may be "
        "taken in twice."
    )

    def __init__(self, desk: Desk, answered: Answered) -> None:
        super().__init__(desk)
        self._answered = answered
        self._names: dict[str, str] = {}

    def compose_page(self) -> ComposeResult:
        """What was made, its words, the next steps."""
        answered = self._answered
        self._names = _names_in(answered)
        yield from heading(f"{DONE} Signed: the response is written", "Write down its words, then follow the steps.")
        for keyid in answered.response.keyids:
            roles = dict.fromkeys(each.role for each in answered.response.signatures if each.keyid == keyid)
            yield Fact("Signed", f"{self._names.get(keyid, keyid[:8])}: {', '.join(roles)}")
        yield Fact("Response", str(answered.place))
        yield Fact("Words", " ".join(words_of(sha256(encode_response(answered.response)).digest())[:_WORDS]))
        yield Static(lines(["", bold("What to do next"), *_next_steps(answered), ""]))
        yield Choices(
            Choice("Show it as codes to scan", value="codes", identity="codes"),
            Choice("Back to the first page", value=None, identity="home"),
            stacked=True,
        )

    def on_mount(self) -> None:
        """The way home has the focus."""
        self.query_one("#home").focus()

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """The codes, or home."""
        if message.choice.value == "codes":
            codes = codes_of_response(self._answered, self._names, room_for_codes(self.app.size))
            self.post_message(Codes(codes, self._answered.place))
        else:
            self.go_back()


def _names_in(answered: Answered) -> dict[str, str]:
    """Whose keys those are, as far as this machine's copy of the request can be read."""
    try:
        bundle = open_bundle(answered.folder)
    except CeremonyError:
        return {}
    before = bundle.before.roster.enrolments if bundle.before else ()
    return {each.keyid: each.keyholder for each in (*before, *bundle.roster.enrolments)}


def _next_steps(answered: Answered) -> list[str]:
    return [
        "1. Unplug your device and lock it away.",
        "2. Send this folder back to those who sent the request:",
        f"   {clean(answered.place.name)}",
        "   or let them scan its codes from your screen.",
        "3. Tell them its words by telephone, so that they know which one is yours.",
        f"4. Keep {clean(answered.folder.name)}: it is the record of this sitting.",
    ]
