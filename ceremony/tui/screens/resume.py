"""A ceremony that has begun goes on: which bundle, and how it stands."""

from collections.abc import Iterable
from pathlib import Path

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from ceremony.engine.bundle import open_bundle
from ceremony.engine.status import Status, status_of
from ceremony.errors import CeremonyError
from ceremony.tui.screens.page import Page, heading, trouble_lines, typed_path
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import clean, lines
from ceremony.tui.widgets.line_input import LineInput
from ceremony.tui.wishes import Begin, Home, Sitting

_LISTED = 6
DEVICES = "devices"
"""A rehearsal's software devices lie in the folder of this name, beside its bundle."""

_NOT_RESUMED = {
    "release": "This is a release: it is complete, and nothing is left to do but to deliver it.",
    "enrolment": "This is what somebody made who enrols away from the room: Enrol, on the first page, goes on with it.",
}


class ResumePage(Page):
    """A path, or one of the bundles that lie in the ceremony folder; then how it stands, and Yes."""

    explanation = (
        "A bundle is the folder that holds a ceremony: its plan, its roster, the drafts with all signatures so far, "
        "and the transcript. Resuming opens it, checks every byte of it, and goes on where it stopped."
    )

    def compose_page(self) -> ComposeResult:
        """The line, the bundles that were found, and how the chosen one stands."""
        yield from heading("Resume a ceremony", "Type the bundle's folder, or choose one that was found here.")
        yield LineInput(placeholder="path of a bundle, then Enter", identity="path")
        found = tuple(_bundles(self.desk.folder))[:_LISTED]
        choices = [Choice(str(path), value=path, identity=f"found-{number}") for number, path in enumerate(found)]
        yield Choices(Choice("No, back", value=None, identity="no"), *choices, stacked=True)
        yield Static(id="status")

    def on_mount(self) -> None:
        """It rests on an empty line."""
        self.query_one("#path").focus()

    async def on_input_submitted(self, message: LineInput.Submitted) -> None:
        """This bundle, if any."""
        if message.value.strip():
            await self._show(typed_path(self.desk.folder, message.value))

    async def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Back, a bundle, or on with the one that is shown."""
        value = message.choice.value
        if isinstance(value, Sitting):
            self.post_message(Begin(value))
        elif isinstance(value, Path):
            await self._show(value)
        else:
            self.post_message(Home())

    async def action_back(self) -> None:
        """The first page."""
        self.post_message(Home())

    async def _show(self, path: Path) -> None:
        await self.query("#ready").remove()
        try:
            bundle = open_bundle(path)
            status = status_of(bundle)
        except CeremonyError as error:
            self.query_one("#status", Static).update(trouble_lines(error))
            return
        self.query_one("#status", Static).update(lines(["", *status_lines(status)]))
        if bundle.purpose == "request":
            devices = path.parent / DEVICES
            is_practice = bundle.plan.is_rehearsal and devices.is_dir()
            sitting = Sitting(bundle.plan_text, "plan.toml", path, devices if is_practice else None)
            go_on = Choice("Yes: go on with this ceremony", value=sitting, identity="ready")
            await self.query_one("#page").mount(go_on)
            go_on.scroll_visible(animate=False)


def status_lines(status: Status) -> Iterable[Content | str]:
    """How a ceremony stands: who is enrolled, who has signed what, and how much is on record."""
    mark = "a rehearsal" if status.is_rehearsal else "a real ceremony"
    yield Content.assemble((clean(f"{status.ceremony} of {status.repository}"), "bold"), f", {mark}")
    yield clean(f"May be held from {status.opens} to {status.closes}")
    if status.purpose in _NOT_RESUMED:
        yield _NOT_RESUMED[status.purpose]
    yield clean(f"Enrolled: {', '.join(status.enrolled) or 'nobody'}; not yet: {', '.join(status.not_enrolled) or '-'}")
    for role in status.roles:
        who = f"signed by {', '.join(role.signed) or 'nobody'}"
        yield clean(f"{role.role}: {len(role.signed)} of {role.threshold}, {who}")
    yield f"{status.entries} entries on record"


def _bundles(folder: Path) -> Iterable[Path]:
    for manifest in sorted((*folder.glob("*/manifest.json"), *folder.glob("*/*/manifest.json"))):
        yield manifest.parent
