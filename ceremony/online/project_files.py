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


def waiting_uploads(store: Store) -> tuple[Upload, ...]:
    """Every upload that waits for its publication, in the order in which they came."""
    waiting = PROJECT_FILES.c.publication.is_(None) & PROJECT_FILES.c.refusal.is_(None)
    with store.reading() as connection:
        rows = connection.execute(select(PROJECT_FILES).where(waiting).order_by(PROJECT_FILES.c.number)).all()
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
