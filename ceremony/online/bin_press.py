"""Many bins at once: rendered from their rows, signed and written beside their names, by one process or by two."""

from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

from ceremony.core.metadata_file import file_parts
from ceremony.online.bins import render_bin
from ceremony.online.hot_rows import HotRows
from ceremony.online.key import CheckedSigner
from ceremony.online.press_helper import PressHelper, place_of_helper
from ceremony.online.staging import Staging

MANY = 2_000
"""From so many bins on it is worth half a second to start a helper."""

_SHARE = 256


class BinEdition(NamedTuple):
    """A bin that gets a new file: its number, the file's name, the version, and until when (as metadata writes it)."""

    number: int
    name: str
    version: int
    expires: str


@dataclass(frozen=True, slots=True)
class BinPress:
    """What is needed to make the files of bins, whose rows and versions are durable."""

    rows: HotRows
    stage: Staging
    signer: CheckedSigner

    def write(self, bins: Iterable[BinEdition]) -> None:
        """Each file is written beside its name, and is not durable yet.

        Raises: StorageError; TamperedError.
        """
        for each in bins:
            payload = render_bin(each.version, each.expires, self.rows.fragments(each.number))
            self.stage.write(each.name, file_parts(payload, self.signer.sign(payload)))

    def write_all(self, bins: Sequence[BinEdition]) -> None:
        """The same for as many as there may be; they are durable, and `Staging.place` gives them their names.

        A helper takes shares of many of them, where it can open the key too; it has ended when this returns.
        Raises: StorageError; TamperedError.
        """
        shares = deque(bins[start : start + _SHARE] for start in range(0, len(bins), _SHARE))
        place = place_of_helper(self.rows.database, self.stage.folder, self.signer) if len(bins) >= MANY else None
        if place is None:
            self._take(shares)
        else:
            self._take_with(PressHelper(place), shares)
        self.stage.sync([each.name for each in bins])

    def _take_with(self, helper: PressHelper, shares: deque[Sequence[BinEdition]]) -> None:
        with helper, ThreadPoolExecutor(1) as pool:
            helping = pool.submit(_hand_out, helper, shares)
            try:
                self._take(shares)
            except BaseException:
                shares.clear()
                raise
            helping.result()

    def _take(self, shares: deque[Sequence[BinEdition]]) -> None:
        while shares:
            try:
                share = shares.popleft()
            except IndexError:
                return
            self.write(share)


def _hand_out(helper: PressHelper, shares: deque[Sequence[BinEdition]]) -> None:
    while shares:
        try:
            # From the other end: each of the two reads pages that lie side by side.
            share = shares.pop()
        except IndexError:
            return
        try:
            helper.write(share)
        except BaseException:
            shares.clear()
            raise
