"""A ceremony that has begun goes on: which bundle, and how it stands."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from ceremony.core.own_rules import OWN_RULES, OwnCase
from ceremony.core.plan import Plan, instant_text
from ceremony.core.tally import tally
from ceremony.engine.bundle import Bundle, open_bundle
from ceremony.engine.own import read_own
from ceremony.errors import CeremonyError
from ceremony.tui.plan_form import INITIAL
from ceremony.tui.screens.page import Page, heading, trouble_lines, typed_path
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import FAILED, clean, lines, loud
from ceremony.tui.widgets.line_input import LineInput
from ceremony.tui.widgets.quorum_pane import by_role, count_words
from ceremony.tui.wishes import Begin, Home, Sitting

_LISTED = 6
DEVICES = "devices"
"""A rehearsal's software devices lie in the folder of this name, beside its bundle."""


def devices_beside(path: Path, plan: Plan) -> Path | None:
    """The software devices of a rehearsal that lies at this path; None in a real ceremony, or where there are none."""
    devices = path.parent / DEVICES
    return devices if plan.is_rehearsal and devices.is_dir() else None


_NOT_RESUMED = {
    "release": "This is a release: it is complete, and nothing is left to do but to deliver it.",
    "enrolment": "This is what somebody made who enrols away from the room: Enrol, on the first page, goes on with it.",
}


class ResumePage(Page):
    """A path, or one of the bundles that lie in the ceremony folder; then how it stands, and Yes."""

    explanation = (
        "A bundle is the folder that holds a ceremony: its plan, its roster, the drafts with all signatures so far, "
        "and the transcript. Resuming opens it, checks every byte of it, and goes on where it stopped.\n\n"
        "A ceremony that follows another starts from a root. The bundle has that root with it, but it cannot vouch "
        "for itself: this machine compares it with a copy of its own, a root file, the last release, or a folder of "
        "the repository's metadata."
    )

    def compose_page(self) -> ComposeResult:
        """The line, the bundles that were found, and how the chosen one stands."""
        yield from heading("Resume a ceremony", "Type the bundle's folder, or choose one that was found here.")
        yield LineInput(placeholder="path of a bundle, then Enter", identity="path")
        found = tuple(_bundles(self.desk.folder))[:_LISTED]
        choices = [Choice(str(path), value=path, identity=f"found-{number}") for number, path in enumerate(found)]
        yield Choices(Choice("No, back", value=None, identity="no"), *choices, stacked=True)
        yield Static(id="status")
        yield Vertical(id="go-on")

    def on_mount(self) -> None:
        """It rests on an empty line."""
        self._bundle: Bundle | None = None
        self.query_one("#path").focus()

    async def on_input_submitted(self, message: LineInput.Submitted) -> None:
        """This bundle, if any; or what this machine trusts, and then Yes is next."""
        if message.input.id == "trusted":
            self.query_one("#ready").focus()
        elif message.value.strip():
            await self._show(typed_path(self.desk.folder, message.value))

    async def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Back, a bundle, or on with the one that is shown."""
        value = message.choice.value
        if isinstance(value, Sitting):
            self._begin(value)
        elif isinstance(value, Path):
            await self._show(value)
        else:
            self.post_message(Home())

    async def action_back(self) -> None:
        """The first page."""
        self.post_message(Home())

    async def _show(self, path: Path) -> None:
        go_on = self.query_one("#go-on")
        await go_on.remove_children()
        self._bundle = None
        try:
            bundle = open_bundle(path)
            shown = tuple(bundle_lines(bundle))
        except CeremonyError as error:
            self.query_one("#status", Static).update(trouble_lines(error))
            return
        self.query_one("#status", Static).update(lines(["", *shown]))
        if bundle.purpose == "request":
            self._bundle = bundle
            sitting = Sitting(bundle.plan_text, "plan.toml", path, devices_beside(path, bundle.plan))
            if bundle.plan.kind != INITIAL:
                await go_on.mount(
                    Static("What this machine trusts itself: a root file, the last release, or metadata", markup=False),
                    LineInput(placeholder="a path, then Enter", identity="trusted"),
                    Static(id="own"),
                )
            await go_on.mount(Choice("Yes: go on with this ceremony", value=sitting, identity="ready"))
            self.call_after_refresh(go_on.scroll_visible, animate=False)

    def _begin(self, sitting: Sitting) -> None:
        """The sitting may begin, once the root it starts from is one that this machine has itself."""
        if self._bundle is None or self._bundle.plan.kind == INITIAL:
            self.post_message(Begin(sitting))
            return
        typed = self.query_one("#trusted", LineInput).value.strip()
        own = self.query_one("#own", Static)
        if not typed:
            own.update(loud(f"{FAILED} needed: a path, so that the bundle does not vouch for itself"))
            self.query_one("#trusted").focus()
            return
        path = typed_path(self.desk.folder, typed)
        try:
            check_own(self._bundle, path)
        except CeremonyError as error:
            own.update(trouble_lines(error))
        else:
            self.post_message(Begin(replace(sitting, trusted=path)))


def check_own(bundle: Bundle, trusted: Path) -> None:
    """The bundle starts from a root that is the one at `trusted`, or goes back to it.

    Raises: RefusedError (TRUSTED-OWN), or by a rule of what is trusted; TamperedError; StorageError.
    """
    there = bundle.before.trusted if bundle.before else None
    OWN_RULES.check(OwnCase(bundle.plan.kind, read_own(trusted).trusted, there))


def bundle_lines(bundle: Bundle) -> Iterable[Content | str]:
    """How a ceremony stands: who is enrolled, who has signed what, and how much is on record.

    Raises: TamperedError if what it holds as drafts is no metadata.
    """
    plan, roster = bundle.plan, bundle.roster
    mark = "a rehearsal" if plan.is_rehearsal else "a real ceremony"
    yield Content.assemble((clean(f"{plan.id} of {plan.repository}"), "bold"), f", {mark}, {plan.kind}")
    yield clean(f"May be held from {instant_text(plan.window.opens)} to {instant_text(plan.window.closes)}")
    if bundle.purpose in _NOT_RESUMED:
        yield _NOT_RESUMED[bundle.purpose]
    enrolled = [each.name for each in plan.keyholders if roster.of(each.name)]
    others = [each.name for each in plan.keyholders if not roster.of(each.name)]
    yield clean(f"Enrolled: {', '.join(enrolled) or 'nobody'}; not yet: {', '.join(others) or '-'}")
    if not bundle.files:
        yield from (f"{role}: 0 of {plan.thresholds[role]}, not drafted yet" for role in plan.expires)
    standings = tally(bundle.files, bundle.quorums)
    for alike in by_role(standings):
        for each in alike:
            names = [_holder(bundle, keyid) for keyid in each.signed]
            yield clean(f"{count_words(each, alike)}, signed by {', '.join(names) or 'nobody'}")
    yield f"{len(bundle.transcript.entries)} entries on record"


def _holder(bundle: Bundle, keyid: str) -> str:
    """Who holds this key, by this ceremony or by the one before."""
    before = bundle.before.holder_of(keyid) if bundle.before else None
    return bundle.roster.holder_of(keyid) or (before.keyholder if before else keyid[:8])


def _bundles(folder: Path) -> Iterable[Path]:
    for manifest in sorted((*folder.glob("*/manifest.json"), *folder.glob("*/*/manifest.json"))):
        yield manifest.parent
