"""When signatures of the online key are made anew: before a third of their life is left, bins never as a herd."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

SLOTS = 64
"""Bins come due in this many groups over a third of their lifetime: each group costs every client a new snapshot."""


@dataclass(frozen=True, slots=True)
class Due:
    """What has to be signed anew now; a new bin needs a new snapshot, and a new snapshot a new timestamp."""

    bins: tuple[int, ...] = ()
    snapshot: bool = False
    timestamp: bool = False

    @property
    def is_empty(self) -> bool:
        """True when nothing has to be signed anew."""
        return not (self.bins or self.snapshot or self.timestamp)


def due_time(expires: datetime, lifetime: timedelta) -> datetime:
    """When a role that ends at `expires` is to be signed anew: when a third of its lifetime is left."""
    return expires - lifetime / 3


def bin_due_time(number: int, expires: datetime, lifetime: timedelta) -> datetime:
    """The same for a bin, brought forward by up to another third, always the same for the same bin."""
    slot = sha256(f"bin {number}".encode()).digest()[0] % SLOTS
    return due_time(expires, lifetime) - lifetime / 3 * slot / SLOTS


def due(
    now: datetime,
    bins: Iterable[tuple[int, datetime]],
    snapshot: datetime,
    timestamp: datetime,
    lifetimes: Mapping[str, timedelta],
) -> Due:
    """What has to be signed anew at `now`: bins come as (number, expires), in order."""
    numbers = tuple(number for number, expires in bins if bin_due_time(number, expires, lifetimes["bin-n"]) <= now)
    return Due(
        numbers,
        due_time(snapshot, lifetimes["snapshot"]) <= now,
        due_time(timestamp, lifetimes["timestamp"]) <= now,
    )


def next_due(
    bins: Iterable[tuple[int, datetime]],
    snapshot: datetime,
    timestamp: datetime,
    lifetimes: Mapping[str, timedelta],
) -> datetime:
    """The first moment at which something has to be signed anew."""
    moments = [bin_due_time(number, expires, lifetimes["bin-n"]) for number, expires in bins]
    moments += [due_time(snapshot, lifetimes["snapshot"]), due_time(timestamp, lifetimes["timestamp"])]
    return min(moments)
