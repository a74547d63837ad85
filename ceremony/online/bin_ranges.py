"""A range of the bins of one publication: whoever makes it, on whichever machine, puts the same files on the shelf.

Entries, versions and the state of the publication are read at one moment, a few bins at a time. So what is put is what
the publication's intent says, also where its time is over by then; and no file of a range is ever written over.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Connection, func, select

from ceremony.core.bin_delegation import bin_names
from ceremony.core.metadata_file import decode_metadata_file, file_parts
from ceremony.errors import TamperedError
from ceremony.online.bins import render_bin
from ceremony.online.creating_shelf import CreatingShelf, NewFile
from ceremony.online.key import CheckedSigner
from ceremony.online.lease import read_lease
from ceremony.online.packs import BinEdition
from ceremony.online.store import Store
from ceremony.online.tables import BINS, PUBLICATIONS, TARGETS

VERY_MANY = 2_000
"""From so many bins on it is worth asking other machines."""

RANGE = 256
"""How many bins are handed out together: some seconds of work, which is what is lost where somebody dies over it."""

_AT_ONCE = 16
"""So many bins are in memory at once."""

_names = lru_cache(maxsize=1)(bin_names)


@dataclass(frozen=True, slots=True)
class BinRange:
    """Bins `first` to `last`, as far as they come with this publication, handed out under the lease of this number."""

    publication: int
    lease: int
    first: int
    last: int


class _SupersededError(Exception):
    """Nobody wants this range any more."""


def ranges_of(publication: int, lease: int, numbers: Sequence[int]) -> tuple[BinRange, ...]:
    """The bins of these numbers, which are in order, in ranges."""
    shares = (numbers[start : start + RANGE] for start in range(0, len(numbers), RANGE))
    return tuple(BinRange(publication, lease, share[0], share[-1]) for share in shares)


def put_range(
    store: Store, shelf: CreatingShelf, signer: CheckedSigner, what: BinRange, progress: Callable[[int], None]
) -> bool:
    """True when every bin of the range is in its place; False if another publication, or another lease, came meanwhile.

    Raises: StorageError (EEXIST where a file of other bytes is); TamperedError.
    """
    try:
        shelf.create(_files(store, signer, what), progress)
    except _SupersededError:
        return False
    return True


def _files(store: Store, signer: CheckedSigner, what: BinRange) -> Iterator[NewFile]:
    for first in range(what.first, what.last + 1, _AT_ONCE):
        read = _read(store, what, first, min(first + _AT_ONCE - 1, what.last))
        yield from (_file(edition, fragments, signer) for edition, fragments in read)


def _file(edition: BinEdition, fragments: Iterable[bytes], signer: CheckedSigner) -> NewFile:
    payload = render_bin(edition.version, edition.expires, fragments)

    def is_right(found: bytes) -> bool:
        try:
            lying = decode_metadata_file(found, edition.name.split(".")[1], edition.name)
        except TamperedError:
            return False
        return lying.payload == payload and signer.has_signed(lying)

    return NewFile(edition.name, b"".join(file_parts(payload, signer.sign(payload))), is_right)


def _read(store: Store, what: BinRange, first: int, last: int) -> Iterable[tuple[BinEdition, list[bytes]]]:
    ours = (BINS.c.publication == what.publication) & BINS.c.number.between(first, last)
    with store.reading() as connection:
        if not _is_wanted(connection, what):
            raise _SupersededError
        count = connection.execute(select(func.count()).select_from(BINS)).scalar_one()
        rows = connection.execute(select(BINS).where(ours).order_by(BINS.c.number)).all()
        entries: dict[int, list[bytes]] = {row.number: [] for row in rows}
        query = select(TARGETS.c.bin, TARGETS.c.fragment).where(TARGETS.c.bin.in_(entries))
        for number, fragment in connection.execute(query.order_by(TARGETS.c.bin, TARGETS.c.path)):
            entries[number].append(fragment)
    names = _names(count)
    editions = [
        BinEdition(row.number, f"{row.version}.{names[row.number]}.json", row.version, row.expires) for row in rows
    ]
    return [(each, entries[each.number]) for each in editions]


def _is_wanted(connection: Connection, what: BinRange) -> bool:
    query = select(PUBLICATIONS.c.number, PUBLICATIONS.c.is_published).order_by(PUBLICATIONS.c.number.desc()).limit(1)
    newest = connection.execute(query).one_or_none()
    return newest == (what.publication, False) and read_lease(connection).number == what.lease
