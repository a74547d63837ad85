"""A key that others made trusted, on the page that asks who holds it: kept by somebody, leaving, or nobody's."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from ceremony.core.plan import Plan
from ceremony.core.plan_of_others import TheirKey, with_holder, with_leaving, without_key
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import CAUTION, clean, loud
from ceremony.tui.widgets.line_input import LineInput

_KEPT, _LEAVES, _NOBODY = "kept", "leaves", "nobody"
_SAID = {_KEPT: "kept", _LEAVES: "leaves", _NOBODY: "nobody is asked for it"}
_LAST_TIME = ", signs a last time"


class KeyOfOthers(Vertical):
    """What the key is, who holds it on which device, and what becomes of it; one that cannot be kept says why."""

    def __init__(self, key: TheirKey, number: int) -> None:
        super().__init__()
        self._key = key
        self._number = number
        self._fate = _LEAVES if key.trouble else _KEPT

    def compose(self) -> ComposeResult:
        """The key, two lines, and what can become of it."""
        yield Static(classes="label", markup=False)
        if self._key.trouble:
            yield Static(loud(f"{CAUTION} It cannot be kept as it is: {self._key.trouble}"))
        with Horizontal():
            yield LineInput(placeholder="name of its holder", identity="name")
            yield LineInput(placeholder="device serial, or empty", identity="device")
        fates = (_LEAVES, _NOBODY) if self._key.trouble else (_KEPT, _LEAVES, _NOBODY)
        yield Choices(*(Choice(each, value=each, identity=each) for each in fates))

    def on_mount(self) -> None:
        """It is drawn as it is."""
        self._draw()

    @property
    def name_typed(self) -> str:
        """Who holds it; "" where nobody was named."""
        return self.query_one("#name", LineInput).value.strip()

    @property
    def is_asked_for(self) -> bool:
        """True for a key whose holder is to sign."""
        return self._fate != _NOBODY

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """This becomes of it."""
        message.stop()
        self._fate = str(message.choice.value)
        self._draw()

    def planned(self, plan: Plan) -> Plan:
        """The plan in which this becomes of the key."""
        device = self.query_one("#device", LineInput).value.strip()
        if self._fate == _NOBODY:
            return without_key(plan, self._key)
        change = with_holder if self._fate == _KEPT else with_leaving
        return change(plan, self._key, self.name_typed, device)

    def _draw(self) -> None:
        signs = ", ".join(role for role in self._key.roles if role != "bins")
        last = _LAST_TIME if self._fate == _LEAVES and "root" in self._key.roles else ""
        said = f"Key {self._number}, {self._key.keyid[:16]}, signs {signs}: {_SAID[self._fate]}{last}"
        self.query_one(".label", Static).update(clean(said))
        for each in self.query(LineInput):
            each.freeze(is_frozen=not self.is_asked_for)
