"""What a publication of changes alone reads and writes of a PostgreSQL, by its driver: many rows in one round trip.

It is in a transaction of SQLAlchemy's, which begins and ends it, and sees to it that nobody else writes meanwhile.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import psycopg
from sqlalchemy import Connection

from ceremony.core.plan import instant_text
from ceremony.online.bins import bin_of
from ceremony.online.editions import Publication
from ceremony.online.hot_rows import OTHER_WORK

_LOOK = f"""SELECT number, fence, snapshot_version, snapshot_sha256, timestamp_version, is_published, ({OTHER_WORK}),
    (SELECT coalesce(max(number), 0)
        FROM (SELECT number FROM changes WHERE publication IS NULL ORDER BY number LIMIT %s) AS waiting)
    FROM publications ORDER BY number DESC LIMIT 1"""  # noqa: S608  # of constants
_RECORD = """INSERT INTO publications
    (number, at, snapshot_version, snapshot_expires, timestamp_version, timestamp_expires,
    snapshot_length, snapshot_sha256, is_published, fence)
    VALUES (%s, %s, %s, %s, %s, %s, 0, '', false, (SELECT number FROM lease)) RETURNING fence"""
_WAITING = "SELECT path, fragment FROM changes WHERE publication IS NULL AND number <= %s ORDER BY number"
_TAKE_AWAY = """DELETE FROM targets USING unnest(%s::integer[], %s::text[]) AS gone (bin, path)
    WHERE targets.bin = gone.bin AND targets.path = gone.path"""
_PUT = """INSERT INTO targets (bin, path, fragment)
    SELECT * FROM unnest(%s::integer[], %s::text[], %s::bytea[])"""
_TAKEN = "UPDATE changes SET publication = %s WHERE publication IS NULL AND number <= %s"
_RENEW = """UPDATE bins SET version = new.version, expires = %s, publication = %s
    FROM unnest(%s::integer[], %s::integer[]) AS new (number, version)
    WHERE bins.number = new.number AND bins.version = new.version - 1"""
_ENTRIES = r"""SELECT bin, string_agg(fragment, '\x2c'::bytea ORDER BY path) FROM targets
    WHERE bin = ANY(%s::integer[]) GROUP BY bin"""


class Newest(NamedTuple):
    """The row of the newest publication: the hash of its snapshot tells it from any other with the same numbers."""

    number: int
    fence: int
    snapshot_version: int
    snapshot_sha256: str
    timestamp_version: int
    is_published: bool


class Look(NamedTuple):
    """The newest publication, whether something else waits than changes, and the last of the first changes that do."""

    newest: Newest
    has_other_work: bool
    last_change: int


class PostgresHotRows:
    """The rows that every publication touches, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Bound to the transaction of `connection`."""
        driver = connection.connection.driver_connection
        if not isinstance(driver, psycopg.Connection):
            raise TypeError(driver)
        self._driver: psycopg.Connection[tuple[object, ...]] = driver

    def look(self, most: int) -> Look | None:
        """How things stand, and the number of the last of the first so many changes that wait, 0 if none does.

        None before the first publication.
        """
        row = self._run(_LOOK, most).fetchone()
        if row is None:
            return None
        number, fence, snapshot, digest, timestamp, is_published, has_other_work, last = row
        newest = Newest(
            _count(number), _count(fence), _count(snapshot), str(digest), _count(timestamp), bool(is_published)
        )
        return Look(newest, bool(has_other_work), _count(last))

    def record(self, publication: Publication) -> int:
        """The intent has its row, under the fence that is given back; what comes with it is to follow."""
        snapshot, timestamp = publication.snapshot, publication.timestamp
        row = self._run(
            _RECORD,
            publication.number,
            instant_text(publication.at),
            snapshot.version,
            instant_text(snapshot.expires),
            timestamp.version,
            instant_text(timestamp.expires),
        ).fetchone()
        return _count(row[0] if row else None)

    def take(self, last: int, publication: int, count: int) -> set[int]:
        """The numbers of the bins, of `count`, that change as all that waits up to change `last` is taken in."""
        entries = {str(path): fragment for path, fragment in self._run(_WAITING, last)}
        bins = [bin_of(path, count) for path in entries]
        self._run(_TAKE_AWAY, bins, [*entries])
        kept = [(number, *entry) for number, entry in zip(bins, entries.items(), strict=True) if entry[1] is not None]
        if kept:
            self._run(_PUT, *([*column] for column in zip(*kept, strict=True)))
        self._run(_TAKEN, publication, last)
        return {*bins}

    def renew(self, bins: Sequence[tuple[int, int]], expires: datetime, publication: int) -> bool:
        """These bins, as (number, version), come with this publication, until `expires`.

        False where one of them was not at the version before: then the transaction is good for nothing.
        """
        numbers, versions = [number for number, _ in bins], [version for _, version in bins]
        done = self._run(_RENEW, instant_text(expires), publication, numbers, versions)
        return done.rowcount == len(numbers)

    def entries(self, numbers: Sequence[int]) -> Mapping[int, bytes]:
        """By number, the entries of each of these bins, in order of path, with commas between them."""
        found = {_count(number): joined for number, joined in self._run(_ENTRIES, [*numbers])}
        return {number: joined for number, joined in found.items() if isinstance(joined, bytes)}

    def _run(self, query: str, *values: object) -> "psycopg.Cursor[tuple[object, ...]]":
        # Binary, both ways: fragments would be twice as long in hexadecimal digits.
        return self._driver.cursor(binary=True).execute(query.encode(), values)


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0
