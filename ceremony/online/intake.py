"""Requests become durable change requests: what is acknowledged here will be published, whatever happens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, Row, func, insert, select

from ceremony.core.artifact_rules import ARTIFACT_RULES, ArtifactCase
from ceremony.core.plan import instant_text
from ceremony.core.request_rules import PATH_RULES, REQUEST_RULES, RequestCase
from ceremony.core.strict_json import Json
from ceremony.online.bins import bin_of, render_fragment
from ceremony.online.shelf import Artifact
from ceremony.online.store import Store
from ceremony.online.tables import BINS, CHANGES, PUBLICATIONS, TARGETS


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for: this entry at this path, or none at all."""

    path: str
    fragment: bytes | None

    @property
    def key(self) -> str:
        """The same for equal requests alone."""
        return sha256(b"remove" if self.fragment is None else b"add " + self.fragment).hexdigest()


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


def take_in(store: Store, requests: Sequence[Request], now: datetime) -> tuple[Ticket, ...]:
    """A ticket for each request, in order; all of them are durable, or none.

    A request that equals the last one for its path is that one: repeating it is harmless.
    Raises: RefusedError (DELIVERED-FIRST, TARGET-PRESENT, PATH-ONCE); StorageError.
    """
    with store.writing() as connection:
        return enter(connection, requests, now)


def enter(connection: Connection, requests: Sequence[Request], now: datetime) -> tuple[Ticket, ...]:
    """The same in a transaction of the caller's, who has to undo it all if one of them is refused.

    Raises: RefusedError (DELIVERED-FIRST, TARGET-PRESENT, PATH-ONCE).
    """
    together: dict[str, tuple[tuple[str, bytes | None], ...]] = {}
    for request in requests:
        together[request.path] = (*together.get(request.path, ()), (request.path, request.fragment))
    count = connection.execute(select(func.count()).select_from(BINS)).scalar_one()
    return tuple(_take_in(connection, request, together[request.path], count, now) for request in requests)


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


def _take_in(
    connection: Connection, request: Request, together: tuple[tuple[str, bytes | None], ...], count: int, now: datetime
) -> Ticket:
    last = _last_change(connection, request.path)
    if last is not None and last.key == request.key:
        return Ticket(last.number, request.path, is_repeated=True)
    found = _standing(connection, request.path, count) if last is None else last.fragment
    REQUEST_RULES.check(RequestCase(request.path, request.fragment, found, together, count > 0))
    row = {"key": request.key, "path": request.path, "fragment": request.fragment, "received_at": instant_text(now)}
    number = connection.execute(insert(CHANGES).values(row).returning(CHANGES.c.number)).scalar_one()
    return Ticket(number, request.path, is_repeated=False)


def _last_change(connection: Connection, path: str) -> Row[int, str, bytes | None] | None:
    query = select(CHANGES.c.number, CHANGES.c.key, CHANGES.c.fragment).where(CHANGES.c.path == path)
    return connection.execute(query.order_by(CHANGES.c.number.desc()).limit(1)).one_or_none()


def _standing(connection: Connection, path: str, count: int) -> bytes | None:
    if count == 0:
        return None
    query = select(TARGETS.c.fragment).where(TARGETS.c.bin == bin_of(path, count), TARGETS.c.path == path)
    return connection.execute(query).scalar_one_or_none()
