"""The devices that are plugged in: what kind each is, whose it is, and what it says of its codes."""

from collections.abc import Iterable, Mapping

from textual.content import Content
from textual.widgets import Static

from ceremony.engine.room import Scene
from ceremony.tui.widgets.device_picture import ICON_WIDTH, icon_of
from ceremony.tui.widgets.device_words import device_name, tries_words
from ceremony.tui.widgets.ink import CAUTION, bold, cut, dim, lines, loud
from hsm import DeviceInfo

Holders = Mapping[str, str]
"""Serial -> keyholder, as far as plan and record name them."""

_WIDTH = 28
_ENROLLED = {"enrolled", "took in"}
"""What the record calls it when somebody has a device from then on."""


def device_lines(devices: tuple[DeviceInfo, ...], holders: Holders) -> Content:
    """For each device its picture and serial, its holder or label, then PIN and PUK."""
    if not devices:
        return lines([bold("DEVICES"), dim("none plugged in")])
    return lines([bold("DEVICES"), *(line for each in devices for line in _device(each, holders))])


def holders_in(scene: Scene) -> Holders:
    """Whose device is whose: what the plan says, and who was enrolled with which."""
    planned = {each.device: each.name for each in scene.plan.keyholders if each.device}
    enrolled = {each.serial: each.person for each in scene.transcript if each.action in _ENROLLED}
    return planned | enrolled


def _device(device: DeviceInfo, holders: Holders) -> Iterable[Content | str]:
    holder = holders.get(device.serial)
    whose = f"{holder}'s" if holder else device.label
    yield Content.assemble(icon_of(device), " ", (cut(device.serial, _WIDTH - ICON_WIDTH - 1), "bold"))
    yield cut(f"  {f'{whose} {device_name(device)}'.strip()}", _WIDTH)
    for said in tries_words(device):
        yield (loud if CAUTION in said else dim)(cut(f"  {said}", _WIDTH))
    if device.has_makers_codes:
        yield loud(f"  {CAUTION} codes still the maker's")


class DevicePane(Static):
    """The devices on the right side."""

    def show(self, devices: tuple[DeviceInfo, ...], holders: Holders) -> None:
        """These are plugged in."""
        self.update(device_lines(devices, holders))
