"""Pages about one device: they follow whether it is plugged in, as long as they are open."""

from collections.abc import Callable
from typing import TypeVar

from textual.app import ComposeResult
from textual.widgets import Static

from ceremony.engine.questions import AskPin, AskPuk, ChooseCode, ChooseSlot, TypeLoss
from ceremony.engine.sight import Seen
from ceremony.tui.screens.plug_in import PluggedIn
from ceremony.tui.screens.question_page import QuestionPage
from ceremony.tui.widgets.fault_lines import SERVICE, Faults, fault_line, faults_at_length
from ceremony.tui.widgets.ink import CAUTION, loud
from ceremony.tui.widgets.lookout import Looked, Lookout
from hsm import DeviceInfo
from hsm.errors import DeviceError

AsksOfDevice = TypeVar("AsksOfDevice", AskPin, AskPuk, ChooseCode, ChooseSlot, TypeLoss)

_GONE = f"{CAUTION} This device is not plugged in any more: plug it in again, or go back."


class DevicePage(QuestionPage[AsksOfDevice]):
    """A page that says in one line when its device is gone; the line takes the place of what should be seen."""

    _plugged_in: tuple[DeviceInfo, ...] | None = None
    _blind: Faults = ()

    def compose_notice(self) -> ComposeResult:
        """Room for that line."""
        yield Static(id="gone", markup=False)

    async def watch_for_it(self, look: Callable[[], Seen]) -> None:
        """One thread looks for the device until there is an answer."""
        await self.mount(Lookout(look))

    @property
    def explanation(self) -> str:
        """Why the device cannot be seen and what to do about it, where that is so; then what this page is."""
        return "\n\n".join(filter(None, (faults_at_length(self._blind), self.question.explain)))

    def on_looked(self, message: Looked[Seen]) -> None:
        """The line is there exactly while the device is not."""
        message.stop()
        devices, faults = message.found
        infos = tuple(each.info for each in devices)
        is_here = self._is_among(infos)
        self._blind = () if is_here else tuple(filter(self._is_about_it, faults))
        # Whoever cannot look does not know that it is gone.
        self.query_one("#gone", Static).update(loud(fault_line(self._blind[0]) if self._blind else _GONE))
        self.set_class(not is_here, "-gone")
        if infos != self._plugged_in:
            self._plugged_in = infos
            self.post_message(PluggedIn(infos))

    def _is_among(self, infos: tuple[DeviceInfo, ...]) -> bool:
        device = self.question.device
        return any((each.driver, each.serial) == (device.driver, device.serial) for each in infos)

    def _is_about_it(self, fault: DeviceError) -> bool:
        device = self.question.device
        return fault.serial in {device.serial, device.found_in, SERVICE} - {""}
