"""Targets brought back to a record, by change requests like any others: durable in batches, then published."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ceremony.core.compare_rules import ADDED_RULES, AddedCase
from ceremony.online.compare_rows import Kind
from ceremony.online.comparing import Comparison
from ceremony.online.intake import Request, take_in
from ceremony.online.store import Store
from ceremony.online.tasks import covered

_AT_ONCE = 10_000
"""So many change requests become durable together: meanwhile nobody else can write to the database."""


class Added(StrEnum):
    """What is to become of targets that the record does not have."""

    REMOVE = "remove"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class BroughtBack:
    """How many change requests were made, and the number of the last."""

    requests: int
    last: int

    def is_out(self, store: Store) -> bool:
        """True when clients can see what all of them asked for.

        Raises: StorageError.
        """
        return covered(store) >= self.last


def check_added(comparison: Comparison, added: Added | None) -> None:
    """Nothing, if it is decided what becomes of targets that the record does not have, and it can be done.

    Raises: RefusedError (COMPARE-ADDED, COMPARE-PLACE); StorageError.
    """
    astray = comparison.astray() if added is Added.REMOVE else ""
    ADDED_RULES.check(AddedCase(comparison.totals.kinds[Kind.ADDED], added is not None, astray))


def bring_back(store: Store, comparison: Comparison, added: Added | None, now: datetime) -> BroughtBack:
    """Every change request that it takes is durable, at `now` (UTC); the same again makes none twice that still wait.

    Raises: RefusedError (COMPARE-ADDED, COMPARE-PLACE), and then none is made; StorageError, and then some may be.
    """
    check_added(comparison, added)
    requests = _requests(comparison, added)
    made, last = 0, 0
    while batch := [*itertools.islice(requests, _AT_ONCE)]:
        tickets = take_in(store, batch, now)
        made, last = made + len(tickets), max(last, *(ticket.number for ticket in tickets))
    return BroughtBack(made, last)


def _requests(comparison: Comparison, added: Added | None) -> Iterator[Request]:
    kinds = {Kind.CHANGED, Kind.MISSING}.union({Kind.ADDED} if added is Added.REMOVE else ())
    # What is here is no longer what was asked for: asking for the same once more is no repetition of that.
    occasion = f"as recorded, after publication {comparison.totals.publication}"
    for each in comparison.differences(kinds):
        yield Request(each.path, each.wanted, occasion)
