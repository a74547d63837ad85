"""How many bins a repository needs: what one update costs a client, by number of targets."""

from ceremony.core.policy import Policy

_TARGET_BYTES = 215
_ENTRY_BYTES = 34
_FRAME_BYTES = 1_000

MOST_BINS = Policy().bins_ceiling
"""The default: it never has to be raised later, and a repository keeps the number it began with."""

BIN_COUNTS = tuple(1 << power for power in range(1, MOST_BINS.bit_length()))
"""Every number of bins that a plan may name."""


def update_bytes(targets: int, bins: int, changed: int = 1) -> int:
    """What a client fetches for `changed` targets in different bins: timestamp, the whole snapshot, and those bins.

    Counted as the formats write them, with one hash for each target, before any compression.
    """
    return _FRAME_BYTES + bins * _ENTRY_BYTES + min(changed, bins) * -(-targets // bins) * _TARGET_BYTES


def best_bins(targets: int, changed: int = 1) -> int:
    """The number of bins for which such an update is smallest."""
    return min(BIN_COUNTS, key=lambda bins: update_bytes(targets, bins, changed))
