"""A bundle is checked as a stranger would check it."""

from collections.abc import Iterable
from pathlib import Path

from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from ceremony.engine.verify import Verdict, verify
from ceremony.tui.screens.page import Page, heading, trouble_lines, typed_path
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import DONE, FAILED, bold, clean, dim, good, lines, loud
from ceremony.tui.widgets.line_input import LineInput


class Judged(Message, bubble=False):
    """The check is over."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__()
        self.verdict = verdict


class VerifyPage(Page):
    """A path, then one line for each thing that was checked."""

    behind = "look"
    explanation = (
        "Verifying needs no device and trusts nothing: the bundle is read byte by byte, the metadata is made once "
        "more from its plan and roster, every signature is checked, and a real client is shown the result. The words "
        "it prints are what you compare with those that were noted in the ceremony."
    )

    def compose_page(self) -> ComposeResult:
        """The line, No, and room for the checks."""
        yield from heading("Verify a bundle", "Type the folder of a bundle or a release; nothing in it is changed.")
        yield LineInput(placeholder="path of a bundle, then Enter", identity="path")
        yield Choices(Choice("No, back", value=None, identity="no"))
        yield Static(id="verdict")

    def on_mount(self) -> None:
        """It rests on an empty line."""
        self.query_one("#path").focus()

    def on_input_submitted(self, message: LineInput.Submitted) -> None:
        """This bundle, if any."""
        if message.value.strip():
            path = typed_path(self.desk.folder, message.value)
            self.query_one("#verdict", Static).update(dim("Checking …"))
            self.run_worker(lambda: self._judge(path), thread=True, exclusive=True)

    def on_judged(self, message: Judged) -> None:
        """The checks are shown."""
        self.query_one("#verdict", Static).update(lines(verdict_lines(message.verdict)))

    def on_choice_chosen(self, _message: Choice.Chosen) -> None:
        """Back."""
        self.go_back()

    def _judge(self, path: Path) -> None:
        self.post_message(Judged(verify(path, self.desk.policy)))


def verdict_lines(verdict: Verdict) -> Iterable[Content | str]:
    """Each check with its mark and what was found; the one that failed with what to do now; the verdict last."""
    yield ""
    for check in verdict.checks:
        yield good(f"{DONE} {check.name}") if check.ok else loud(f"{FAILED} {check.name}")
        if check.error is not None:
            yield trouble_lines(check.error)
        else:
            yield clean(f"    {check.detail}")
    yield ""
    yield bold("VERDICT: every check holds." if verdict.is_good else "VERDICT: do not use this bundle.")
