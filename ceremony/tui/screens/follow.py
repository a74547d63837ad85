"""A ceremony that follows another: which release it follows, and what kind it is."""

from collections.abc import Iterable
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from ceremony.core.before import Before
from ceremony.core.kept_plan import KINDS_AFTER, kept_plan
from ceremony.core.plan import Plan, instant_text
from ceremony.core.plan_after import ends_of
from ceremony.core.trusted_rules import SHOWN_RULES, ShownBundle
from ceremony.engine.bundle import open_bundle
from ceremony.engine.own import after
from ceremony.errors import CeremonyError
from ceremony.tui.found_here import releases_in
from ceremony.tui.screens.page import Page, heading, trouble_lines, typed_path
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.doors import Door, Doors
from ceremony.tui.widgets.ink import bold, clean, lines
from ceremony.tui.widgets.line_input import LineInput
from ceremony.tui.wishes import Follow

_LISTED = 6
_KINDS = {
    "rotation": ("Rotation", "Who signs changes: keyholders, devices, or how many have to sign."),
    "refresh": ("Refresh", "Dates change and nothing else, and the review proves it."),
    "delegation": ("Change delegations or bins", "What clients ask before bins, projects there, the number of bins."),
}


class FollowPage(Page):
    """A path, or one of the releases that lie in the ceremony folder; then what it says is trusted, and the kind."""

    behind = "begin"
    explanation = (
        "After the first ceremony every other one follows the last: it starts from the release that the last one "
        "made, keeps all that is in it, and changes what its plan says. Take your own copy of the release, one that "
        "was kept since that day: what this machine trusts comes from there, not from the bundle that people bring."
        "\n\nA published metadata folder says which keys sign, but not who holds them on which device; that is in the "
        "release alone. A repository that others have made is gone on with from Look through a repository."
    )

    def compose_page(self) -> ComposeResult:
        """The line, the releases that were found, and what the chosen one holds."""
        yield from heading("Follow another ceremony", "Type the folder of the last release, or choose one found here.")
        yield LineInput(placeholder="path of a release, then Enter", identity="path")
        found = releases_in(self.desk.folder)[:_LISTED]
        choices = [Choice(str(path), value=path, identity=f"found-{number}") for number, path in enumerate(found)]
        yield Choices(Choice("No, back", value=None, identity="no"), *choices, stacked=True)
        yield Static(id="status")
        yield Vertical(id="kinds")

    def on_mount(self) -> None:
        """It rests on an empty line."""
        self.query_one("#path").focus()

    async def on_input_submitted(self, message: LineInput.Submitted) -> None:
        """This release, if any."""
        if message.value.strip():
            await self._show(typed_path(self.desk.folder, message.value))

    async def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Back, a release, or the plan of one kind."""
        value = message.choice.value
        if isinstance(value, Follow):
            self.post_message(value)
        elif isinstance(value, Path):
            await self._show(value)
        else:
            self.go_back()

    async def _show(self, path: Path) -> None:
        kinds = self.query_one("#kinds")
        await kinds.remove_children()
        try:
            bundle = open_bundle(path)
            SHOWN_RULES.check(ShownBundle(bundle.purpose))
            before = after(bundle)
            now = self.desk.clock()
            plans = {kind: kept_plan(before, bundle.plan, kind, now) for kind in KINDS_AFTER}
        except CeremonyError as error:
            self.query_one("#status", Static).update(trouble_lines(error))
            return
        self.query_one("#status", Static).update(lines(["", *_trusted_lines(bundle.plan, before), ""]))
        doors = (Door(kind, *_KINDS[kind], Follow(plan, path)) for kind, plan in plans.items())
        await kinds.mount(Doors(*doors))
        choices = kinds.query(Choice)
        choices.last().scroll_visible(animate=False)
        choices.first().focus()


def _trusted_lines(last: Plan, before: Before) -> Iterable[Content | str]:
    """What is trusted once this release is: its roles with their ends, and who holds a key."""
    mark = "a rehearsal" if last.is_rehearsal else "a real ceremony"
    yield Content.assemble(bold(f"{last.id} of {last.repository}"), f", {mark}")
    for role, end in ends_of(before).items():
        version = before.files[role].version
        signers = f"{last.thresholds[role]} of {len(last.holders_of(role))} sign it"
        yield clean(f"{role} {version} until {instant_text(end)[:16].replace('T', ' ')}, {signers}")
    yield clean(f"Keyholders: {', '.join(each.name for each in last.keyholders)}")
