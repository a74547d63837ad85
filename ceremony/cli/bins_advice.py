"""How many bins a repository needs: what one update costs a client, by number of targets."""

from rich import box
from rich.table import Table

_TARGET_BYTES = 215
_ENTRY_BYTES = 34
_FRAME_BYTES = 1_000
_COUNTS = tuple(1 << power for power in range(1, 15))
_TARGETS = (10_000, 100_000, 1_000_000, 10_000_000)

MOST_BINS = 16_384
"""The default: it never has to be raised later, and a repository keeps the number it began with."""


def update_bytes(targets: int, bins: int) -> int:
    """What a client fetches after one target has changed: timestamp, the whole snapshot, and one bin.

    Counted as the formats write them, with one hash for each target, before any compression.
    """
    return _FRAME_BYTES + bins * _ENTRY_BYTES + -(-targets // bins) * _TARGET_BYTES


def best_bins(targets: int) -> int:
    """The number of bins for which such an update is smallest."""
    return min(_COUNTS, key=lambda bins: update_bytes(targets, bins))


def draw_advice() -> Table:
    """The costs, by number of targets: with the best number of bins, and with the most."""
    table = Table(box=box.SIMPLE, title="What one update costs a client", title_justify="left")
    for heading in ("targets in the end", "smallest with", "that is", f"with {MOST_BINS} bins"):
        table.add_column(heading, justify="right")
    for targets in _TARGETS:
        best = best_bins(targets)
        costs = (_kilobytes(update_bytes(targets, bins)) for bins in (best, MOST_BINS))
        table.add_row(f"{targets:,}", f"{best} bins", *costs)
    return table


def _kilobytes(size: int) -> str:
    return f"{size / 1000:,.0f} kB"
