"""A keyholder enrols away from the room: under which plan, who it is, and where the enrolment is kept."""

from dataclasses import dataclass, replace
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from ceremony.core.before import Before
from ceremony.core.left_out import is_by_others
from ceremony.core.plan import PLAN_SIZE_LIMIT, Keyholder, Plan, instant_text, parse_plan
from ceremony.engine.disk import read_file
from ceremony.engine.opening import to_enrol
from ceremony.errors import CeremonyError
from ceremony.tui.found_here import devices_beside
from ceremony.tui.plan_form import INITIAL
from ceremony.tui.screens.own_lines import OwnLines
from ceremony.tui.screens.page import Page, heading, trouble_lines, typed_path
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import bold, clean, lines
from ceremony.tui.widgets.line_input import LineInput
from ceremony.tui.wishes import Begin, Sitting

_OWN = ("trusted", "pinned")


@dataclass(frozen=True, slots=True)
class Somebody:
    """A keyholder of a plan, as its file has it; `is_sure` is true once the folder is named, too."""

    plan: Plan
    plan_text: bytes
    path: Path
    holder: Keyholder
    is_sure: bool = False


class EnrolAlonePage(Page):
    """A plan, and what this machine trusts where it follows something; then who this is; then the folder, and Yes."""

    behind = "devices"
    explanation = (
        "Whoever cannot come to the ceremony, or wants to take time over a device, enrols alone: with the plan's file, "
        "the own device, and this program on a machine without a network. The result is a folder to send to the room. "
        "It holds the plan, the public key, a proof that your device holds the private one, and what its maker says "
        "of it. Nothing in it is secret. The room checks all of it once more.\n\n"
        "In a ceremony that follows another, only those enrol whose key is a new one, or was made trusted by others: "
        "so what this machine trusts itself comes first, the last release, or the folder of a repository that others "
        "made with the root file that you have by another way."
    )

    def compose_page(self) -> ComposeResult:
        """The plan's file, and No."""
        yield from heading("Enrol away from the room", "Type the plan's file, then say who you are.")
        yield LineInput(placeholder="path of a plan.toml, then Enter", identity="path")
        yield Choices(Choice("No, back", value=None, identity="no"))
        yield Static(id="trouble")
        yield Vertical(id="people")

    def on_mount(self) -> None:
        """It rests on an empty line."""
        self.query_one("#path").focus()

    async def on_input_submitted(self, message: LineInput.Submitted) -> None:
        """The plan is read, or what this machine trusts; or the folder was typed, and Yes is next."""
        if message.input.id in _OWN:
            await self._trust()
        elif message.input.id == "folder":
            self.query_one("#yes").focus()
        elif message.value.strip():
            await self._read(typed_path(self.desk.folder, message.value))

    async def on_input_changed(self, message: LineInput.Changed) -> None:
        """What is trusted now is not what the people were read from."""
        if message.input.id in _OWN:
            await self.query("#who").remove()

    async def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Back, somebody, or Yes."""
        somebody = message.choice.value
        if not isinstance(somebody, Somebody):
            self.go_back()
        elif somebody.is_sure:
            self._begin(somebody)
        else:
            await self._ask_folder(somebody)

    async def _read(self, path: Path) -> None:
        people = self.query_one("#people")
        await people.remove_children()
        try:
            text = read_file(path, PLAN_SIZE_LIMIT)
            plan = parse_plan(text, str(path))
        except CeremonyError as error:
            self.query_one("#trouble", Static).update(trouble_lines(error))
            return
        self.query_one("#trouble", Static).update(_plan_line(plan))
        self._found = plan, text, path
        if plan.kind == INITIAL:
            await self._list(None)
        else:
            await people.mount(OwnLines(self.desk.folder))
            self.query_one("#trusted").focus()

    async def _trust(self) -> None:
        """The people are offered, once what this machine trusts itself is read."""
        await self.query("#who").remove()
        before = self.query_one(OwnLines).read("needed: what this machine trusts itself")
        if before is not None:
            await self._list(before)

    async def _list(self, before: Before | None) -> None:
        plan, text, path = self._found
        # A key that a ceremony of ours has put on record is proved by it, and its holder does not enrol.
        holders = to_enrol(plan, before if before and is_by_others(before) else None)
        everybody = [Somebody(plan, text, path, each) for each in holders]
        choices = [Choice(_who(each.holder), each, f"person-{number}") for number, each in enumerate(everybody)]
        asked = "Who are you?" if choices else "Everybody keeps the key that they have: nobody enrols."
        who = Vertical(Static(bold(asked)), Choices(*choices, stacked=True), id="who")
        await self.query_one("#people").mount(who)
        who.scroll_visible(animate=False)
        (choices or [self.query_one("#no", Choice)])[0].focus()

    async def _ask_folder(self, somebody: Somebody) -> None:
        await self.query("#ready").remove()
        name = somebody.holder.name
        ready = Vertical(
            Static(f"{name}, the folder for your enrolment (a new one, or the one you began):", markup=False),
            LineInput(str(somebody.path.with_name(f"{somebody.plan.id}-{name}")), identity="folder"),
            Choice(f"Yes: enrol {name} here", value=replace(somebody, is_sure=True), identity="yes"),
            id="ready",
        )
        await self.query_one("#who").mount(ready)
        ready.scroll_visible(animate=False)
        ready.query(LineInput).first().focus()

    def _begin(self, somebody: Somebody) -> None:
        folder = typed_path(self.desk.folder, self.query_one("#folder", LineInput).value)
        own = self.query(OwnLines)
        self.post_message(
            Begin(
                Sitting(
                    somebody.plan_text,
                    str(somebody.path),
                    folder,
                    devices_beside(somebody.path, somebody.plan),
                    alone=somebody.holder.name,
                    trusted=own.first().trusted if own else None,
                    pinned=own.first().pinned if own else None,
                )
            )
        )


def _plan_line(plan: Plan) -> Content:
    mark = "a rehearsal" if plan.is_rehearsal else "a real ceremony"
    window = f"from {instant_text(plan.window.opens)} to {instant_text(plan.window.closes)}"
    head = bold(f"{plan.id} of {plan.repository}, {mark}")
    return lines([head, clean(f"It may be held {window}."), ""])


def _who(holder: Keyholder) -> str:
    return f"I am {holder.name} (signs {', '.join(holder.roles)})"
