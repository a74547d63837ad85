"""Going on from a backup: the database of a home that has none, brought up to what clients have seen before it counts.

An older database would sign other bytes under versions that clients have. So nothing is in place before that is ruled
out: what was published since is taken back out of the shelf, and all that the online key signs comes anew, as many
versions further as there were publications since. Where that cannot be done, nothing is restored.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from ceremony.core.policy import Policy
from ceremony.errors import RefusedError, TamperedError
from ceremony.online.backup import Watch, contents, copied, refuse_damaged, refuse_existing
from ceremony.online.catching_up import Recovered, arrived, keep_names, published_version, seen, take_back
from ceremony.online.home import Home
from ceremony.online.remade import remade
from ceremony.online.republishing import publish_all_again
from ceremony.online.schema import Schema, migrate, schema_of
from ceremony.online.store import Publication, Store, open_store

Read = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the operator knows and allows.

    With `skip`, nothing is left of what was published, which was so many publications since the backup at most. With
    `may_lose`, bins that are not on the shelf lose what was changed in them since.
    """

    skip: int | None = None
    may_lose: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it: the timestamp of the backup, how many publications it had missed, and what was taken back.

    `files` are the names of keyholders' files that came since.
    """

    timestamp: int
    missed: int
    files: tuple[str, ...]
    recovered: Recovered


_NOTHING = Recovered(0, 0, ())
_CUT_SHORT = 1
"""One publication more than clients have seen may have left files: what an object store has it never writes over."""


def restore(  # noqa: PLR0913, PLR0917  # from where, to where, and on which terms
    home: Home, file: Path, read: Read, terms: Terms, now: datetime, watch: Watch
) -> Restored:
    """The home has a database again, out of the backup `file`; `read` gives files of the shelf. Nothing is published.

    Raises: StorageError (EEXIST) over a database that is there, EBUSY while a signer serves; TamperedError for a
    damaged backup; RefusedError (RESTORE-...) and then the home has no database.
    """
    home.prepare()
    with home.writing():
        refuse_existing(home.database)
        with copied(file, home.database, watch) as beside:
            refuse_damaged(beside)
            with contextlib.closing(open_store(beside)) as store:
                _migrate(store)
                timestamp = contents(store).timestamp
                found = _bring_up(store, read, terms, now)
    return Restored(timestamp, *found)


def _migrate(store: Store) -> None:
    with store.writing() as connection:
        schema = schema_of(connection, str(store.path))
        if schema is Schema.ABSENT:
            raise TamperedError("not the database of a signer", str(store.path))
        if schema is Schema.EARLIER:
            migrate(connection)


def _bring_up(store: Store, read: Read, terms: Terms, now: datetime) -> tuple[int, tuple[str, ...], Recovered]:
    last, timestamp = store.last_publication(), published_version(store, read)
    if timestamp is None:
        return _go_on(store, last, terms, now)
    if last is None:
        found = f"timestamp {timestamp.version} on the shelf"
        raise RefusedError("RESTORE-KNOWN", found, "a backup that was made after the first delivery")
    missed = timestamp.version - last.timestamp.version
    if missed <= 0:
        state = remade(store)
        if missed == 0 and state is not None and state.timestamp().payload != timestamp.payload:
            found = f"another timestamp {timestamp.version} on the shelf"
            raise RefusedError("RESTORE-KNOWN", found, "a backup of what was published there")
        return 0, (), _NOTHING
    what = seen(store, read, timestamp)
    files = arrived(store, read, what, now, Policy())
    _finish(store, read, last)
    recovered = take_back(store, read, what, last.number, now)
    if recovered.lost and not terms.may_lose:
        found = f"{len(recovered.lost)} files that clients have seen are not on the shelf: {recovered.lost[0]} ..."
        raise RefusedError("RESTORE-WHOLE", found, "all of them, from a mirror or another copy")
    publish_all_again(store, now, missed + _CUT_SHORT, files, what.versions)
    keep_names(store, what)
    return missed, tuple(each.name for each in files), recovered


def _go_on(
    store: Store, last: Publication | None, terms: Terms, now: datetime
) -> tuple[int, tuple[str, ...], Recovered]:
    """Without a shelf only the operator can know what clients have seen."""
    if last is None:
        return 0, (), _NOTHING
    if terms.skip is None:
        raise RefusedError("RESTORE-SEEN", "no timestamp on the shelf", "the repository as clients see it")
    _finish(store, lambda _name: None, last)
    publish_all_again(store, now, terms.skip + _CUT_SHORT, (), {})
    return terms.skip, (), _NOTHING


def _finish(store: Store, read: Read, last: Publication) -> None:
    """The last publication of the backup is out: it was, or is overtaken by what comes."""
    if not last.is_published:
        data = read(f"{last.snapshot.version}.snapshot.json") or b""
        store.mark_published(last.number, max(1, len(data)), sha256(data).hexdigest())
