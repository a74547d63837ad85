"""How what is to be signed stands on a plain terminal: the change, its keys, its fingerprint, and how far it is."""

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ceremony.cli.drawing import plain
from ceremony.core.changes import Change
from ceremony.core.review import Fingerprint, KeyLine, Reviewed
from ceremony.core.tally import Standing

_COLUMNS = 4


def draw_review(reviewed: Reviewed, cautions: Sequence[Change] = ()) -> RenderableType:
    """What this machine cannot tell, the change in sentences, every key, and the fingerprint."""
    return Group(
        *(draw_change(change) for change in (*cautions, *reviewed.changes)),
        _draw_keys(reviewed.keys),
        draw_fingerprint(reviewed.fingerprint),
    )


def draw_fingerprint(fingerprint: Fingerprint) -> RenderableType:
    """The 32 words with their places, row by row."""
    table = Table(title="Fingerprint", box=box.SIMPLE, show_header=False, title_justify="left")
    cells = [f"{place:2} {word}" for place, word in enumerate(fingerprint.words, start=1)]
    for first in range(0, len(cells), _COLUMNS):
        table.add_row(*cells[first : first + _COLUMNS])
    return table


def draw_standings(standings: Sequence[Standing]) -> Text:
    """How far each quorum has come, in one line; of a role with two of them, each is named by what says who it is."""
    roles = [each.role for each in standings]
    parts = (
        f"{each.role} under {each.by} {each.progress}" if roles.count(each.role) > 1 else f"{each.role} {each.progress}"
        for each in standings
    )
    return plain(f"Signatures: {', '.join(parts)}", "bold")


def draw_change(change: Change) -> Text:
    """One sentence, marked where it deserves a second thought."""
    return plain(f"! {change.sentence}", "yellow") if change.is_caution else plain(f"- {change.sentence}")


def _draw_keys(keys: Sequence[KeyLine]) -> Table:
    table = Table(title="Keys", box=box.SIMPLE, title_justify="left")
    for heading in ("holder", "device", "signs", "key"):
        table.add_column(heading, overflow="fold")
    for each in keys:
        table.add_row(
            *(plain(cell) for cell in (each.holder, each.device, ", ".join(each.roles), " ".join(each.words)))
        )
    return table
