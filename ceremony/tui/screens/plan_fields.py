"""The lines of the plan page: what each is called, what is typed, and what is wrong with it."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static

from ceremony.tui.plan_form import HOLDER_FIELDS, INITIAL
from ceremony.tui.widgets.choice import Choice, Choices
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
_ROWS = (HOLDER_FIELDS[:3], HOLDER_FIELDS[3:6], HOLDER_FIELDS[6:8])
_OF_DEVICE = ("device", "key", "slot", "firmware_exception", "attestation_exception")
"""What is said of a device alone: another device begins with none of it."""
_WITH_KEY = ("name", "scheme", *_OF_DEVICE)
"""What cannot change while the key stays."""


def is_frozen(kind: str, path: str) -> bool:
    """Whether nothing can be typed at this path in a ceremony of this kind: whatever follows stays what it is."""
    if kind == "refresh":
        return not path.startswith(("id", "window.", "expires."))
    return kind != INITIAL and path in {"repository", "rehearsal"}


class PlanLine(Horizontal):
    """One field; `path` is where it stands in the plan."""

    def __init__(self, path: str, label: str, text: str, *, is_frozen: bool = False) -> None:
        super().__init__()
        self.path = path
        self._label = label
        self._text = text
        self._is_frozen = is_frozen

    def compose(self) -> ComposeResult:
        """Its name, its text, its problem."""
        yield Static(self._label, classes="label", markup=False)
        yield LineInput(self._text, is_frozen=self._is_frozen)
        yield Static(classes="problem")

    @property
    def text(self) -> str:
        """What stands in it."""
        return self.query_one(LineInput).value

    def write(self, text: str) -> None:
        """This stands in it now."""
        self.query_one(LineInput).value = text

    def freeze(self, *, is_frozen: bool) -> None:
        """Whether nothing can be typed here."""
        self.query_one(LineInput).freeze(is_frozen=is_frozen)

    def judge(self, problem: str, said: str = "") -> None:
        """The problem stands beside it; "" says that it is good, with these words if there are any."""
        told = loud(f"{FAILED} {problem}") if problem else good(f"{DONE} {said}".rstrip())
        self.query_one(".problem", Static).update(told)


class HolderLines(Vertical):
    """One keyholder: who, which roles, which device, which scheme, which key; and below them what is wrong.

    Whoever keeps a key can be given another device, and can leave; both can be taken back. Where nobody changes,
    as in a refresh, nothing can be typed (`is_frozen`).
    """

    class Turned(Message):
        """A keyholder got another device, or leaves; or that was taken back."""

    def __init__(self, number: int, texts: Mapping[str, str], *, is_frozen: bool = False) -> None:
        super().__init__()
        self._number = number
        self._before = dict(texts)
        self._keyid = texts["keyid"]
        self._stands_on = ""
        self._is_frozen = is_frozen
        self.leaves = False

    def compose(self) -> ComposeResult:
        """What becomes of the key, three lines of fields, what can be done with the key, and the problem."""
        yield Static(classes="label", markup=False)
        for row in _ROWS:
            with Horizontal():
                for name in row:
                    yield LineInput(self._before[name], _HINTS[name], identity=name)
        if self._keyid and not self._is_frozen:
            yield Choices(Choice("", value="device", identity="renew"), Choice("", value="leave", identity="leave"))
        yield Static(classes="problem")

    def on_mount(self) -> None:
        """What can be typed, and what becomes of the key."""
        self._draw()

    @property
    def texts(self) -> dict[str, str]:
        """What stands in its lines."""
        typed = {name: self.query_one(f"#{name}", LineInput).value for row in _ROWS for name in row}
        return typed | {"keyid": self._keyid}

    @property
    def is_empty(self) -> bool:
        """True while nobody is named here."""
        texts = self.texts
        return not texts["name"].strip() and not texts["device"].strip()

    @property
    def stays(self) -> bool:
        """True for somebody who is named here and does not leave."""
        return not (self.is_empty or self.leaves)

    def signs(self, role: str) -> bool:
        """Whether the role is among those that are typed here."""
        return role in self._roles

    def sign(self, role: str, *, is_wanted: bool) -> None:
        """The role is among those that are typed here, beside bins, or is not any more."""
        roles = [each for each in self._roles if each != role]
        if is_wanted:
            roles.insert(roles.index("bins") if "bins" in roles else len(roles), role)
        self.query_one("#roles", LineInput).value = ", ".join(roles)

    @property
    def _roles(self) -> list[str]:
        typed = self.query_one("#roles", LineInput).value.split(",")
        return [each.strip() for each in typed if each.strip()]

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """The key goes, or stays after all; the keyholder leaves, or stays after all."""
        message.stop()
        if message.choice.value == "leave":
            self.leaves = not self.leaves
        else:
            self.leaves = False
            self._keyid = "" if self._keyid else self._before["keyid"]
            for name in _WITH_KEY:
                is_gone = not self._keyid and name in _OF_DEVICE
                self.query_one(f"#{name}", LineInput).value = "" if is_gone else self._before[name]
        self._draw()
        if not self._keyid and not self.leaves:
            self.query_one("#device", LineInput).focus()
        self.post_message(self.Turned())

    def judge(self, problem: str) -> None:
        """The problem stands below; "" says that it is good, or not filled in yet."""
        told = loud(f"{FAILED} {clean(problem)}") if problem else good("" if self.is_empty else DONE)
        self.query_one(".problem", Static).update(told)

    def tell_device(self, words: str) -> None:
        """The device on which the key stands is called like this."""
        self._stands_on = words
        self._draw()

    @property
    def keyid(self) -> str:
        """The key that is trusted today; "" for a keyholder who is new."""
        return self._before["keyid"]

    def _draw(self) -> None:
        for name in (name for row in _ROWS for name in row):
            is_held = bool(self._keyid) and name in _WITH_KEY
            line = self.query_one(f"#{name}", LineInput)
            line.freeze(is_frozen=is_held or self.leaves or self._is_frozen)
        self.set_class(self.leaves, "-leaves")
        self.query_one(".label", Static).update(clean(f"Keyholder {self._number}{self._fate()}"))
        if self.keyid and not self._is_frozen:
            device = "another device" if self._keyid else "keep the key after all"
            self.query_one("#renew", Choice).become(device, "device")
            self.query_one("#leave", Choice).become("stays after all" if self.leaves else "leaves", "leave")

    def _fate(self) -> str:
        """What becomes of the key that is trusted today."""
        key = f"key {self.keyid[:8]}"
        if not self.keyid:
            return ""
        if self.leaves:
            return f" leaves, with {key}{self._on()}"
        if self._keyid:
            return f" keeps {key}{self._on()}"
        return f" gets another device than {self._stands_on}" if self._stands_on else f" gets another key than {key}"

    def _on(self) -> str:
        return f" on {self._stands_on}" if self._stands_on else ""
