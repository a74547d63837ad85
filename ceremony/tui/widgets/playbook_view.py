"""The playbook of an emergency, chapter by chapter: what to do comes first, what strangers are told comes last."""

from collections.abc import Iterator
from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from ceremony.core.playbook import Playbook
from ceremony.tui.widgets.fact import Fact
from ceremony.tui.widgets.ink import bold, clean, dim, lines

_NOTHING = "No key was struck: say above what has become of each."
_LEAD = "Worked out anew at every answer. Page Down reads on."


class PlaybookView(Vertical):
    """What to do and who does it, numbered; what it means; who signs; what clients see; the bulletin."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: Playbook | None = None

    def compose(self) -> ComposeResult:
        """Nothing yet, and it says so."""
        yield Static(_NOTHING, id="unstruck", markup=False)
        yield Vertical(id="chapters")
        yield Static(id="bulletin")

    async def show(self, found: Playbook | None) -> None:
        """This playbook stands here; None for none, as long as no key was struck."""
        self.query_one("#unstruck").display = found is None
        bulletin = self.query_one("#bulletin", Static)
        bulletin.display = found is not None
        bulletin.update(lines(_bulletin(found)) if found else "")
        # While a reason is typed nothing else changes: what people read above it stays where it is.
        shown = replace(found, bulletin=()) if found else None
        if shown != self._shown:
            self._shown = shown
            await self._draw(shown)

    async def _draw(self, found: Playbook | None) -> None:
        chapters = self.query_one("#chapters")
        with self.app.batch_update():
            gone = tuple(chapters.children)
            if found is not None:
                await chapters.mount_all(_chapters(found))
            await chapters.remove_children(gone)


def _chapters(found: Playbook) -> Iterator[Widget]:
    yield Static(lines([bold("WHAT TO DO, IN THIS ORDER"), dim(_LEAD)]))
    for number, act in enumerate(found.acts, start=1):
        yield Fact(clean(f"{number:>2} {act.who}"), act.what)
    chapters = {
        "WHAT THIS MEANS, AND FOR HOW LONG": found.threats,
        "WHO HAS TO SIGN": found.signatures,
        "WHAT CLIENTS SEE": found.clients,
    }
    for title, sentences in chapters.items():
        if sentences:
            yield Static(lines(["", bold(title)]))
            yield from (_sentence(each) for each in sentences)


def _sentence(text: str) -> Fact:
    fact = Fact("·", text)
    fact.add_class("-sentence")
    return fact


def _bulletin(found: Playbook) -> Iterator[Content | str]:
    yield from ("", bold("BULLETIN, FOR STRANGERS"))
    for number, paragraph in enumerate(found.bulletin):
        yield from ("", clean(paragraph)) if number else (clean(paragraph),)
