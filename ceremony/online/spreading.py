"""Very many bins, made by as many machines as there are: handed out as ranges, and waited for as long as it is worth.

Whoever publishes takes part itself, from the other end. It needs nobody: what no worker has taken, or has taken and
not finished, it makes by itself, and what is not on the shelf in the end it finds out.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ceremony.core.bin_delegation import bin_names
from ceremony.online.bin_ranges import BinRange, put_range, ranges_of
from ceremony.online.creating_shelf import CreatingShelf
from ceremony.online.key import CheckedSigner
from ceremony.online.lease import read_lease
from ceremony.online.store import Store
from ceremony.online.work_queue import Standing, hand_out, standing_of, take_back

POLL_SECONDS = 0.2
PATIENCE_SECONDS = 60.0
"""For so long nothing may be finished by anybody before whoever publishes does all the rest."""


@dataclass(frozen=True, slots=True)
class Spreading:
    """The bins of one publication under way; `progress` is told of every bin that this process has put, and of none."""

    store: Store
    shelf: CreatingShelf
    signer: CheckedSigner
    progress: Callable[[int], None]
    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def put(self, publication: int, numbers: Sequence[int]) -> frozenset[int]:
        """The numbers of those bins, all of this publication, whose file is on the shelf now.

        Raises: StorageError (ESTALE if another process publishes now); TamperedError.
        """
        with self.store.leading() as connection:
            ranges = ranges_of(publication, read_lease(connection).number, numbers)
            handed = hand_out(connection, ranges)
        # Workers come from one end, and this process from the other.
        left = {number: what for number, what in reversed(handed.items()) if not self._take(number, what)}
        self._await(left)
        return self._found(numbers)

    def _take(self, number: int, what: BinRange) -> bool:
        """True if nobody had taken this range, and this process has made it."""
        if not take_back(self.store, number):
            return False
        self._do(what)
        return True

    def _do(self, what: BinRange) -> None:
        self.store.check_lease()
        put_range(self.store, self.shelf, self.signer, what, self.progress)

    def _await(self, left: dict[int, BinRange]) -> None:
        until = self.seconds() + PATIENCE_SECONDS
        while left and self.seconds() < until:
            finished = [each for each, how in standing_of(self.store, [*left]).items() if self._ends(each, how, left)]
            for number in finished:
                del left[number]
                until = self.seconds() + PATIENCE_SECONDS
            if not finished:
                self.store.check_lease()
                self.progress(0)
                self.sleep(POLL_SECONDS)
        for what in left.values():
            self._do(what)

    def _ends(self, number: int, how: Standing, left: Mapping[int, BinRange]) -> bool:
        """True if nothing is left to do of this range, maybe because this process has done it now."""
        if how is Standing.WAITING:
            return self._take(number, left[number])
        if how is Standing.LEFT:
            self._do(left[number])
        return how is not Standing.TAKEN

    def _found(self, numbers: Sequence[int]) -> frozenset[int]:
        there, editions = {*self.shelf.names()}, self.store.bins()
        names = bin_names(len(editions))
        return frozenset(each for each in numbers if f"{editions[each].version}.{names[each]}.json" in there)
