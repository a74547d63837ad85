"""Many bins at once: rendered from their rows, signed and written beside their names, by one process or by two."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ceremony.online.bins import render_bin
from ceremony.online.hot_rows import HotRows
from ceremony.online.key import CheckedSigner
from ceremony.online.packs import Pack, write_pack
from ceremony.online.press_helper import PressHelper, place_of_helper
from ceremony.online.staging import Staging, Syncing

MANY = 256
"""From so many bins on a helper is started: it comes too late for the first thousand, but stays for the next time."""

SOME = 32
"""From so many bins on it is worth talking to a helper that is there already."""

_PACK_BINS = 16
_PACK_BYTES = 1 << 18
"""What is given to the helper at once: some milliseconds of work, and less than a pipe holds."""


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

    def write_all(self, bins: Sequence[BinEdition]) -> None:
        """Each file is written beside its name and durable; `Staging.place` gives them their names.

        A helper takes what this process does not get to, where it can open the key too. Whatever becomes of a helper,
        the bins are written.
        Raises: StorageError; TamperedError.
        """
        helper = self._helper(len(bins))
        with self.stage.syncing() as syncing:
            try:
                for pack in self._packs(bins, syncing):
                    if helper is None or not helper.take(pack):
                        write_pack(self.stage, self.signer, pack)
                for pack in helper.finish() if helper is not None else ():
                    write_pack(self.stage, self.signer, pack)
            except BaseException:
                # What it has in its hands belongs to a publication that is to be tried again.
                self.rows.helping.close()
                raise
        self.stage.sync([each.name for each in bins])

    def _helper(self, count: int) -> PressHelper | None:
        if count < SOME:
            return None
        place = place_of_helper(self.rows.database, self.stage.folder, self.signer)
        return None if place is None else self.rows.helping.ready(place, is_wanted=count >= MANY)

    def _packs(self, bins: Sequence[BinEdition], syncing: Syncing) -> Iterator[Pack]:
        pack: Pack = []
        size = 0
        for number, name, version, expires in bins:
            payload = render_bin(version, expires, [self.rows.entries(number)])
            pack.append((name, payload))
            size += len(payload)
            if len(pack) == _PACK_BINS or size >= _PACK_BYTES:
                yield pack
                syncing.count(size)
                pack, size = [], 0
        if pack:
            yield pack
