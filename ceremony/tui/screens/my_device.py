"""A device, looked at by its owner alone."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from ceremony.tui.desk import Desk
from ceremony.tui.device_facts import CloserLook, DeviceFacts, Facts
from ceremony.tui.screens.page import Page, heading, trouble_lines
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.device_facts_view import DeviceFactsView
from ceremony.tui.widgets.fault_lines import fields_in
from ceremony.tui.widgets.lookout import Looked, Lookout


class MyDevicePage(Page):
    """Every device that is plugged in, with all it tells; it follows what comes and goes."""

    behind = "devices"
    explanation = (
        "This page reads what a device tells anybody who plugs it in: no PIN is asked, no try is spent, and nothing on "
        "it changes. Serial and firmware say which device it is, the tries say how many wrong codes it still takes. "
        "Codes that are still the maker's can be read by everybody in a manual; enrolling the device replaces them. "
        "A key lies in the device for ever: it can be used or lost, but never be copied out."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._shown: tuple[tuple[DeviceFacts, ...], tuple[str, ...]] | None = None

    def compose_page(self) -> ComposeResult:
        """The way back; the devices come when they have been looked at."""
        yield from heading("My device", "What it tells of itself. No PIN is asked; nothing on it changes.")
        yield Choices(Choice("No more, back", value=None, identity="no"))
        yield Static("Looking for devices …", id="devices", markup=False)
        yield Vertical(id="found")
        yield Lookout(CloserLook(self.desk.find))

    def on_mount(self) -> None:
        """The way back has the focus: nothing else is left to do here."""
        self.query_one("#no").focus()

    async def on_looked(self, message: Looked[Facts]) -> None:
        """What is plugged in now is shown."""
        devices, faults = message.found
        found_now = (devices, fields_in(faults))
        if found_now == self._shown:
            return
        self._shown = found_now
        self.query_one("#devices", Static).update(_count(len(devices)))
        shown: list[Widget] = [DeviceFactsView(each) for each in devices]
        shown += [Static(trouble_lines(each)) for each in faults]
        found = self.query_one("#found")
        await found.remove_children()
        await found.mount_all(shown)

    def on_choice_chosen(self, _message: Choice.Chosen) -> None:
        """Back."""
        self.go_back()


def _count(number: int) -> str:
    if not number:
        return "No device is plugged in. Plug one in: it is shown here as soon as it is seen."
    return f"{number} device{'' if number == 1 else 's'} plugged in. PgDn and PgUp read on."
