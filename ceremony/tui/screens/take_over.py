"""A repository that others have made goes on with ceremonies: who holds which key of it, and then its plan."""

from dataclasses import replace
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from ceremony.core.before import Before
from ceremony.core.online_key import ONLINE_KEY_SIZE_LIMIT, decode_online_key
from ceremony.core.plan import Plan
from ceremony.core.plan_of_others import left_out, plan_of_others, their_keys
from ceremony.engine.disk import read_file
from ceremony.engine.own import read_own
from ceremony.errors import CeremonyError
from ceremony.tui.desk import Desk
from ceremony.tui.plan_form import form_of
from ceremony.tui.plan_judgement import judge
from ceremony.tui.screens.key_of_others import KeyOfOthers
from ceremony.tui.screens.page import Page, heading, trouble_lines, typed_path
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import FAILED, lines, loud
from ceremony.tui.widgets.line_input import LineInput
from ceremony.tui.wishes import Follow

_IS_REHEARSAL = {"yes": True, "no": False}


class TakeOverPage(Page):
    """The online signer's key, whether it is a rehearsal, and every key that people hold; then the plan's page."""

    behind = "foreign"
    explanation = (
        "Metadata says which keys sign, and not who holds them: ask the people before you plan. Whoever keeps a key "
        "plugs in the device that holds it, and it proves that it is there; nothing is made on it. Whoever leaves "
        "signs root a last time, where today's root needs it. Where nobody has a key any more, say so: then nobody is "
        "asked for it.\n\n"
        "The plan gives their repository bins and an online signer of ours, whose key comes from the file that "
        "`ceremony-online init` writes. What others wrote and no metadata of ours has a place for is named in the "
        "plan as left out, so that everybody reads it."
    )

    def __init__(self, desk: Desk, folder: Path, pinned: Path) -> None:
        """The page about the repository in this folder, trusted from this root file on."""
        super().__init__(desk)
        self._folder = folder
        self._pinned = pinned

    def compose_page(self) -> ComposeResult:
        """The online key, the mark of a rehearsal, the keys, and No first."""
        yield from heading("Go on from here", "Say who holds each key of this repository, then plan a ceremony.")
        self._before, trouble = self._read()
        if self._before is None:
            yield Static(trouble_lines(trouble) if trouble else "")
            yield Choices(Choice("No, back", value=False, identity="no"))
            return
        yield Static("The online signer's key, from its file", markup=False)
        yield LineInput(placeholder="path of online-key.json", identity="key-path")
        yield Static("Is it a rehearsal? (yes or no)", markup=False)
        yield LineInput("no", identity="rehearsal")
        with Vertical(id="keys"):
            for number, key in enumerate(their_keys(self._before), start=1):
                yield KeyOfOthers(key, number)
        yield Static(id="trouble")
        yield Choices(
            Choice("No, back", value=False, identity="no"), Choice("Plan the ceremony", value=True, identity="plan")
        )

    def on_mount(self) -> None:
        """It rests on its first empty line, or on No."""
        self.query("#key-path, #no").first().focus()

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Back, or the plan."""
        if message.choice.value is not True or self._before is None:
            self.go_back()
            return
        try:
            plan = self._planned(self._before)
        except CeremonyError as error:
            self.query_one("#trouble", Static).update(trouble_lines(error))
            return
        wrong = [*self._unsaid(), *_wrong_with(plan, self.desk, self._before)]
        if wrong:
            self.query_one("#trouble", Static).update(lines(loud(f"{FAILED} {each}") for each in wrong))
        else:
            self.post_message(Follow(plan, self._folder, self._pinned))

    def _read(self) -> tuple[Before | None, CeremonyError | None]:
        try:
            return read_own(self._folder, self._pinned), None
        except CeremonyError as error:
            return None, error

    def _planned(self, before: Before) -> Plan:
        path = typed_path(self.desk.folder, self._typed("key-path"))
        online = decode_online_key(read_file(path, ONLINE_KEY_SIZE_LIMIT), path.name)
        plan = plan_of_others(before, online, self.desk.clock())
        plan = replace(plan, is_rehearsal=_IS_REHEARSAL.get(self._typed("rehearsal").casefold(), False))
        for each in self.query(KeyOfOthers):
            plan = each.planned(plan)
        return replace(plan, leaves_out=left_out(plan, before))

    def _unsaid(self) -> list[str]:
        """What nobody has said yet."""
        rehearsal = [] if self._typed("rehearsal").casefold() in _IS_REHEARSAL else ["rehearsal: wanted yes or no"]
        unnamed = (
            f"key {number}: needed: a name, or nobody"
            for number, each in enumerate(self.query(KeyOfOthers), start=1)
            if each.is_asked_for and not each.name_typed
        )
        return [*rehearsal, *unnamed]

    def _typed(self, name: str) -> str:
        return self.query_one(f"#{name}", LineInput).value.strip()


def _wrong_with(plan: Plan, desk: Desk, before: Before) -> list[str]:
    """What is wrong with people and devices: the rest can still be changed in the plan."""
    found = judge(form_of(plan), desk.policy, before)
    return [text for path, text in found.problems.items() if path.startswith(("keyholders", "leaving"))]
