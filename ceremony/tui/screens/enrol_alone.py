"""A keyholder enrols away from the room: under which plan, who it is, and where the enrolment is kept."""

from dataclasses import dataclass, replace
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from ceremony.core.plan import PLAN_SIZE_LIMIT, Keyholder, Plan, instant_text, parse_plan
from ceremony.engine.disk import read_file
from ceremony.engine.opening import to_enrol
from ceremony.errors import CeremonyError
from ceremony.tui.found_here import devices_beside
from ceremony.tui.plan_form import INITIAL
from ceremony.tui.screens.page import TRUSTED_LINE, Page, heading, trouble_lines, typed_path
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import bold, clean, lines
from ceremony.tui.widgets.line_input import LineInput
from ceremony.tui.wishes import Begin, Sitting


@dataclass(frozen=True, slots=True)
class Somebody:
    """A keyholder of a plan, as its file has it; `is_sure` is true once the folder is named, too."""

    plan: Plan
    plan_text: bytes
    path: Path
    holder: Keyholder
    is_sure: bool = False


class EnrolAlonePage(Page):
    """A plan; then the people in it, one of whom this is; then the folder, and Yes."""

    behind = "devices"
    explanation = (
        "Whoever cannot come to the ceremony, or wants to take time over a device, enrols alone: with the plan's file, "
        "the own device, and this program on a machine without a network. The result is a folder to send to the room. "
        "It holds the plan, the public key, a proof that your device holds the private one, and what its maker says "
        "of it. Nothing in it is secret. The room checks all of it once more."
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
        """The plan is read; or its folder was typed, and Yes is next."""
        if message.input.id == "trusted":
            self.query_one("#folder").focus()
        elif message.input.id == "folder":
            self.query_one("#yes").focus()
        elif message.value.strip():
            await self._read(typed_path(self.desk.folder, message.value))

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
        everybody = [Somebody(plan, text, path, each) for each in to_enrol(plan)]
        choices = [Choice(_who(each.holder), each, f"person-{number}") for number, each in enumerate(everybody)]
        await people.mount(Choices(*choices, stacked=True))
        if choices:
            choices[0].focus()

    async def _ask_folder(self, somebody: Somebody) -> None:
        await self.query("#ready").remove()
        name = somebody.holder.name
        trusted = (
            Static(TRUSTED_LINE, markup=False),
            LineInput(placeholder="a path, then Enter", identity="trusted"),
        )
        ready = Vertical(
            *(() if somebody.plan.kind == INITIAL else trusted),
            Static(f"{name}, the folder for your enrolment (a new one, or the one you began):", markup=False),
            LineInput(str(somebody.path.with_name(f"{somebody.plan.id}-{name}")), identity="folder"),
            Choice(f"Yes: enrol {name} here", value=replace(somebody, is_sure=True), identity="yes"),
            id="ready",
        )
        await self.query_one("#people").mount(ready)
        ready.scroll_visible(animate=False)
        ready.query(LineInput).first().focus()

    def _begin(self, somebody: Somebody) -> None:
        folder = typed_path(self.desk.folder, self.query_one("#folder", LineInput).value)
        trusted = self.query("#trusted").results(LineInput)
        self.post_message(
            Begin(
                Sitting(
                    somebody.plan_text,
                    str(somebody.path),
                    folder,
                    devices_beside(somebody.path, somebody.plan),
                    alone=somebody.holder.name,
                    trusted=next(
                        (typed_path(self.desk.folder, each.value) for each in trusted if each.value.strip()), None
                    ),
                )
            )
        )


def _plan_line(plan: Plan) -> Content:
    mark = "a rehearsal" if plan.is_rehearsal else "a real ceremony"
    window = f"from {instant_text(plan.window.opens)} to {instant_text(plan.window.closes)}"
    head = bold(f"{plan.id} of {plan.repository}, {mark}")
    who = "Who are you?" if to_enrol(plan) else "Everybody keeps the key that they have: nobody enrols."
    return lines([head, clean(f"It may be held {window}."), "", bold(who)])


def _who(holder: Keyholder) -> str:
    return f"I am {holder.name} (signs {', '.join(holder.roles)})"
