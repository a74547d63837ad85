"""How a ceremony stands, and what can be done with it: sit, send, take in, withdraw."""

from dataclasses import replace
from pathlib import Path

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from ceremony.core.withdrawal import withdrawal
from ceremony.engine.bundle import Bundle, open_bundle
from ceremony.errors import CeremonyError
from ceremony.tui.codes import code_of_request
from ceremony.tui.desk import Desk
from ceremony.tui.found_here import devices_beside
from ceremony.tui.plan_form import INITIAL
from ceremony.tui.screens.own_lines import OwnLines
from ceremony.tui.screens.page import Page, trouble_lines
from ceremony.tui.widgets.bundle_lines import bundle_lines
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import lines
from ceremony.tui.widgets.line_input import LineInput
from ceremony.tui.widgets.masthead import Masthead
from ceremony.tui.wishes import Begin, Codes, Send, Sitting, TakeIn


class BundlePage(Page):
    """One bundle; what needs the machine's own root asks for it first."""

    behind = "resume"
    explanation = (
        "Sitting down goes on where the ceremony stopped, with every signature that was made. Sending writes a copy "
        "for other places, as often as you like; what they sign comes back as responses, which are taken in here or "
        "while you sit. Withdrawing gives the ceremony up for ever: you are asked once more.\n\n"
        "A ceremony that follows another starts from a root. The bundle has that root with it, but it cannot vouch "
        "for itself: this machine compares it with a copy of its own, a root file, the last release, or a folder of "
        "the repository's metadata, whose beginning is the root file that you have by another way."
    )

    def __init__(self, desk: Desk, folder: Path) -> None:
        super().__init__(desk)
        self._folder = folder
        self._bundle: Bundle | None = None

    def compose_page(self) -> ComposeResult:
        """How it stands, the machine's own root, and what can be done."""
        said, self._bundle = self._read()
        yield Static(said, id="status", classes="lead-in")
        bundle = self._bundle
        is_open = bundle is not None and bundle.purpose == "request"
        is_standing = bundle is not None and withdrawal(bundle.transcript) is None
        if bundle is not None and is_open and is_standing and bundle.plan.kind != INITIAL:
            yield OwnLines(self.desk.folder)
        choices = [Choice("No, back", value=None, identity="no")]
        if is_open and is_standing:
            choices.append(Choice("Sit down and go on", value="sit", identity="ready"))
            choices.append(Choice("Take in what was signed elsewhere", value="take", identity="take"))
        if is_open:
            choices.append(Choice("Send it to other places", value="send", identity="send"))
        if bundle is not None and is_open and is_standing:
            if any(each.action == "sent" for each in bundle.transcript.entries):
                choices.append(Choice("Show the code of what was sent", value="code", identity="code"))
            choices.append(Choice("Withdraw it for ever", value="withdraw", identity="withdraw"))
        yield Choices(*choices, stacked=True)

    def on_mount(self) -> None:
        """It rests on No."""
        if self._bundle is not None:
            self.query_one(Masthead).show(self._bundle.plan)
        self.query_one("#no").focus()

    def on_input_submitted(self, _message: LineInput.Submitted) -> None:
        """What this machine trusts was typed, and sitting down is next."""
        self.query_one("#ready").focus()

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Back, or one of the acts."""
        bundle, chosen = self._bundle, message.choice.value
        if bundle is None or chosen is None:
            self.go_back()
            return
        sitting = Sitting(bundle.plan_text, "plan.toml", self._folder, devices_beside(self._folder, bundle.plan))
        if chosen == "send":
            self.post_message(Send(self._folder, bundle.plan))
        elif chosen == "code":
            self.post_message(Codes((code_of_request(bundle),), self._folder.parent, bundle.plan))
        elif chosen == "withdraw":
            self.post_message(Begin(replace(sitting, withdraws=True)))
        else:
            self._with_own(bundle, sitting, is_sitting=chosen == "sit")

    def _read(self) -> tuple[Content, Bundle | None]:
        try:
            bundle = open_bundle(self._folder)
            return lines(bundle_lines(bundle, self.desk.clock())), bundle
        except CeremonyError as error:
            return trouble_lines(error), None

    def _with_own(self, bundle: Bundle, sitting: Sitting, *, is_sitting: bool) -> None:
        """On with it, once the root that the ceremony starts from is one that this machine has itself."""
        if bundle.plan.kind != INITIAL:
            own = self.query_one(OwnLines)
            if not own.judge(bundle, "needed: a path, so that the bundle does not vouch for itself"):
                return
            sitting = replace(sitting, trusted=own.trusted, pinned=own.pinned)
        self.post_message(Begin(sitting) if is_sitting else TakeIn(sitting))
