"""A record of targets held against what the database lists now: what differs, and who asked for it last."""

import contextlib
import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, select

from ceremony.core import strict_json
from ceremony.core.strict_json import Json
from ceremony.errors import TamperedError
from ceremony.online.bins import bin_of
from ceremony.online.compare_rows import DIFFERENCES, Kind, begin, counts, find, move_elsewhere, put, record_table
from ceremony.online.import_rows import check_delivered, check_once
from ceremony.online.import_source import START, ImportSource
from ceremony.online.import_taking import waits_to_be_taken
from ceremony.online.importing import Watch, stop_at
from ceremony.online.last_asked import LastAsked, last_asked
from ceremony.online.reach import out_of_reach
from ceremony.online.store import Store
from ceremony.online.tables import BINS, CHANGES, PUBLICATIONS, TARGETS

_AT_ONCE = 20_000
"""So many differences are in memory at once."""

_PATHS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Difference:
    """A path whose entry is another here than in the record; of the two entries, one may be missing.

    `line` is where the record has it, `bin` where it is here, `last` who asked last for this path, if that is known.
    """

    kind: Kind
    path: str
    wanted: bytes | None
    found: bytes | None
    line: int | None
    bin: int | None
    last: LastAsked | None

    @property
    def differs(self) -> tuple[str, ...]:
        """What does, of an entry that is in both: `length`, `hashes`, `custom`; `entry` if it is none here."""
        if self.kind is not Kind.CHANGED:
            return ()
        wanted, found = entry_in(self.wanted, self.path), entry_in(self.found, self.path)
        if wanted is None or found is None:
            return ("entry",)
        names = sorted({*wanted, *found}, reverse=True)
        # With the same values, it is written otherwise than clients write it: they find no good signature.
        return tuple(name for name in names if wanted.get(name) != found.get(name)) or ("entry",)

    @property
    def is_past_requests(self) -> bool:
        """True when what is here is not what was asked for last: the database was changed by something else."""
        return self.last is not None and self.last.fragment != self.found


@dataclass(frozen=True, slots=True)
class Totals:
    """How many targets there are here and in the record, how many differ and in which way, and what waits.

    `publication` is the newest that is out: changes that wait for a later one count as not done.
    """

    here: int
    kinds: Mapping[Kind, int]
    publication: int
    waiting: int
    waits_import: bool
    bins: int

    @property
    def record(self) -> int:
        """How many paths the record has."""
        return self.here - self.kinds[Kind.ADDED] + self.kinds[Kind.MISSING] + self.kinds[Kind.ELSEWHERE]

    @property
    def are_same(self) -> bool:
        """True when nothing differs."""
        return not any(self.kinds[kind] for kind in (Kind.CHANGED, Kind.ADDED, Kind.MISSING))


class Comparison:
    """What differs, as it was at one moment; it can be read as long as the block that made it."""

    def __init__(self, connection: Connection, totals: Totals) -> None:
        """Bound to `connection`, which has the tables."""
        self._connection = connection
        self.totals = totals

    def differences(self, kinds: Collection[Kind] = tuple(Kind), most: int | None = None) -> Iterator[Difference]:
        """Those of these kinds, the first so many or all: added ones last, otherwise in order of path.

        Raises: StorageError.
        """
        after, left = 0, most
        names = [kind.value for kind in kinds]
        while left is None or left > 0:
            size = _AT_ONCE if left is None else min(left, _AT_ONCE)
            there = DIFFERENCES.c.number > after, DIFFERENCES.c.kind.in_(names)
            query = select(DIFFERENCES).where(*there).order_by(DIFFERENCES.c.number).limit(size)
            rows = self._connection.execute(query).all()
            asked = last_asked(self._connection, {row.change for row in rows if row.change is not None})
            # Whoever reads takes as long as they like: no transaction stays open for it.
            self._connection.commit()
            for row in rows:
                last = asked.get(row.change)
                yield Difference(Kind(row.kind), row.path, row.wanted, row.found, row.line, row.bin, last)
            if len(rows) < size:
                return
            after, left = rows[-1].number, None if left is None else left - len(rows)

    def astray(self) -> str:
        """The path of one that is here in another bin than its own, "" if none is.

        Raises: StorageError.
        """
        added = self.differences((Kind.ADDED,))
        return next((each.path for each in added if each.bin != bin_of(each.path, self.totals.bins)), "")


@contextlib.contextmanager
def compared(store: Store, source: ImportSource, watch: Watch) -> Iterator[Comparison]:
    """What differs between this record and the targets of the store, while the block lasts.

    Nothing is written into the store. The record is read to its end before anything is compared.
    Raises: RefusedError (DELIVERED-FIRST; PATH-ONCE if the record has two entries for one path), or for the first line
    of the record that breaks a rule, which it names; StorageError; what the source raises.
    """
    check_delivered(store)
    with store.reading() as connection:
        try:
            begin(connection)
            connection.commit()
            _read(connection, source, watch)
            check_once(connection, record_table())
            connection.commit()
            totals = _find(store, connection)
            connection.commit()
            yield Comparison(connection, _apart(store, connection, totals))
        finally:
            # With its connection, all that is its own goes, however this has ended.
            connection.invalidate()


def entry_in(fragment: bytes | None, path: str) -> Mapping[str, Json] | None:
    """What this entry of metadata says of the target at `path`; None if it says nothing of it, or of others too."""
    try:
        fields = strict_json.decode_canonical(b"{%s}" % (fragment or b""), path)
    except TamperedError:
        return None
    entry = fields.get(path) if isinstance(fields, Mapping) and len(fields) == 1 else None
    return entry if isinstance(entry, Mapping) else None


def _read(connection: Connection, source: ImportSource, watch: Watch) -> None:
    watch(0, source.total)
    for piece in source.pieces(START):
        stop_at(piece.refused)
        if piece.rows:
            put(connection, piece.rows)
            connection.commit()
        watch(piece.mark.position, source.total)


def _find(store: Store, connection: Connection) -> Totals:
    """All of it is as it is at one moment."""
    count = connection.execute(select(func.count()).select_from(BINS)).scalar_one()
    find(connection, count)
    here = connection.execute(select(func.count()).select_from(TARGETS)).scalar_one()
    out = select(func.coalesce(func.max(PUBLICATIONS.c.number), 0)).where(PUBLICATIONS.c.is_published)
    publication = connection.execute(out).scalar_one()
    waits = select(func.count()).select_from(CHANGES).where(CHANGES.c.publication.is_(None))
    waiting = connection.execute(waits).scalar_one()
    return Totals(here, counts(connection), publication, waiting, waits_to_be_taken(store), count)


def _apart(store: Store, connection: Connection, totals: Totals) -> Totals:
    """What is missing only as clients ask somebody else for it is told apart."""
    found = Comparison(connection, totals)
    missing = found.differences((Kind.MISSING,))
    while paths := [each.path for each in itertools.islice(missing, _PATHS_AT_ONCE)]:
        away = [*out_of_reach(store, paths)]
        if away:
            move_elsewhere(connection, away)
            connection.commit()
    kinds = counts(connection)
    connection.commit()
    return replace(totals, kinds=kinds)
