"""A request that came from another place: which one, by what this machine judges it, and where its copy is kept."""

from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from ceremony.core.qr_text import QR_TEXT_LIMIT
from ceremony.core.withdrawal import withdrawal
from ceremony.engine.bundle import Bundle, open_bundle
from ceremony.errors import CeremonyError
from ceremony.tui.found_here import devices_beside, requests_in
from ceremony.tui.plan_form import INITIAL
from ceremony.tui.screens.own_lines import OwnLines
from ceremony.tui.screens.page import Page, heading, trouble_lines, typed_path
from ceremony.tui.widgets.bundle_lines import bundle_lines
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import lines
from ceremony.tui.widgets.line_input import LineInput
from ceremony.tui.wishes import Begin, Sitting

_LISTED = 4
_YES, _YES_TO_MARK = "Yes: review and sign it here", "Yes: judge its mark here, and sign nothing"
_NEXT = {"trusted": "#scanned", "pinned": "#scanned", "scanned": "#folder", "folder": "#yes"}


class ElsewherePage(Page):
    """A path, or a request that was found on a stick; then what it is, three lines, and Yes."""

    explanation = (
        "Not everybody has to be in one room. A request is a copy of a ceremony that was reviewed at another place. "
        "This machine drafts the same change again from the request's plan and from its own trusted root, and refuses "
        "drafts that are anything else. A well-made request with another plan it cannot refuse: so you call those who "
        "sent it, and compare the words by voice. Then you sign with your device, and a response goes back that holds "
        "your signatures and nothing else.\n\n"
        "The code that the others show stands for the fingerprint of what they reviewed. Whoever has a scanner scans "
        "it from their screen or their paper, if it came by another way than the request: then it stands for the call, "
        "unless this machine knows too little to judge the rest.\n\n"
        "Stop whenever you like: with the same request and the same folder you go on where you stopped."
    )

    def compose_page(self) -> ComposeResult:
        """The line, the requests that were found, and what the chosen one is."""
        yield from heading("Sign what others sent", "Type the folder of the request, or choose one that was found.")
        yield LineInput(placeholder="path of a request, then Enter", identity="path")
        found = requests_in((*self.desk.sticks(), self.desk.folder))[:_LISTED]
        choices = [Choice(str(path), value=path, identity=f"found-{number}") for number, path in enumerate(found)]
        yield Choices(Choice("No, back", value=None, identity="no"), *choices, stacked=True)
        yield Static(id="status")
        yield Vertical(id="go-on")

    def on_mount(self) -> None:
        """It rests on an empty line."""
        self._request: tuple[Path, Bundle] | None = None
        self.query_one("#path").focus()

    async def on_input_submitted(self, message: LineInput.Submitted) -> None:
        """This request, if any; or the next line."""
        if message.input.id in _NEXT:
            self.query_one(_NEXT[message.input.id]).focus()
        elif message.value.strip():
            await self._show(typed_path(self.desk.folder, message.value))

    async def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Back, a request, or Yes."""
        value = message.choice.value
        if value is True:
            self._begin()
        elif isinstance(value, Path):
            await self._show(value)
        else:
            self.go_back()

    async def _show(self, path: Path) -> None:
        go_on = self.query_one("#go-on")
        await go_on.remove_children()
        self._request = None
        try:
            bundle = open_bundle(path)
            shown = tuple(bundle_lines(bundle, self.desk.clock()))
        except CeremonyError as error:
            self.query_one("#status", Static).update(trouble_lines(error))
            return
        self.query_one("#status", Static).update(lines(["", *shown]))
        if bundle.purpose != "request":
            return
        self._request = path, bundle
        if bundle.plan.kind != INITIAL:
            await go_on.mount(OwnLines(self.desk.folder))
        scanned = LineInput(placeholder="scan it now, or leave this empty", identity="scanned")
        # What is one letter too long is told by the rule for codes, and not cut off before it.
        scanned.max_length = 2 * QR_TEXT_LIMIT
        await go_on.mount(
            Static("The code that the others show, typed here by a scanner", markup=False),
            scanned,
            Static("The folder for this machine's copy (a new one, or the one that was begun)", markup=False),
            LineInput(str(self.desk.folder / f"{bundle.plan.id}-signed-here"), identity="folder"),
            Choice(_YES if withdrawal(bundle.transcript) is None else _YES_TO_MARK, value=True, identity="yes"),
        )
        self.call_after_refresh(go_on.scroll_visible, animate=False)
        go_on.query(LineInput).first().focus()

    def _begin(self) -> None:
        """The sitting may begin, once the request goes back to a root that this machine has itself."""
        if self._request is None:
            return
        path, bundle = self._request
        trusted, pinned = None, None
        if bundle.plan.kind != INITIAL:
            own = self.query_one(OwnLines)
            if not own.judge(bundle, "needed: what this machine trusts itself, so that it can judge the request"):
                return
            trusted, pinned = own.trusted, own.pinned
        self.post_message(
            Begin(
                Sitting(
                    bundle.plan_text,
                    "plan.toml",
                    typed_path(self.desk.folder, self.query_one("#folder", LineInput).value),
                    devices_beside(path, bundle.plan) or devices_beside(self.desk.folder / "any", bundle.plan),
                    trusted=trusted,
                    request=path,
                    scanned=self.query_one("#scanned", LineInput).value.strip(),
                    pinned=pinned,
                )
            )
        )
