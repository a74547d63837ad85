"""One device as its owner knows it: its picture, and beside it what it tells of itself."""

import re
from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from ceremony.tui.widgets.device_picture import picture_of
from ceremony.tui.widgets.device_words import device_title, makers_codes_words, owner_words, tries_words
from ceremony.tui.widgets.ink import CAUTION, bold, dim, lines, loud
from hsm import DeviceInfo

_GOLD = ("(O)", "║")
_TOUCHED = re.compile(r"(\(O\)|║)")


class DeviceCard(Horizontal):
    """The picture and the facts; `holder` is whose it is, "" where nobody knows, `more` are further lines."""

    def __init__(self, device: DeviceInfo, holder: str = "", more: Iterable[Content | str] = ()) -> None:
        super().__init__()
        self._device = device
        self._holder = holder
        self._more = tuple(more)

    def compose(self) -> ComposeResult:
        """Picture and facts."""
        yield Static(lines(map(_drawn, picture_of(self._device))), classes="picture")
        yield Static(lines([*card_lines(self._device, self._holder), *self._more]), classes="facts")


def card_lines(device: DeviceInfo, holder: str = "") -> Iterable[Content | str]:
    """Name and serial, holder, label and firmware, tries left, and loudly the codes that are still the maker's."""
    yield bold(device_title(device))
    yield owner_words(device, holder) or dim("It tells no label and no firmware.")
    said = [loud(each) if CAUTION in each else Content(each) for each in tries_words(device)]
    yield Content(" · ").join(said)
    if codes := makers_codes_words(device):
        yield loud(codes)


def _drawn(line: str) -> Content:
    """One line of the picture, what is touched on it in gold."""
    parts = ((part, "$text-warning" if part in _GOLD else "$text-muted") for part in _TOUCHED.split(line))
    return Content.assemble(*parts)
