"""What clients ask before bins, on the plan page: one block for each delegation, and a line for another one."""

import re
from collections.abc import Iterator, Mapping

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from ceremony.core.policy import DELEGATED_ROLE, RESERVED_ROLES
from ceremony.tui.delegation_form import new_delegation
from ceremony.tui.plan_form import Form, label_of
from ceremony.tui.screens.plan_fields import PlanLine, is_frozen
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import DONE, FAILED, bold, clean, good, loud
from ceremony.tui.widgets.line_input import LineInput

_PATHS = "every path; or patterns such as files/demo/*, with spaces between them"
_NAME = "a name of its own: small letters, digits, single dashes; not that of another role"
_ONE, _OTHER = "yes", "no"


class Signed(Message):
    """Keyholders are to sign this delegation, or do so no longer."""

    def __init__(self, lines: "DelegationLines") -> None:
        super().__init__()
        self.lines = lines


class DelegationLines(Vertical):
    """One delegation: its paths, what its signing needs where keyholders sign it, and what can be done with it.

    It keeps its name. What is removed can be kept after all; where nothing changes, nothing can be typed (`is_frozen`).
    """

    class Turned(Message):
        """Something else was chosen for this one, or its place."""

    def __init__(self, texts: Mapping[str, str], threshold: str, end: str, kind: str) -> None:
        super().__init__()
        self.name_of_role = texts["name"]
        self.is_removed = False
        self.number = 0
        self._texts = dict(texts)
        self._signing = {f"thresholds.{self.name_of_role}": threshold, f"expires.{self.name_of_role}": end}
        self._kind = kind

    def compose(self) -> ComposeResult:
        """What it is, its paths, how it is signed, what can be done, and the problem."""
        frozen = is_frozen(self._kind, "delegations")
        yield Static(classes="label", markup=False)
        yield LineInput(self._texts["paths"], _PATHS, identity="paths", is_frozen=frozen)
        for path, text in self._signing.items():
            yield PlanLine(path, label_of(path), text, is_frozen=is_frozen(self._kind, path))
        if not frozen:
            yield Choices(
                Choice("", value="terminating", identity="terminating"), Choice("", value="online", identity="online")
            )
            yield Choices(
                Choice("up", value="up", identity="up"),
                Choice("down", value="down", identity="down"),
                Choice("", value="remove", identity="remove"),
            )
        yield Static(classes="problem")

    def on_mount(self) -> None:
        """It is drawn as it is."""
        self.draw()

    @property
    def texts(self) -> dict[str, str]:
        """What stands in its lines."""
        return self._texts | {"paths": self.query_one("#paths", LineInput).value}

    @property
    def is_offline(self) -> bool:
        """True for one that is asked and that keyholders sign."""
        return not self.is_removed and self._texts["online"] != _ONE

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """It ends the search, or does not; others sign it; it is asked no longer, or after all."""
        chosen = str(message.choice.value)
        if chosen in {"up", "down"}:
            return  # the section knows what stands beside it
        message.stop()
        was_offline = self.is_offline
        if chosen == "remove":
            self.is_removed = not self.is_removed
        else:
            self._texts[chosen] = _OTHER if self._texts[chosen] == _ONE else _ONE
        self.draw()
        if self.is_offline != was_offline:
            self.post_message(Signed(self))
        self.post_message(self.Turned())

    def judge(self, problem: str) -> None:
        """The problem stands below; "" says that it is good."""
        told = loud(f"{FAILED} {clean(problem)}") if problem else good("" if self.is_removed else DONE)
        self.query_one(".problem", Static).update(told)

    def draw(self) -> None:
        """Its first line and its choices say how it is."""
        is_online, is_last = self._texts["online"] == _ONE, self._texts["terminating"] == _ONE
        after = "nobody is asked after it" if is_last else "others are asked after it"
        how = f"{'signed online' if is_online else 'keyholders sign it'}; {after}"
        said = "asked no longer" if self.is_removed else how
        self.query_one(".label", Static).update(f"{self.number}. {clean(self.name_of_role)}: {said}")
        for line in self.query(PlanLine):
            line.display = self.is_offline
        self.query_one("#paths", LineInput).freeze(
            is_frozen=self.is_removed or is_frozen(self._kind, "delegations"),
        )
        self.set_class(self.is_removed, "-leaves")
        self.query("#terminating, #online, #up, #down").set(disabled=self.is_removed)
        labels = {
            "terminating": "let clients ask others after it" if is_last else "end the search here",
            "online": "let keyholders sign it" if is_online else "let the online signer sign it",
            "remove": "ask it after all" if self.is_removed else "remove",
        }
        for choice in self.query(Choice):
            choice.become(labels.get(str(choice.value), choice.label), choice.value)


class DelegationsSection(Vertical):
    """Every delegation in the order in which clients ask, and a line for the name of another one."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self._form = form

    def compose(self) -> ComposeResult:
        """The heading, the blocks, the line, and what is wrong with all of them."""
        yield Static(bold("Delegations before the bins"))
        yield Static("Clients ask these for a path, in this order, and bins after them.", classes="about", markup=False)
        with Vertical(id="delegations"):
            yield from _blocks(self._form)
        yield LineInput(placeholder="name of another one, such as claimed, then Enter", identity="add-delegation")
        yield Static(id="delegations-problem")

    def on_mount(self) -> None:
        """Each knows its place, and nothing can be added where nothing changes."""
        self._settle(self._form.kind)

    async def show(self, form: Form) -> None:
        """Those of this form stand here, and no others."""
        held = self.query_one("#delegations")
        await held.remove_children()
        await held.mount_all(_blocks(form))
        self._settle(form.kind)

    @property
    def blocks(self) -> list[DelegationLines]:
        """Those that clients ask, in order."""
        return [each for each in self.query(DelegationLines) if not each.is_removed]

    @property
    def texts(self) -> tuple[dict[str, str], ...]:
        """What stands in their lines."""
        return tuple(each.texts for each in self.blocks)

    async def add(self, typed: str, threshold: str, end: str, kind: str) -> DelegationLines | None:
        """One of this name is the last one now; None if it cannot be, which is told."""
        name = typed.strip()
        if not re.fullmatch(DELEGATED_ROLE, name) or re.fullmatch(RESERVED_ROLES, name):
            self._refuse(f"{name!r}; wanted {_NAME}")
            return None
        if any(each.name_of_role == name for each in self.query(DelegationLines)):
            self._refuse(f"{name!r}, which is there already; wanted another name")
            return None
        added = DelegationLines(new_delegation(name), threshold, end, kind)
        await self.query_one("#delegations").mount(added)
        line = self.query_one("#add-delegation", LineInput)
        line.value = ""
        self._settle(kind)
        self.call_after_refresh(lambda: line.scroll_visible(animate=False))
        return added

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """One changes places with its neighbour."""
        message.stop()
        every = list(self.query(DelegationLines))
        place = next(place for place, each in enumerate(every) if message.choice in each.query(Choice))
        other = place + (-1 if message.choice.value == "up" else 1)
        if 0 <= other < len(every):
            first, second = sorted((place, other))
            self.query_one("#delegations").move_child(every[second], before=every[first])
            self._number()
            message.choice.focus()
            self.post_message(DelegationLines.Turned())

    def judge(self, problems: Mapping[str, str]) -> None:
        """Each problem stands with the delegation that it is about; those of all of them below the last one."""
        told = {path.partition(".")[0]: _worded(path, text) for path, text in reversed(list(problems.items()))}
        for each in self.query(DelegationLines):
            each.judge("" if each.is_removed else told.get(f"delegations[{self.blocks.index(each)}]", ""))
        problem = problems.get("delegations", "")
        self.query_one("#delegations-problem", Static).update(loud(f"{FAILED} {clean(problem)}") if problem else "")

    def _refuse(self, problem: str) -> None:
        self.query_one("#delegations-problem", Static).update(loud(f"{FAILED} {clean(problem)}"))

    def _settle(self, kind: str) -> None:
        frozen = is_frozen(kind, "delegations")
        self.query_one("#add-delegation").display = not frozen
        self.display = not frozen or bool(self.query(DelegationLines))
        self._number()

    def _number(self) -> None:
        for number, each in enumerate(self.query(DelegationLines), start=1):
            each.number = number
            if each.is_mounted:
                each.draw()


def _blocks(form: Form) -> Iterator[DelegationLines]:
    for texts in form.delegations:
        threshold, end = (form.lines.get(f"{table}.{texts['name']}", "") for table in ("thresholds", "expires"))
        yield DelegationLines(texts, threshold, end, form.kind)


def _worded(path: str, text: str) -> str:
    field = path.partition(".")[2]
    return f"{field}: {text}" if field else text
