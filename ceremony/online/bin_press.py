"""Many bins at once: rendered from their rows, signed and written beside their names, by one process or by two."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ceremony.core.keys import fields_of
from ceremony.online.hot_rows import HotRows
from ceremony.online.key import FILE_SCHEME, CheckedSigner
from ceremony.online.log import is_key_use_told
from ceremony.online.packs import BinEdition, Pack, write_pack
from ceremony.online.press_helper import PressHelper, PressPlace
from ceremony.online.staging import Staging, Syncing

MANY = 32
"""From so many bins on a helper is worth it: it comes too late for the first thousand, but stays for the next time."""

SOME = 20
"""Who is there already takes a share from so many on."""

_PACK_BINS = 16
"""What is taken at once, at most: each pack costs the helper's pipes about as much as half a bin."""

_PACKS = 128
"""So many of them there are at least, with few bins each: whoever is through first waits for the other's last one."""

_FEWEST = 4


@dataclass(frozen=True, slots=True)
class BinPress:
    """What is needed to make the files of bins, whose rows and versions are durable."""

    rows: HotRows
    stage: Staging
    signer: CheckedSigner

    def write_all(self, bins: Sequence[BinEdition]) -> None:
        """Each file is written beside its name: `Staging.sync` makes them durable, `Staging.place` names them.

        A helper takes what this process does not get to, where it can open the key too. Whatever becomes of a helper,
        the bins are written.
        Raises: StorageError; TamperedError.
        """
        helper = self._helper(len(bins))
        size = min(_PACK_BINS, max(_FEWEST, len(bins) // _PACKS))
        packs = [bins[start : start + size] for start in range(0, len(bins), size)]
        with self.stage.syncing() as syncing:
            try:
                if helper is None:
                    self._write(packs, syncing)
                else:
                    self._share(packs, syncing, helper)
            except BaseException:
                # What it has in its hands belongs to a publication that is to be tried again.
                self.rows.helping.close()
                raise

    def _write(self, packs: Iterable[Pack], syncing: Syncing) -> None:
        for pack in packs:
            syncing.count(write_pack(self.rows, self.stage, self.signer, pack))

    def _share(self, packs: Sequence[Pack], syncing: Syncing, helper: PressHelper) -> None:
        for done, pack in enumerate(packs):
            if not helper.take(pack, len(packs) - done):
                with helper.beside():
                    self._write([pack], syncing)
        self._write(helper.finish(), syncing)

    def _helper(self, count: int) -> PressHelper | None:
        if count < (SOME if self.rows.helping.is_there else MANY):
            return None
        place = place_of_helper(self.rows.database, self.stage.folder, self.signer)
        return None if place is None else self.rows.helping.ready(place)


def place_of_helper(database: Path, folder: Path, signer: CheckedSigner) -> PressPlace | None:
    """Where a helper of the signer with this database works; None where its key can be open in one process only."""
    if not signer.uri.startswith(f"{FILE_SCHEME}:"):
        return None
    return PressPlace(
        str(database), str(folder), str(database.parent), signer.uri, fields_of(signer.key), is_key_use_told()
    )
