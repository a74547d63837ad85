"""A rehearsal is made: who plays, and how many of them have to sign."""

from textual.app import ComposeResult
from textual.widgets import Static

from ceremony.core.plan import parse_plan, write_plan
from ceremony.core.plan_rules import PLAN_RULES, PlanCase
from ceremony.engine.practice import make_practice, practice_plan, throwaway_online_key
from ceremony.errors import CeremonyError, SettingsError
from ceremony.tui.screens.page import Page, heading, trouble_lines
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import FAILED, lines, loud
from ceremony.tui.widgets.line_input import LineInput
from ceremony.tui.wishes import Ready, Sitting
from hsm.errors import DeviceError

_NAMES = "ann, bob, cyd"


class RehearsePage(Page):
    """Names and a threshold, both filled in; nothing is made before somebody says Yes."""

    explanation = (
        "A rehearsal is a whole ceremony on make-believe devices: files on this disk that behave like devices, under "
        "PINs made just now. Its plan is marked as a rehearsal, and the mark is part of what is signed, so that "
        "nobody can mistake it for the real thing. Everything goes into one new folder; delete it afterwards."
    )

    def compose_page(self) -> ComposeResult:
        """Names, threshold, folder, and No first."""
        yield from heading("Rehearse", "A whole ceremony on software devices. Nothing made here is trusted by anybody.")
        yield Static("Who plays a keyholder (names, with commas between)", markup=False)
        yield LineInput(_NAMES, identity="names")
        yield Static("How many of them have to sign", markup=False)
        yield LineInput("2", identity="threshold")
        yield Static("A new folder for it", markup=False)
        yield LineInput(str(self._new_folder()), identity="folder")
        yield Static(id="trouble")
        yield Choices(
            Choice("No, back", value=False, identity="no"),
            Choice("Yes: make the rehearsal", value=True, identity="yes"),
        )

    def on_mount(self) -> None:
        """It rests on No."""
        self.query_one("#no").focus()

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Back, or a rehearsal."""
        if message.choice.value is not True:
            self.go_back()
            return
        try:
            self.post_message(Ready(self._make()))
        except SettingsError as error:
            found = (f"{FAILED} {each.found}; wanted {each.wanted}" for each in error.problems)
            self.query_one("#trouble", Static).update(lines(map(loud, found)))
        except (CeremonyError, DeviceError) as error:
            self.query_one("#trouble", Static).update(trouble_lines(error))

    def _make(self) -> Sitting:
        names = tuple(name.strip() for name in self._typed("names").split(",") if name.strip())
        number = self._typed("threshold")
        threshold = int(number) if number.isdecimal() else 0
        now = self.desk.clock()
        # The plan is judged before a folder is made.
        plan = parse_plan(
            write_plan(practice_plan(names, threshold, now, throwaway_online_key())).encode(), "plan.toml"
        )
        PLAN_RULES.check(PlanCase(plan, self.desk.policy))
        made = make_practice(self.desk.folder / self._typed("folder"), names, threshold, now, self.desk.make_device)
        return Sitting(made.plan.read_bytes(), made.plan.name, made.plan.parent / "bundle", made.devices, made.pins)

    def _typed(self, name: str) -> str:
        return self.query_one(f"#{name}", LineInput).value.strip()

    def _new_folder(self) -> str:
        name = f"rehearsal-{self.desk.clock():%Y-%m-%d}"
        number = 1
        while (self.desk.folder / (found := name if number == 1 else f"{name}-{number}")).exists():
            number += 1
        return str(self.desk.folder / found)
