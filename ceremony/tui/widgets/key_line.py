"""The foot of every page: which keys do what."""

from textual.content import Content
from textual.widgets import Static

Keys = tuple[tuple[str, str], ...]

MOVE: Keys = (("Tab", "next"), ("Enter", "choose"))
BACK: Keys = (("Esc", "back"),)
HELP: Keys = (("F1", "what is this?"),)
STOP: Keys = (("Ctrl+Q", "stop"),)


class KeyLine(Static):
    """One line of keys, each with what it does."""

    def __init__(self, keys: Keys) -> None:
        super().__init__(_line(keys))

    def show(self, keys: Keys) -> None:
        """These are the keys now."""
        self.update(_line(keys))


def _line(keys: Keys) -> Content:
    parts = [Content.assemble((f" {key} ", "bold reverse"), f" {meaning}  ") for key, meaning in keys]
    return Content("").join(parts)
