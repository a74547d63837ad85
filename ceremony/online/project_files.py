"""The metadata that projects signed, in the order in which it came: waiting, published, or refused by the writer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from ceremony.core.metadata_file import MetadataFile, decode_metadata_file
from ceremony.core.plan import instant_text
from ceremony.core.projects import PROJECT_PREFIX, project_role
from ceremony.errors import RefusedError
from ceremony.online.refusal import raise_refusal, refusal_text
from ceremony.online.store import Store
from ceremony.online.tables import PROJECT_FILES, PUBLICATIONS

TOGETHER_BYTES = 64 << 20
"""How much of what projects uploaded comes with one publication at most: the writer has all of it in memory."""


@dataclass(frozen=True, slots=True)
class Upload:
    """Metadata of a project that is durable here; `is_waiting` until the publication with which it comes."""

    number: int
    file: MetadataFile
    is_waiting: bool

    @property
    def name(self) -> str:
        """The project's name."""
        return self.file.role.removeprefix(PROJECT_PREFIX)


def waiting_uploads(store: Store, together_bytes: int = TOGETHER_BYTES) -> tuple[Upload, ...]:
    """The uploads that wait for their publication, in the order in which they came: all, or so many bytes of them.

    The first one is always there, and what is not waits for the publication after.
    """
    length = func.length(PROJECT_FILES.c.data)
    before = (func.sum(length).over(order_by=PROJECT_FILES.c.number) - length).label("before")
    waiting = PROJECT_FILES.c.publication.is_(None) & PROJECT_FILES.c.refusal.is_(None)
    sized = select(PROJECT_FILES.c.number, before).where(waiting).subquery()
    query = select(PROJECT_FILES).join(sized, sized.c.number == PROJECT_FILES.c.number)
    with store.reading() as connection:
        rows = connection.execute(query.where(sized.c.before < together_bytes).order_by(PROJECT_FILES.c.number)).all()
    return tuple(_upload(row) for row in rows)


def last_upload(connection: Connection, name: str) -> Upload | None:
    """The last upload of this project that the writer has not refused."""
    kept = (PROJECT_FILES.c.name == name) & PROJECT_FILES.c.refusal.is_(None)
    query = select(PROJECT_FILES).where(kept).order_by(PROJECT_FILES.c.number.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _upload(row)


def published_uploads(store: Store) -> dict[str, Upload]:
    """By name, the newest published metadata of each project that ever had some."""
    return _newest(store, PROJECT_FILES.c.publication.is_not(None))


def kept_uploads(store: Store) -> dict[str, Upload]:
    """By name, the newest metadata of each project that is published, or waits to be."""
    return _newest(store, PROJECT_FILES.c.refusal.is_(None))


def shown_uploads(store: Store, since: datetime) -> tuple[Upload, ...]:
    """What clients may have been shown of projects since then (UTC), or will be, in the order in which it came.

    That is, of each project, what it had published last by then, and all that came after it and was not refused.
    """
    by_then = (PUBLICATIONS.c.number == PROJECT_FILES.c.publication) & (PUBLICATIONS.c.at <= instant_text(since))
    lowest = (
        select(PROJECT_FILES.c.name, func.max(PROJECT_FILES.c.number).label("number"))
        .join(PUBLICATIONS, by_then)
        .group_by(PROJECT_FILES.c.name)
        .subquery()
    )
    shown = PROJECT_FILES.c.refusal.is_(None) & (PROJECT_FILES.c.number >= func.coalesce(lowest.c.number, 0))
    query = select(PROJECT_FILES).join(lowest, lowest.c.name == PROJECT_FILES.c.name, isouter=True).where(shown)
    with store.reading() as connection:
        return tuple(_upload(row) for row in connection.execute(query.order_by(PROJECT_FILES.c.number)))


def uploads_after(connection: Connection, number: int) -> tuple[Upload, ...]:
    """Every upload that came after the one of this number and was not refused."""
    later = (PROJECT_FILES.c.number > number) & PROJECT_FILES.c.refusal.is_(None)
    rows = connection.execute(select(PROJECT_FILES).where(later).order_by(PROJECT_FILES.c.number)).all()
    return tuple(_upload(row) for row in rows)


def project_files_of(store: Store, publication: int) -> tuple[MetadataFile, ...]:
    """The metadata of projects that came with this publication, in the order in which it came."""
    query = select(PROJECT_FILES).where(PROJECT_FILES.c.publication == publication).order_by(PROJECT_FILES.c.number)
    with store.reading() as connection:
        return tuple(_file(row) for row in connection.execute(query))


def record_upload(connection: Connection, file: MetadataFile, now: datetime) -> int:
    """The number of this upload, which waits for its publication once the transaction is durable."""
    row = {
        "name": file.role.removeprefix(PROJECT_PREFIX),
        "version": file.version,
        "data": file.encode(),
        "received_at": instant_text(now),
    }
    added = insert(PROJECT_FILES).values(row).returning(PROJECT_FILES.c.number)
    number: int = connection.execute(added).scalar_one()
    return number


def record_published(connection: Connection, numbers: Sequence[int], publication: int) -> None:
    """These uploads come with this publication."""
    for number in numbers:
        taken = update(PROJECT_FILES).where(PROJECT_FILES.c.number == number)
        connection.execute(taken.values(publication=publication))


def refuse_upload(store: Store, number: int, error: RefusedError) -> None:
    """The upload waits no longer: what has changed in the meantime speaks against it."""
    with store.writing() as connection:
        refused = update(PROJECT_FILES).where(PROJECT_FILES.c.number == number)
        connection.execute(refused.values(refusal=refusal_text(error)))


def is_uploaded(store: Store, number: int) -> bool:
    """True when clients can see this upload.

    Raises: RefusedError if the writer refused it.
    """
    query = select(PROJECT_FILES.c.refusal, PUBLICATIONS.c.is_published).join(PUBLICATIONS, isouter=True)
    with store.reading() as connection:
        row = connection.execute(query.where(PROJECT_FILES.c.number == number)).one()
    raise_refusal(row.refusal)
    return bool(row.is_published)


def _newest(store: Store, wanted: ColumnElement[bool]) -> dict[str, Upload]:
    found = select(func.max(PROJECT_FILES.c.number)).where(wanted).group_by(PROJECT_FILES.c.name)
    with store.reading() as connection:
        rows = connection.execute(select(PROJECT_FILES).where(PROJECT_FILES.c.number.in_(found))).all()
    return {row.name: _upload(row) for row in rows}


def _upload(row: Row[*tuple[object, ...]]) -> Upload:
    return Upload(row.number, _file(row), row.publication is None)


def _file(row: Row[*tuple[object, ...]]) -> MetadataFile:
    return decode_metadata_file(row.data, project_role(row.name), PROJECT_FILES.name)
