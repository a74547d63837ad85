"""A ceremony that has begun goes on: which bundle."""

from pathlib import Path

from textual.app import ComposeResult
from textual.widgets import Static

from ceremony.engine.bundle import open_bundle
from ceremony.errors import CeremonyError
from ceremony.tui.found_here import bundles_in
from ceremony.tui.screens.page import Page, heading, trouble_lines, typed_path
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.line_input import LineInput
from ceremony.tui.wishes import Stand

_LISTED = 6


class ResumePage(Page):
    """A path, or one of the bundles that lie in the ceremony folder; how it stands is on the next page."""

    explanation = (
        "A bundle is the folder that holds a ceremony: its plan, its roster, the drafts with all signatures so far, "
        "and the transcript. The next page opens it, checks every byte of it, and says who still has to sign. From "
        "there you can sit down again, send it to other places, take in what was signed there, or give it up."
    )

    def compose_page(self) -> ComposeResult:
        """The line, the bundles that were found, and what is wrong with the chosen one."""
        yield from heading("Go on with a ceremony", "Type the bundle's folder, or choose one that was found here.")
        yield LineInput(placeholder="path of a bundle, then Enter", identity="path")
        found = bundles_in(self.desk.folder)[:_LISTED]
        choices = [Choice(str(path), value=path, identity=f"found-{number}") for number, path in enumerate(found)]
        yield Choices(Choice("No, back", value=None, identity="no"), *choices, stacked=True)
        yield Static(id="status")

    def on_mount(self) -> None:
        """It rests on an empty line."""
        self.query_one("#path").focus()

    def on_input_submitted(self, message: LineInput.Submitted) -> None:
        """This bundle, if any."""
        if message.value.strip():
            self._show(typed_path(self.desk.folder, message.value))

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Back, or a bundle."""
        if isinstance(message.choice.value, Path):
            self._show(message.choice.value)
        else:
            self.go_back()

    def _show(self, path: Path) -> None:
        try:
            open_bundle(path)
        except CeremonyError as error:
            self.query_one("#status", Static).update(trouble_lines(error))
        else:
            self.post_message(Stand(path))
