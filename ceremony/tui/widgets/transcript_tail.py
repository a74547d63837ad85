"""The last entries of the transcript, as they stand on record."""

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from ceremony.core.transcript import Entry
from ceremony.tui.widgets.ink import CAUTION, DONE, clean, dim


def entry_line(entry: Entry, width: int) -> Content:
    """One entry in one line: its time, its mark and its sentence, cut where the line ends."""
    text = f" {DONE if entry.result == 'done' else CAUTION} {clean(entry.note)}"
    room = max(width - 10, 0)
    return Content.assemble(dim(f" {entry.time:%H:%M:%S}"), text if len(text) <= room else text[: room - 1] + "…")


class TranscriptTail(Widget):
    """The foot of a sitting: what was last put on record, the newest at the bottom."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: tuple[Entry, ...] = ()

    def show(self, entries: tuple[Entry, ...]) -> None:
        """These are on record."""
        self._entries = entries
        self.refresh()

    def render(self) -> Content:
        """As many of the last entries as there are lines."""
        size: Size = self.size
        if not self._entries:
            return dim(" Nothing is on record yet.")
        return Content("\n").join([entry_line(each, size.width) for each in self._entries[-max(size.height, 1) :]])
