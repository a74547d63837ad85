"""What was signed at other places is taken in without a sitting: from sticks, files and scanned codes."""

from collections.abc import Iterator
from pathlib import Path

from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from ceremony.core.plan import parse_plan
from ceremony.core.qr_text import QR_TEXT_LIMIT, is_scanned
from ceremony.engine.bundle import open_bundle
from ceremony.engine.gather import Gathered, gather_alone
from ceremony.engine.status import status_of
from ceremony.errors import CeremonyError
from ceremony.tui.desk import Desk
from ceremony.tui.engines import agenda_of, room_without_people
from ceremony.tui.screens.page import Page, heading, trouble_lines, typed_path
from ceremony.tui.widgets.bundle_lines import still_to_sign
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import DONE, FAILED, WAITING, bold, clean, dim, good, lines, loud
from ceremony.tui.widgets.line_input import LineInput
from ceremony.tui.wishes import Sitting, Stand

_LISTED = 4


class TakenIn(Message, bubble=False):
    """What became of each response, or why none could be taken in; and who can still sign."""

    def __init__(self, found: tuple[Gathered, ...] | CeremonyError, missing: tuple[Content | str, ...]) -> None:
        super().__init__()
        self.found = found
        self.missing = missing


class TakeInPage(Page):
    """A line for a path or a scanner, the sticks, and what became of everything so far."""

    explanation = (
        "A response holds signatures alone. Each is verified over the bytes that were reviewed here; whatever else "
        "lies on the stick is not looked at. Order does not matter, and the same response may come twice. One that is "
        "refused keeps no other from being taken in, and nothing of it is kept.\n\n"
        "For a code, put the cursor into the line and scan: a scanner types like a keyboard."
    )

    def __init__(self, desk: Desk, sitting: Sitting) -> None:
        super().__init__(desk, parse_plan(sitting.plan_text, sitting.plan_name))
        self._sitting = sitting
        self._said: list[Content | str] = []
        self._is_busy = False

    def compose_page(self) -> ComposeResult:
        """The line, No, the sticks, and room for what became of them."""
        yield from heading(
            "Take in what was signed elsewhere", "Type the path of a response or of its folder, or scan its code."
        )
        typed = LineInput(placeholder="a path, then Enter; or a scanned code", identity="typed")
        # What is one letter too long is told by the rule for codes, and not cut off before it.
        typed.max_length = 2 * QR_TEXT_LIMIT
        yield typed
        sticks = self.desk.sticks()[:_LISTED]
        choices = [Choice(f"Take in from {each}", each, f"stick-{place}") for place, each in enumerate(sticks)]
        yield Choices(Choice("No more, back", value=None, identity="no"), *choices, stacked=True)
        yield Static(id="missing")
        yield Static(id="taken")

    def on_mount(self) -> None:
        """It rests on an empty line."""
        self.query_one("#typed").focus()
        self.query_one("#missing", Static).update(lines(["", *self._missing()]))

    def on_input_submitted(self, message: LineInput.Submitted) -> None:
        """A path or a code, if any; the line is empty again for the next."""
        typed = message.value.strip()
        if typed and not self._is_busy:
            self.query_one("#typed", LineInput).value = ""
            scanned = is_scanned(typed)
            self._take(() if scanned else (typed_path(self.desk.folder, typed),), (typed,) if scanned else ())

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Back, or a stick."""
        if not isinstance(message.choice.value, Path):
            self.go_back()
        elif not self._is_busy:
            self._take((message.choice.value,), ())

    def on_taken_in(self, message: TakenIn) -> None:
        """What became of them stands above what became of earlier ones."""
        self._is_busy = False
        found = message.found
        said = [trouble_lines(found)] if isinstance(found, CeremonyError) else [*map(_told, found)]
        self._said = [*said, *self._said]
        self.query_one("#taken", Static).update(lines(["", bold("What became of them"), *self._said]))
        self.query_one("#missing", Static).update(lines(["", *message.missing]))

    def go_back(self) -> None:
        """How the ceremony stands now."""
        self.post_message(Stand(self._sitting.folder))

    def _take(self, paths: tuple[Path, ...], scanned: tuple[str, ...]) -> None:
        self._is_busy = True
        self.query_one("#taken", Static).update(lines(["", dim("Checking …"), *self._said]))
        self.run_worker(lambda: self._gather(paths, scanned), thread=True)

    def _gather(self, paths: tuple[Path, ...], scanned: tuple[str, ...]) -> None:
        room, agenda = room_without_people(self.desk), agenda_of(self.desk, self._sitting)
        found: tuple[Gathered, ...] | CeremonyError
        try:
            found = gather_alone(room, agenda, paths, scanned)
        except CeremonyError as error:
            found = error
        self.post_message(TakenIn(found, tuple(self._missing())))

    def _missing(self) -> Iterator[Content | str]:
        try:
            yield from still_to_sign(status_of(open_bundle(self._sitting.folder)))
        except CeremonyError as error:
            yield trouble_lines(error)


def _told(found: Gathered) -> Content:
    people = ", ".join(found.people) or "somebody who is not on record"
    if found.error is not None:
        return lines([loud(f"{FAILED} {found.where}"), trouble_lines(found.error)])
    if found.added:
        return good(f"{DONE} {people}: {found.added} new signatures ({clean(found.where)})")
    return Content(clean(f"{WAITING} {people}: nothing new ({found.where})"))
