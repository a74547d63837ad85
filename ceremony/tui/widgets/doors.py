"""What can be done from a page: one door for each, with one sentence about what lies behind it."""

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.widgets import Static

from ceremony.tui.widgets.choice import Choice, Choices


@dataclass(frozen=True, slots=True)
class Door:
    """One door: its identity on the page, its title, the sentence below it, and what choosing it stands for."""

    identity: str
    title: str
    sentence: str
    value: object


class Doors(Choices):
    """Doors below each other, each with its sentence; arrow keys go from one to the next."""

    def __init__(self, *doors: Door) -> None:
        super().__init__(*(Choice(each.title, each.value, each.identity) for each in doors), stacked=True)
        self._sentences = tuple(each.sentence for each in doors)

    def compose(self) -> ComposeResult:
        """Each door above its sentence."""
        for choice, sentence in zip(super().compose(), self._sentences, strict=True):
            yield choice
            yield Static(f"      {sentence}", classes="about", markup=False)
