"""Requests become durable change requests: what is acknowledged here will be published, whatever happens."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, func, select

from ceremony.core.artifact_rules import ARTIFACT_RULES, ArtifactCase
from ceremony.core.plan import instant_text
from ceremony.core.request_rules import PATH_RULES, REQUEST_RULES, RequestCase
from ceremony.core.strict_json import Json
from ceremony.online.bins import bin_of, render_fragment
from ceremony.online.collector import collector_at_rest
from ceremony.online.intake_driver import rows_of
from ceremony.online.intake_rows import IntakeRows, NewChange
from ceremony.online.shelf import Artifact
from ceremony.online.store import Store
from ceremony.online.tables import CHANGES, PUBLICATIONS

_MANY = 1_000


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for: this entry at this path, or none at all.

    `occasion` makes it another than an equal one that came before: what it asks for may have been changed since, past
    all requests.
    """

    path: str
    fragment: bytes | None
    occasion: str = ""

    @property
    def key(self) -> str:
        """The same for equal requests alone."""
        what = b"remove" if self.fragment is None else b"add " + self.fragment
        return sha256(what + self.occasion.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Ticket:
    """A durable change request; `is_repeated` when an equal one had come before and stood last for its path."""

    number: int
    path: str
    is_repeated: bool


def add_request(path: str, artifact: Artifact, custom: Json = None) -> Request:
    """A request for the target `path` with the content of `artifact`.

    Raises: RefusedError for a path that breaks a rule.
    """
    PATH_RULES.check(path)
    return Request(path, render_fragment(path, artifact.length, {"sha256": artifact.sha256}, custom))


def told_request(path: str, case: ArtifactCase) -> Request:
    """A request for the target `path`, of whose content the signer knows what it is told, and no more.

    Raises: RefusedError for a path, or what is told, that breaks a rule.
    """
    PATH_RULES.check(path)
    ARTIFACT_RULES.check(case)
    return Request(path, render_fragment(path, case.bytes_long, case.small_hashes, case.custom))


def remove_request(path: str) -> Request:
    """A request that `path` be no target any more.

    Raises: RefusedError for a path that breaks a rule.
    """
    PATH_RULES.check(path)
    return Request(path, None)


@dataclass(slots=True)
class _Last:
    """The newest request for a path; its number is 0 until it is written."""

    number: int
    key: str
    fragment: bytes | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request stands that was judged; its ticket can be had once it is written."""

    path: str
    last: _Last
    is_repeated: bool

    @property
    def ticket(self) -> Ticket:
        """Its ticket."""
        return Ticket(self.last.number, self.path, self.is_repeated)


class Entrance:
    """Where requests come into one transaction of the caller's: judged one after another, and written together."""

    def __init__(self, rows: IntakeRows, paths: Sequence[str], now: datetime) -> None:
        """At `now` (UTC), for requests for these paths."""
        self._rows = rows
        self._count = rows.bin_count()
        self._received_at = instant_text(now)
        self._last = {path: _Last(*last) for path, last in rows.last_changes(paths).items()}
        self._new: list[tuple[str, _Last]] = []

    def judge(self, requests: Sequence[Request]) -> tuple[Place, ...]:
        """Where each of these stands, all of which were asked for together.

        Raises: RefusedError (DELIVERED-FIRST, TARGET-PRESENT, PATH-ONCE), and then none of them stands anywhere.
        """
        # Each once: somebody may ask for the same thing a million times in one request.
        distinct = dict.fromkeys(requests)
        together: dict[str, list[tuple[str, bytes | None]]] = {}
        for request in distinct:
            together.setdefault(request.path, []).append((request.path, request.fragment))
        for request in distinct:
            self._check(request, together[request.path])
        return tuple(self._place(request) for request in requests)

    def write(self) -> None:
        """All that was judged and is new is in the transaction."""
        rows = [NewChange(last.key, path, last.fragment) for path, last in self._new]
        numbers = self._rows.insert(rows, self._received_at) if rows else ()
        for (_, last), number in zip(self._new, numbers, strict=True):
            last.number = number
        self._new = []

    def _check(self, request: Request, together: Sequence[tuple[str, bytes | None]]) -> None:
        last = self._last.get(request.path)
        if last is None or last.key != request.key:
            # On an occasion, what is there counts, and not what was asked for.
            found = self._standing(request) if last is None or request.occasion else last.fragment
            case = RequestCase(request.path, request.fragment, found, tuple(together), self._count > 0)
            REQUEST_RULES.check(case)

    def _place(self, request: Request) -> Place:
        last, key = self._last.get(request.path), request.key
        if last is not None and last.key == key:
            return Place(request.path, last, is_repeated=True)
        last = self._last[request.path] = _Last(0, key, request.fragment)
        self._new.append((request.path, last))
        return Place(request.path, last, is_repeated=False)

    def _standing(self, request: Request) -> bytes | None:
        # Whoever adds may do so whatever is there: only for a removal does anybody ask.
        if self._count == 0 or request.fragment is not None:
            return None
        return self._rows.standing(request.path, bin_of(request.path, self._count))


def take_in(store: Store, requests: Sequence[Request], now: datetime) -> tuple[Ticket, ...]:
    """A ticket for each request, in order; all of them are durable, or none.

    A request that equals the last one for its path is that one: repeating it is harmless.
    Raises: RefusedError (DELIVERED-FIRST, TARGET-PRESENT, PATH-ONCE); StorageError.
    """
    with store.entering() as rows:
        return _enter(rows, requests, now)


def enter(connection: Connection, requests: Sequence[Request], now: datetime) -> tuple[Ticket, ...]:
    """The same in a transaction of the caller's.

    Raises: RefusedError (DELIVERED-FIRST, TARGET-PRESENT, PATH-ONCE), and then the transaction has nothing of them.
    """
    return _enter(rows_of(connection), requests, now)


def are_published(store: Store, tickets: Sequence[Ticket]) -> bool:
    """True when clients can see what every one of these tickets asked for."""
    out = PUBLICATIONS.c.is_published & (PUBLICATIONS.c.number == CHANGES.c.publication)
    query = select(func.count()).select_from(CHANGES.join(PUBLICATIONS, out))
    with store.reading() as connection:
        return all(
            connection.execute(query.where(CHANGES.c.number == ticket.number)).scalar_one() for ticket in tickets
        )


def waiting_count(store: Store) -> int:
    """How many change requests wait for their publication."""
    query = select(func.count()).select_from(CHANGES).where(CHANGES.c.publication.is_(None))
    with store.reading() as connection:
        return connection.execute(query).scalar_one()


def _enter(rows: IntakeRows, requests: Sequence[Request], now: datetime) -> tuple[Ticket, ...]:
    with collector_at_rest() if len(requests) >= _MANY else contextlib.nullcontext():
        entrance = Entrance(rows, [request.path for request in requests], now)
        places = entrance.judge(requests)
        entrance.write()
        return tuple(place.ticket for place in places)
