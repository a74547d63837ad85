"""The lines of the plan page: what each is called, what is typed, and what is wrong with it."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from ceremony.tui.plan_form import HOLDER_FIELDS
from ceremony.tui.widgets.ink import DONE, FAILED, clean, good, loud
from ceremony.tui.widgets.line_input import LineInput

_HINTS = {
    "name": "name",
    "roles": "roles: root, targets, bins",
    "device": "device serial, or empty",
    "scheme": "signature scheme",
    "key": "key label, or empty",
    "slot": "slot such as 9c, or empty",
    "firmware_exception": "old firmware: the reason, or empty",
    "attestation_exception": "not attested: the reason, or empty",
}


class PlanLine(Horizontal):
    """One field; `path` is where it stands in the plan."""

    def __init__(self, path: str, label: str, text: str) -> None:
        super().__init__()
        self.path = path
        self._label = label
        self._text = text

    def compose(self) -> ComposeResult:
        """Its name, its text, its problem."""
        yield Static(self._label, classes="label", markup=False)
        yield LineInput(self._text)
        yield Static(classes="problem")

    @property
    def text(self) -> str:
        """What stands in it."""
        return self.query_one(LineInput).value

    def write(self, text: str) -> None:
        """This stands in it now."""
        self.query_one(LineInput).value = text

    def judge(self, problem: str) -> None:
        """The problem stands beside it; "" says that it is good."""
        told = loud(f"{FAILED} {problem}") if problem else good(DONE)
        self.query_one(".problem", Static).update(told)


class HolderLines(Vertical):
    """One keyholder: who, which roles, which device, which scheme, which key; and below them what is wrong."""

    def __init__(self, number: int, texts: Mapping[str, str]) -> None:
        super().__init__()
        self._number = number
        self._texts = texts

    def compose(self) -> ComposeResult:
        """Three lines of fields, and the problem."""
        yield Static(f"Keyholder {self._number}", classes="label", markup=False)
        for row in (HOLDER_FIELDS[:3], HOLDER_FIELDS[3:6], HOLDER_FIELDS[6:]):
            with Horizontal():
                for name in row:
                    yield LineInput(self._texts[name], _HINTS[name], identity=name)
        yield Static(classes="problem")

    @property
    def texts(self) -> dict[str, str]:
        """What stands in its lines."""
        return {name: self.query_one(f"#{name}", LineInput).value for name in HOLDER_FIELDS}

    @property
    def is_empty(self) -> bool:
        """True while nobody is named here."""
        texts = self.texts
        return not texts["name"].strip() and not texts["device"].strip()

    def judge(self, problem: str) -> None:
        """The problem stands below; "" says that it is good, or not filled in yet."""
        told = loud(f"{FAILED} {clean(problem)}") if problem else good("" if self.is_empty else DONE)
        self.query_one(".problem", Static).update(told)
