"""Which device is somebody's: a list that follows what is plugged in."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from ceremony.engine.questions import Missing, PlugIn
from ceremony.tui.screens.question_page import QuestionPage
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.device_picture import ICON_WIDTH, icon_of
from ceremony.tui.widgets.device_words import device_name, makers_codes_words, tries_words
from ceremony.tui.widgets.ink import CURRENT, clean, cut
from ceremony.tui.widgets.lookout import Looked, Lookout
from hsm import DeviceInfo

_SERIAL_LIMIT = 32
_LABEL_LIMIT = 24
_INDENT = " " * (ICON_WIDTH + 3)


class PluggedIn(Message):
    """Other devices are plugged in than a moment ago: these."""

    def __init__(self, devices: tuple[DeviceInfo, ...]) -> None:
        super().__init__()
        self.devices = devices


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

    def compose_body(self) -> ComposeResult:
        """The list, and a line that says what came and went."""
        yield Static("Looking for devices …", id="seen", markup=False)
        yield DeviceList(id="devices", markup=False, compact=True)
        yield Lookout(self.question.look)

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

    def on_looked(self, message: Looked[tuple[DeviceInfo, ...]]) -> None:
        """The list shows what is plugged in; the mark stays on the device it was on."""
        message.stop()
        if message.found == self._devices:
            return
        before, self._devices = self._devices, message.found
        serials = frozenset(each.serial for each in message.found)
        self._first = serials if self._first is None else self._first
        self.query_one("#seen", Static).update(self._told(before, message.found))
        self._list(message.found)
        self.post_message(PluggedIn(message.found))

    def on_option_list_option_highlighted(self, message: OptionList.OptionHighlighted) -> None:
        """The arrow follows."""
        message.stop()
        self._point()

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """This device it is."""
        message.stop()
        self.answer((self._devices or ())[message.option_index].serial)

    async def finish(self) -> None:
        """Nobody looks any more: a device module is used by one thread at a time."""
        self.hint("One moment: the last look at the devices is under way.")
        await self.query_one(Lookout).finish()

    def _list(self, devices: tuple[DeviceInfo, ...]) -> None:
        shown = self.query_one(OptionList)
        place = shown.highlighted
        marked = shown.get_option_at_index(place).id if place is not None else None
        serials = [each.serial for each in devices]
        ids = [f"{serial}/{serials[:place].count(serial)}" for place, serial in enumerate(serials)]
        shown.set_options([Option(self._line(each), identity) for each, identity in zip(devices, ids, strict=True)])
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
