"""A repository that others have made, looked through: what clients refuse in it, and from where it can be trusted."""

from collections.abc import Iterator
from pathlib import Path

from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from ceremony.core.findings import PYTHON_TUF, STRICT, Finding
from ceremony.core.foreign import Survey, Surveyed, survey
from ceremony.core.policy import CLIENT_SIZE_LIMITS
from ceremony.engine.disk import read_file
from ceremony.engine.repository import read_repository
from ceremony.errors import CeremonyError
from ceremony.tui.found_here import metadata_in
from ceremony.tui.screens.page import Page, heading, trouble_lines, typed_path
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import CAUTION, DONE, FAILED, bold, clean, dim, good, lines, loud
from ceremony.tui.widgets.line_input import LineInput

_LISTED = 4
_CLIENTS = {
    PYTHON_TUF: "Clients like python-tuf",
    STRICT: "Strict clients",
}


class LookedThrough(Message, bubble=False):
    """What was found, or why nothing could be read."""

    def __init__(self, found: Survey | CeremonyError) -> None:
        super().__init__()
        self.found = found


class ForeignPage(Page):
    """A folder and a pinned root; then where trust starts for each kind of client, and every file."""

    behind = "look"
    explanation = (
        "Type the folder of a repository's metadata, and the root that you have by a way of your own: from the "
        "project's code, or from somebody you know. Nothing is refused here, and nothing becomes trusted: the page "
        "tells what clients of today refuse in each file and why.\n\n"
        "Strict clients keep to the letter of the specification, such as one keyid for each key, its hash. Clients "
        "like python-tuf pass over some of that. Both answers count: whoever pins the root that the page names serves "
        "both kinds."
    )

    def compose_page(self) -> ComposeResult:
        """The two lines, No, the folders that were found, and room for what is in them."""
        yield from heading(
            "Look through a repository", "Type its metadata folder and the root that you trust; both stay as they are."
        )
        yield LineInput(placeholder="path of a metadata folder, then Enter", identity="path")
        yield LineInput(placeholder="path of the root file that you trust, then Enter", identity="pinned")
        found = metadata_in(self.desk.folder)[:_LISTED]
        choices = [Choice(str(path), value=path, identity=f"found-{number}") for number, path in enumerate(found)]
        yield Choices(Choice("No, back", value=None, identity="no"), *choices, stacked=True)
        yield Static(id="survey")

    def on_mount(self) -> None:
        """It rests on an empty line."""
        self.query_one("#path").focus()

    def on_input_submitted(self, message: LineInput.Submitted) -> None:
        """The other line is next, or both are there."""
        folder, pinned = (self.query_one(each, LineInput).value.strip() for each in ("#path", "#pinned"))
        if not pinned or not folder:
            self.query_one("#path" if message.input.id == "pinned" and not folder else "#pinned").focus()
            return
        self.query_one("#survey", Static).update(dim("Reading …"))
        paths = [typed_path(self.desk.folder, each) for each in (folder, pinned)]
        self.run_worker(lambda: self._look(*paths), thread=True, exclusive=True)

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Back, or a folder; then its root is next."""
        if isinstance(message.choice.value, Path):
            self.query_one("#path", LineInput).value = str(message.choice.value)
            self.query_one("#pinned").focus()
        else:
            self.go_back()

    def on_looked_through(self, message: LookedThrough) -> None:
        """What was found, from the two answers on."""
        shown = self.query_one("#survey", Static)
        found = message.found
        shown.update(trouble_lines(found) if isinstance(found, CeremonyError) else lines(survey_lines(found)))
        self.call_after_refresh(lambda: self.query_one("#page").scroll_to_widget(shown, top=True, animate=False))

    def _look(self, folder: Path, pinned: Path) -> None:
        try:
            root = read_file(pinned, CLIENT_SIZE_LIMITS["root"])
            found: Survey | CeremonyError = survey(root, read_repository(folder))
        except CeremonyError as error:
            found = error
        self.post_message(LookedThrough(found))


def survey_lines(found: Survey) -> Iterator[Content | str]:
    """Where trust starts for each kind of client and why, then every root and every other file."""
    first, last = found.roots[0].version, found.roots[-1].version
    yield bold(f"Roots {first} to {last}; the one that you trust is root {found.pinned}.")
    for client, name in _CLIENTS.items():
        yield from _start_lines(found, client, name)
    yield ""
    yield bold("ROOTS")
    for each in found.roots:
        yield from _file_lines(each)
    yield ""
    yield bold("OTHER FILES")
    for each in found.files:
        yield from _file_lines(each)
    if not found.files:
        yield "no targets: only roots are here"


def _start_lines(found: Survey, client: str, name: str) -> Iterator[Content | str]:
    start = found.start(client)
    if found.reaches(client):
        yield good(f"{DONE} {name} come from your root to the last one.")
    elif start is None:
        yield loud(f"{FAILED} {name} do not even take the last root.")
    else:
        yield loud(f"{CAUTION} {name} start at root {start}, and not at yours: pin {start}.root.json for them.")
    for file, finding in found.reasons(client):
        yield clean(f"    {file}: {_words(finding)}")


def _file_lines(each: Surveyed) -> Iterator[Content | str]:
    counts = ", ".join(f"{one.progress} under {one.by}" for one in each.standings)
    told = f"{each.name}{f': {counts}' if counts else ''}"
    found = (*each.own, *each.link)
    if any(PYTHON_TUF in one.stops for one in found):
        yield loud(f"{FAILED} {told}")
    elif any(one.stops for one in found):
        yield loud(f"{CAUTION} {told}")
    else:
        yield clean(f"{DONE} {told}")
    for one in found:
        yield clean(f"    {_words(one)}. {_stops(one)}")


def _words(finding: Finding) -> str:
    return f"{finding.found}; wanted: {finding.wanted}"


def _stops(finding: Finding) -> str:
    if not finding.stops:
        return "No client stops here."
    return "Every client stops here." if PYTHON_TUF in finding.stops else "Strict clients stop here."
