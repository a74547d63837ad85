"""A repository that others have made, looked through: what clients refuse in it, and from where it can be trusted."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from ceremony.core.findings import CLIENTS
from ceremony.core.foreign import Survey, Surveyed
from ceremony.core.policy import CLIENT_SIZE_LIMITS
from ceremony.core.survey_words import (
    CLIENTS_MEANING,
    MEANINGS,
    UNVOUCHED,
    advice,
    client_words,
    found_in,
    progress_words,
    start_words,
    title_of,
    whom_words,
)
from ceremony.engine.disk import read_file
from ceremony.engine.surveying import LookedThrough, look_through
from ceremony.errors import CeremonyError
from ceremony.tui.found_here import metadata_in
from ceremony.tui.screens.page import Page, heading, trouble_lines, typed_path
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.doors import Door, Doors
from ceremony.tui.widgets.ink import CAUTION, DONE, FAILED, WAITING, bold, clean, dim, good, lines, loud
from ceremony.tui.widgets.line_input import LineInput
from ceremony.tui.wishes import TakeOver

_LISTED = 4
_PLACES = 4


class Told(Message, bubble=False):
    """What was found, or why nothing could be read."""

    def __init__(self, found: LookedThrough | CeremonyError) -> None:
        super().__init__()
        self.found = found


class ForeignPage(Page):
    """A folder and a pinned root; then where trust starts for each kind of client, and every file."""

    behind = "look"
    explanation = (
        "Type the folder of a repository's metadata, and the root that you have by a way of your own: from the "
        "project's code, or from somebody you know. Nothing becomes trusted by this: the page tells which clients of "
        "today come how far, what they refuse in each file, and why. `ceremony survey` tells the same to scripts.\n\n"
        "Who holds the keys of such a repository, and on which devices, stands nowhere in its metadata. Where the root "
        "that you pinned leads to its last one, you can go on from here: the next page asks who holds each key, and "
        "the plan of the first ceremony keeps them."
    )

    def compose_page(self) -> ComposeResult:
        """The two lines, No, the folders that were found, and room for what is in them."""
        yield from heading("Look through a repository", "Type its metadata folder, then the root that you trust.")
        yield LineInput(placeholder="path of a metadata folder, then Enter", identity="path")
        yield LineInput(placeholder="path of the root file that you trust, then Enter; or none", identity="pinned")
        found = metadata_in(self.desk.folder)[:_LISTED]
        choices = [Choice(str(path), value=path, identity=f"found-{number}") for number, path in enumerate(found)]
        yield Choices(Choice("No, back", value=None, identity="no"), *choices, stacked=True)
        yield Vertical(id="found")

    def on_mount(self) -> None:
        """It rests on an empty line."""
        self._looked_at: TakeOver | None = None
        self.query_one("#path").focus()

    async def on_input_submitted(self, message: LineInput.Submitted) -> None:
        """The other line is next, or the folder is looked through."""
        folder, pinned = (self.query_one(each, LineInput).value.strip() for each in ("#path", "#pinned"))
        if message.input.id == "path" or not folder:
            self.query_one("#pinned" if folder else "#path").focus()
            return
        await self._show(dim("Reading …"))
        path, root = typed_path(self.desk.folder, folder), typed_path(self.desk.folder, pinned) if pinned else None
        self._looked_at = TakeOver(path, root) if root else None
        self.run_worker(lambda: self._look(path, root), thread=True, exclusive=True)

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Back, on from here, or a folder; then its root is next."""
        if isinstance(message.choice.value, TakeOver):
            self.post_message(message.choice.value)
        elif isinstance(message.choice.value, Path):
            self.query_one("#path", LineInput).value = str(message.choice.value)
            self.query_one("#pinned").focus()
        else:
            self.go_back()

    async def on_told(self, message: Told) -> None:
        """What was found, from its first line on."""
        if isinstance(message.found, CeremonyError):
            await self._show(trouble_lines(message.found))
        else:
            await self._show(lines(survey_lines(message.found, self.desk.clock())))
            if message.found.is_pinned and message.found.refusal is None and self._looked_at is not None:
                door = Door("go-on-here", "Go on from here", "Plan a ceremony that keeps its keys.", self._looked_at)
                await self.query_one("#found").mount(Doors(door))
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.query_one("#page").scroll_to(y=self.query_one("#found").virtual_region.y, animate=False)

    async def _show(self, said: Content) -> None:
        found = self.query_one("#found")
        await found.remove_children()
        await found.mount(Static(said, id="survey"))

    def _look(self, folder: Path, pinned: Path | None) -> None:
        try:
            root = None if pinned is None else read_file(pinned, CLIENT_SIZE_LIMITS["root"])
            found: LookedThrough | CeremonyError = look_through(folder, root)
        except CeremonyError as error:
            found = error
        self.post_message(Told(found))


def survey_lines(looked: LookedThrough, now: datetime) -> Iterator[Content | str]:
    """How far each kind of client comes and why, every root, what was found, and what to do now."""
    found = looked.survey
    yield bold(_line(title_of(found)))
    yield _line(start_words(found, is_pinned=looked.is_pinned))
    if not looked.is_pinned:
        yield loud(f"{CAUTION} {UNVOUCHED}")
    yield ""
    for client in CLIENTS:
        yield from _client_lines(found, client)
    yield dim(CLIENTS_MEANING)
    ended = [each.name for each in found.expired(now)]
    if ended:
        yield loud(_line(f"{CAUTION} Ended, so that clients refuse it, or this is an old copy: {', '.join(ended)}"))
    parts = {"ROOTS": map(_root_line, found.roots), "WHAT WAS FOUND": _found_lines(found)}
    for title, told in {**parts, "WHAT TO DO NOW": _advice(looked, now)}.items():
        yield ""
        yield bold(title)
        yield from told


def _client_lines(found: Survey, client: str) -> Iterator[Content | str]:
    reaches, words = found.reaches(client), _line(client_words(found, client))
    is_taken = reaches and not found.stopped(client)
    yield good(f"{DONE} {words}") if is_taken else loud(f"{FAILED} {words}")
    for name, each in () if reaches else found.reasons(client):
        yield _line(f"    {name}: {each.found}; right would be: {each.wanted}")


def _root_line(each: Surveyed) -> Content:
    under, itself = progress_words(each)
    ends = "-" if each.expires is None else f"{each.expires:%Y-%m-%d}"
    stopped = tuple(client for client in CLIENTS if each.stopping(client))
    told = _line(f"root {each.version} ends {ends}; under the one before {under}, under itself {itself}")
    if not stopped:
        return Content(f"{DONE} {told}")
    return loud(f"{FAILED if len(stopped) == len(CLIENTS) else CAUTION} {told}; {whom_words(stopped)}")


def _found_lines(found: Survey) -> Iterator[Content | str]:
    kinds = found_in(found)
    for each in kinds:
        others = f" and {len(each.where) - _PLACES} more" if len(each.where) > _PLACES else ""
        told = _line(f"{whom_words(each.finding.stops)}: {', '.join(each.where[:_PLACES])}{others}")
        yield loud(f"{CAUTION} {told}") if each.finding.stops else f"{WAITING} {told}"
        yield _line(f"    {each.finding.found}; right would be: {each.finding.wanted}")
        yield dim(f"    {MEANINGS[each.finding.name]}")
    if not kinds:
        yield "Nothing is out of the ordinary in any file."


def _advice(looked: LookedThrough, now: datetime) -> Iterator[Content | str]:
    """What to do now; what this machine would refuse is told besides."""
    said = tuple(advice(looked.survey, now))
    if not looked.is_pinned:
        yield "Get a root by a way of its own: from a keyholder, from minutes on paper. Then look again with that file."
    yield from map(_line, said)
    if looked.refusal is not None:
        yield trouble_lines(looked.refusal)
    elif looked.is_pinned and not said:
        yield "Nothing."


def _line(text: str) -> str:
    # What is found is whatever strangers wrote: a line end in it must not begin a line of ours.
    return clean(text)
