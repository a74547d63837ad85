"""What every page has that begins with the last release: a line for its path, those found here, what is trusted."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from ceremony.core.before import Before
from ceremony.core.plan import Plan, instant_text
from ceremony.core.plan_after import ends_of
from ceremony.core.trusted_rules import SHOWN_RULES, ShownBundle
from ceremony.engine.bundle import open_bundle
from ceremony.engine.own import after
from ceremony.errors import CeremonyError
from ceremony.tui.found_here import releases_in
from ceremony.tui.screens.page import Page, heading, trouble_lines, typed_path
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import bold, clean, lines
from ceremony.tui.widgets.line_input import LineInput

_LISTED = 6


@dataclass(frozen=True, slots=True)
class Release:
    """The last release: its folder, the plan that it was made by, and what is trusted once it is."""

    path: Path
    plan: Plan
    before: Before


class ReleasePage(Page):
    """A path, or one of the releases that lie in the ceremony folder; then what it says is trusted, and what follows.

    Each kind says what stands below a release once it is read (`following`), and what is done with other choices.
    """

    behind = "begin"
    title_shown: ClassVar[str]
    lead: ClassVar[str]

    def compose_page(self) -> ComposeResult:
        """The line, the releases that were found, and room for what the chosen one leads to."""
        yield from heading(self.title_shown, self.lead)
        yield LineInput(placeholder="path of a release, then Enter", identity="path")
        found = releases_in(self.desk.folder)[:_LISTED]
        choices = [Choice(str(path), value=path, identity=f"found-{number}") for number, path in enumerate(found)]
        yield Choices(Choice("No, back", value=None, identity="no"), *choices, stacked=True)
        yield Static(id="status")
        yield Vertical(id="following")

    def on_mount(self) -> None:
        """It rests on an empty line."""
        self.query_one("#path").focus()

    @on(LineInput.Submitted, "#path")
    async def _typed(self, message: LineInput.Submitted) -> None:
        """This release, if any."""
        if message.value.strip():
            await self._show(typed_path(self.desk.folder, message.value))

    async def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Back, a release, or what this page offers besides."""
        value = message.choice.value
        if value is None:
            self.go_back()
        elif isinstance(value, Path):
            await self._show(value)
        else:
            self.take(value)

    def following(self, release: Release) -> Iterable[Widget]:
        """What stands below this release.

        Raises: CeremonyError if nothing can follow it.
        """
        raise NotImplementedError

    async def begin(self) -> None:
        """What stands below the release is on the page now."""
        raise NotImplementedError

    def take(self, value: object) -> None:
        """Somebody chose something that is neither a release nor the way back."""
        raise NotImplementedError

    async def _show(self, path: Path) -> None:
        following = self.query_one("#following")
        await following.remove_children()
        try:
            release = _read(path)
            widgets = tuple(self.following(release))
        except CeremonyError as error:
            self.query_one("#status", Static).update(trouble_lines(error))
            self.query(Choices).first().display = True
            return
        self.query_one("#status", Static).update(lines(["", *_trusted_lines(release.plan, release.before), ""]))
        await following.mount_all(widgets)
        await self.begin()


def _read(path: Path) -> Release:
    """The release in this folder.

    Raises: RefusedError by a rule of what is trusted; TamperedError; StorageError.
    """
    bundle = open_bundle(path)
    SHOWN_RULES.check(ShownBundle(bundle.purpose))
    return Release(path, bundle.plan, after(bundle))


def _trusted_lines(last: Plan, before: Before) -> Iterable[Content | str]:
    """What is trusted once this release is: its roles with their ends, and who holds a key."""
    mark = "a rehearsal" if last.is_rehearsal else "a real ceremony"
    yield Content.assemble(bold(f"{last.id} of {last.repository}"), f", {mark}")
    for role, end in ends_of(before).items():
        version = before.files[role].version
        signers = f"{last.thresholds[role]} of {len(last.holders_of(role))} sign it"
        yield clean(f"{role} {version} until {instant_text(end)[:16].replace('T', ' ')}, {signers}")
    yield clean(f"Keyholders: {', '.join(each.name for each in last.keyholders)}")
