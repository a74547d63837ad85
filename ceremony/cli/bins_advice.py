"""The table that shows how many bins a repository needs."""

from rich import box
from rich.table import Table

from ceremony.core.bins_advice import MOST_BINS, best_bins, update_bytes

_TARGETS = (10_000, 100_000, 1_000_000, 10_000_000)


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
