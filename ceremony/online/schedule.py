"""When signatures of the online key are made anew: before a third of their life is left, bins never as a herd."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256

_OVERLONG = timedelta(minutes=1)
SLOTS = 64
"""Bins come due in this many groups over a third of their lifetime: each group costs every client a new snapshot."""


@dataclass(frozen=True, slots=True)
class Ends:
    """When everything that the online key signs ends: bins by number, the roles before bins by name."""

    snapshot: datetime
    timestamp: datetime
    bins: tuple[datetime, ...] = ()
    roles: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Due:
    """What has to be signed anew now; a new bin or role needs a new snapshot, and a new snapshot a new timestamp."""

    bins: tuple[int, ...] = ()
    roles: tuple[str, ...] = ()
    snapshot: bool = False
    timestamp: bool = False

    @property
    def is_empty(self) -> bool:
        """True when nothing has to be signed anew."""
        return not (self.bins or self.roles or self.snapshot or self.timestamp)


def due_time(expires: datetime, lifetime: timedelta) -> datetime:
    """When a role that ends at `expires` is to be signed anew: when a third of its lifetime is left."""
    return expires - lifetime / 3


def is_head_due(now: datetime, expires: datetime, lifetime: timedelta) -> bool:
    """True when at `now` snapshot or timestamp, which end at `expires`, are to be signed anew.

    That is so as well for what ends later than it could if it were signed now: the clock has been set back since, and a
    year would go by without a new one. Bins may end late, since clients take them only as a snapshot lists them.
    """
    return due_time(expires, lifetime) <= now or expires > now + lifetime + _OVERLONG


def spread_due_time(name: str, expires: datetime, lifetime: timedelta) -> datetime:
    """The same for one of many, brought forward by up to another third, by name and end.

    By both: with a period of its own for each name, those of one period would stay together for ever, and meet others.
    """
    slot = sha256(f"{name} {int(expires.timestamp())}".encode()).digest()[0] % SLOTS
    return expires - _leads(lifetime)[slot]


def due(now: datetime, ends: Ends, lifetimes: Mapping[str, timedelta]) -> Due:
    """What has to be signed anew at `now`: bins by number, roles in their order."""
    return Due(
        tuple(number for number, moment in enumerate(_bin_moments(ends, lifetimes)) if moment <= now),
        tuple(role for role, moment in _role_moments(ends, lifetimes) if moment <= now),
        is_head_due(now, ends.snapshot, lifetimes["snapshot"]),
        is_head_due(now, ends.timestamp, lifetimes["timestamp"]),
    )


def next_due(ends: Ends, lifetimes: Mapping[str, timedelta]) -> datetime:
    """The first moment at which something has to be signed anew."""
    moments = [*_bin_moments(ends, lifetimes), *(moment for _, moment in _role_moments(ends, lifetimes))]
    moments += [due_time(ends.snapshot, lifetimes["snapshot"]), due_time(ends.timestamp, lifetimes["timestamp"])]
    return min(moments)


def bin_key(number: int) -> str:
    """By what name the bin of this number is spread over time."""
    return f"bin {number}"


@lru_cache(maxsize=4)
def _leads(lifetime: timedelta) -> tuple[timedelta, ...]:
    """By slot, how long before its end one of many is signed anew."""
    return tuple(lifetime / 3 + lifetime / 3 * slot / SLOTS for slot in range(SLOTS))


def _bin_moments(ends: Ends, lifetimes: Mapping[str, timedelta]) -> Iterator[datetime]:
    names = ((bin_key(number), expires) for number, expires in enumerate(ends.bins))
    return (spread_due_time(name, expires, lifetimes["bin-n"]) for name, expires in names)


def _role_moments(ends: Ends, lifetimes: Mapping[str, timedelta]) -> Iterator[tuple[str, datetime]]:
    """Roles before bins live as long as bins do."""
    return ((role, spread_due_time(role, expires, lifetimes["bin-n"])) for role, expires in ends.roles.items())
