"""Which device is somebody's: a list that follows what is plugged in."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from ceremony.engine.questions import Missing, PlugIn
from ceremony.tui.screens.question_page import QuestionPage
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.device_picture import ICON_WIDTH, icon_of
from ceremony.tui.widgets.device_words import device_name, makers_codes_words, tries_words
from ceremony.tui.widgets.fault_lines import Faults, fault_line, faults_at_length, fields_in
from ceremony.tui.widgets.ink import CURRENT, clean, cut, dim, lines, loud
from ceremony.tui.widgets.lookout import Looked, Lookout
from hsm import DeviceInfo

Sighted = tuple[tuple[DeviceInfo, ...], Faults]
"""What one look saw, and what it could not read."""

_SERIAL_LIMIT = 32
_LABEL_LIMIT = 24
_INDENT = " " * (ICON_WIDTH + 3)


class PluggedIn(Message):
    """Other devices are plugged in than a moment ago: these; and what a page shows of what could not be read."""

    def __init__(self, devices: tuple[DeviceInfo, ...], faults: Faults = ()) -> None:
        super().__init__()
        self.devices = devices
        self.faults = faults


class DeviceOption(Option):
    """One line of the list, which stays the line of its device wherever it stands."""

    def __init__(self, line: str, identity: str, serial: str) -> None:
        super().__init__(line, identity)
        self.serial = serial


class DeviceList(OptionList, inherit_bindings=False):
    """A list with arrow keys alone: PgDn and PgUp read on in what is longer than the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "cursor_down", show=False),
        Binding("up", "cursor_up", show=False),
        Binding("enter", "select", show=False),
    ]


class PlugInPage(QuestionPage[PlugIn]):
    """A list of devices, some lines each, none of them chosen; one thread looks again until there is an answer."""

    def __init__(self, question: PlugIn) -> None:
        super().__init__(question)
        self._first: frozenset[str] | None = None
        self._devices: tuple[DeviceInfo, ...] | None = None
        self._faults: Faults = ()

    def compose_body(self) -> ComposeResult:
        """A line that says what came and went, the list, and what could not be read."""
        yield Static("Looking for devices …", id="seen", markup=False)
        yield DeviceList(id="devices", markup=False, compact=True)
        yield Static(id="faults", markup=False)
        yield Lookout(self._look)

    def compose_reply(self) -> ComposeResult:
        """What is no device."""
        absent = [Choice("Not today", value=Missing.NOT_TODAY, identity="not-today")] if self.question.may_skip else []
        yield Choices(Choice("No, look again", value=Missing.LOOK_AGAIN, identity="no"), *absent)

    def rest_on(self) -> Widget:
        """The list, with nothing chosen in it."""
        return self.query_one(OptionList)

    def on_mount(self) -> None:
        """The list is not in the foot, so its keys are told here."""
        super().on_mount()
        self.hint("↓ goes to a device in the list, Enter chooses it. Nothing on it is changed.")

    @property
    def explanation(self) -> str:
        """What could not be read and what to do about it, then what this page is."""
        return "\n\n".join(filter(None, (faults_at_length(self._faults), self.question.explain)))

    def on_looked(self, message: Looked[Sighted]) -> None:
        """The list shows what is plugged in; the mark stays on the device it was on."""
        message.stop()
        devices, faults = message.found
        if devices == self._devices and fields_in(faults) == fields_in(self._faults):
            return
        before, self._devices, self._faults = self._devices, devices, faults
        serials = frozenset(each.serial for each in devices)
        self._first = serials if self._first is None else self._first
        self.query_one("#seen", Static).update(self._told(before, devices))
        unread = self.query_one("#faults", Static)
        unread.update(_fault_lines(faults))
        unread.display = bool(faults)
        if devices != before:
            self._list(devices)
        self.post_message(PluggedIn(devices, faults))

    def on_option_list_option_highlighted(self, message: OptionList.OptionHighlighted) -> None:
        """The arrow follows."""
        message.stop()
        self._point()

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """The device on whose line Enter was pressed, even if the list has changed since."""
        message.stop()
        if isinstance(message.option, DeviceOption):
            self.answer(message.option.serial)

    def _look(self) -> Sighted:
        devices = self.question.look()
        return devices, self.question.faults()

    def _list(self, devices: tuple[DeviceInfo, ...]) -> None:
        shown = self.query_one(OptionList)
        place = shown.highlighted
        marked = shown.get_option_at_index(place).id if place is not None else None
        names = [f"{each.driver}/{each.serial}/{each.label}/{each.found_in}" for each in devices]
        ids = [f"{name}/{names[:place].count(name)}" for place, name in enumerate(names)]
        shown.set_options(
            [DeviceOption(self._line(each), name, each.serial) for each, name in zip(devices, ids, strict=True)]
        )
        shown.highlighted = ids.index(marked) if marked in ids else None
        self._point()

    def _point(self) -> None:
        """An arrow stands before the device that Enter would choose."""
        shown = self.query_one(OptionList)
        for place, device in enumerate(self._devices or ()):
            arrow = CURRENT if place == shown.highlighted else " "
            shown.replace_option_prompt_at_index(place, f"{arrow} {self._line(device)}")

    def _line(self, device: DeviceInfo) -> str:
        marks = []
        if self.question.wanted == device.serial:
            marks.append(f"← {self.question.person}'s, by the record")
        if self._first is not None and device.serial not in self._first:
            marks.append("← just plugged in")
        name = f"{icon_of(device)} {device_name(device)}  {cut(device.serial, _SERIAL_LIMIT)}"
        said = " · ".join(filter(None, (cut(device.label, _LABEL_LIMIT), *tries_words(device))))
        parts = ("  ".join((name, *map(clean, marks))), said, makers_codes_words(device))
        return f"\n{_INDENT}".join(filter(None, parts))

    def _told(self, before: tuple[DeviceInfo, ...] | None, now: tuple[DeviceInfo, ...]) -> str:
        left = [each.serial for each in before or () if each.serial not in {it.serial for it in now}]
        waits = self.question.wanted and self.question.wanted not in {each.serial for each in now}
        said = [f"{len(now)} device{'' if len(now) == 1 else 's'} plugged in."]
        said += [f"Removed: {', '.join(left)}."] if left else []
        said += [f"Waiting for {self.question.wanted}."] if waits else []
        return clean(" ".join(said))


def _fault_lines(faults: Faults) -> Content:
    advice = [dim("F1 says what to do about it.")] if faults else []
    return lines([*(loud(fault_line(each)) for each in faults), *advice])
