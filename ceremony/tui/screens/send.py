"""A ceremony is sent to other places: where its copy is written, and then the words and the code of it."""

from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from ceremony.core.plan import Plan
from ceremony.core.withdrawal import withdrawal
from ceremony.core.words import words_of
from ceremony.engine.bundle import Bundle, bundle_digest
from ceremony.engine.carried import send
from ceremony.errors import CeremonyError
from ceremony.tui.codes import code_of_request
from ceremony.tui.desk import Desk
from ceremony.tui.engines import room_without_people
from ceremony.tui.screens.page import Page, heading, trouble_lines, typed_path
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.fact import Fact
from ceremony.tui.widgets.ink import DONE, bold, clean, dim, good, lines
from ceremony.tui.widgets.line_input import LineInput
from ceremony.tui.wishes import Codes, Stand

_WORDS = 8


class Sent(Message, bubble=False):
    """The copy was written to `path`, or could not be."""

    def __init__(self, found: Bundle | CeremonyError, path: Path) -> None:
        super().__init__()
        self.found = found
        self.path = path


class SendPage(Page):
    """A new folder, and Yes; then what to do with it."""

    explanation = (
        "A request is a copy of the bundle as it stands, with the signatures made so far. It holds no secret, and one "
        "copy may go to many places: each judges it by its own trusted root, and nobody has to believe it. What comes "
        "back are responses with signatures. A copy of a ceremony that was withdrawn tells the other places so."
    )

    def __init__(self, desk: Desk, folder: Path, plan: Plan) -> None:
        super().__init__(desk, plan)
        self._folder = folder
        self._sent: Bundle | None = None

    def compose_page(self) -> ComposeResult:
        """The folder, No first, and room for what was written."""
        yield from heading("Send it to other places", "A copy is written to a new folder, on a stick for instance.")
        with Vertical(id="ready"):
            yield Static("A new folder for the copy", markup=False)
            yield LineInput(str(self._suggested()), identity="path")
            yield Choices(
                Choice("No, back", value="back", identity="no"),
                Choice("Yes: write the copy", value="write", identity="yes"),
            )
        yield Static(id="trouble")
        yield Vertical(id="sent")

    def on_mount(self) -> None:
        """It rests on No."""
        self.query_one("#no").focus()

    def on_input_submitted(self, _message: LineInput.Submitted) -> None:
        """The folder was typed, and Yes is next."""
        self.query_one("#yes").focus()

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Back, on, or the code of what was sent."""
        if message.choice.value == "write":
            path = typed_path(self.desk.folder, self.query_one("#path", LineInput).value)
            self.query_one("#trouble", Static).update(dim("Writing …"))
            self.run_worker(lambda: self._send(path), thread=True, exclusive=True)
        elif message.choice.value == "code" and self._sent is not None:
            self.post_message(Codes((code_of_request(self._sent),), self._folder.parent, self._sent.plan))
        else:
            self.go_back()

    async def on_sent(self, message: Sent) -> None:
        """What was written, its words, and what to do with it; or why it was not."""
        if isinstance(message.found, CeremonyError):
            self.query_one("#trouble", Static).update(trouble_lines(message.found))
            return
        self._sent = message.found
        self.query_one("#trouble", Static).update(good(f"{DONE} The copy was written, read back and found whole."))
        await self.query_one("#ready").remove()
        words = " ".join(words_of(bundle_digest(message.found))[:_WORDS])
        is_standing = withdrawal(message.found.transcript) is None
        steps = _next_steps(message.path) if is_standing else _steps_of_withdrawn(message.path)
        # Whoever compares a code is about to sign.
        code = (Choice("Show its code", value="code", identity="code"),) if is_standing else ()
        await self.query_one("#sent").mount(
            Fact("Folder", str(message.path)),
            Fact("Words", words),
            Static(lines(["", bold("What to do next"), *steps, ""])),
            Choices(*code, Choice("Back to the ceremony", value="back", identity="back"), stacked=True),
        )
        self.query_one("#back").focus()

    def go_back(self) -> None:
        """How the ceremony stands."""
        self.post_message(Stand(self._folder))

    def _send(self, path: Path) -> None:
        try:
            found: Bundle | CeremonyError = send(room_without_people(self.desk), self._folder, path)
        except CeremonyError as error:
            found = error
        self.post_message(Sent(found, path))

    def _suggested(self) -> Path:
        """A folder that does not exist yet, on the only stick there is, or else beside the bundle."""
        sticks = self.desk.sticks()
        parent = sticks[0] if len(sticks) == 1 else self._folder.parent
        number = 1
        while (path := parent / f"{self._folder.name}-request{'' if number == 1 else f'-{number}'}").exists():
            number += 1
        return path


def _next_steps(path: Path) -> list[str]:
    return [
        f"1. Bring {clean(path.name)} to every place that signs; copies are as good.",
        "2. There: Sign what others sent, on the first page. Stay on the telephone:",
        "   you read the fingerprint aloud, or show the code, and they compare.",
        "3. What comes back is taken in from the ceremony's own page, in any order.",
    ]


def _steps_of_withdrawn(path: Path) -> list[str]:
    return [
        f"1. Bring {clean(path.name)} to every place that has the request: its mark tells",
        "   them that the ceremony was given up.",
        "2. There: Sign what others sent, on the first page. They call you, and once",
        "   you confirm it their own copy is marked, and signs nothing any more.",
    ]
