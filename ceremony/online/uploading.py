"""Uploads: metadata that projects sign themselves, judged as it comes, and durable before it is acknowledged."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from sqlalchemy import Connection
from tuf.api.metadata import Delegations, Targets

from ceremony.core.metadata_file import MetadataFile
from ceremony.core.policy import size_limit
from ceremony.core.projects import PROJECT_PREFIX, project_role
from ceremony.core.signed import targets_of
from ceremony.core.tally import Quorum, sound
from ceremony.core.trusted import decode_published
from ceremony.core.upload_rules import FILES_RULES, FilesCase, UploadCase, upload_next
from ceremony.engine.disk import read_file
from ceremony.errors import RefusedError, TamperedError
from ceremony.online.delegators import Entry, delegators, judge, standing
from ceremony.online.project_files import Upload, last_upload, record_upload
from ceremony.online.projects import registrations_of
from ceremony.online.shelf import Artifact, artifact_of
from ceremony.online.store import Store

_LOOKS_TOGETHER = 16


class TargetShelf(Protocol):
    """What an upload needs of the place where the files of targets lie."""

    def holds(self, path: str, artifact: Artifact) -> bool:
        """True when the file of this target is there; asked from several threads."""

    def keep(self, source: Path, path: str) -> Artifact:
        """The file at `source` is there as the target `path`, durably."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What somebody hands in for the project of this name: its metadata, and the content of targets, all in files."""

    name: str
    metadata: Path
    files: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """A durable upload; `is_repeated` when the same metadata had come before, stands last, and still holds."""

    number: int
    version: int
    is_repeated: bool


def upload(store: Store, shelf: TargetShelf, offer: Offer, now: datetime) -> Receipt:
    """The receipt of this offer: verified, its files on the shelf, its metadata durable and waiting for the writer.

    Raises: RefusedError by a rule of UPLOAD_RULES or FILES_RULES; TamperedError; StorageError.
    """
    return take_in_file(store, shelf, _read(offer), offer.files, now)


def take_in_file(  # noqa: PLR0913  # what an upload is made of, and what is noted of it
    store: Store,
    shelf: TargetShelf,
    file: MetadataFile,
    files: Sequence[Path],
    now: datetime,
    *,
    noted: Callable[[Connection, Receipt], object] = lambda _connection, _receipt: None,
) -> Receipt:
    """The same for metadata that was read; what is `noted` of the receipt is durable together with it.

    Raises: RefusedError by a rule of UPLOAD_RULES or FILES_RULES; TamperedError; StorageError.
    """
    name = file.role.removeprefix(PROJECT_PREFIX)
    with store.reading() as connection:
        before = last_upload(connection, name)
    holding = [each for each in registrations_of(store, name) if not each.is_leaving]
    newest, *older = delegators(store.tree(), holding).of(name)
    held = standing(before, (newest, *older)) if before else None
    if before is not None and held is not None and _is_repeated(file, before.file, held, now):
        receipt = Receipt(before.number, file.version, is_repeated=True)
        with store.writing() as connection:
            noted(connection, receipt)
        return receipt
    # The keys that were registered last, and until those have signed something the ones that clients know.
    entries = (newest,) if held is None or held is newest else (newest, held)
    case, _ = judge(file, entries, before.file.version if before else 0, now)
    there = _keep(shelf, case.signed, files)
    with store.writing() as connection:
        # Another upload of the same project may have come while files were copied.
        before = last_upload(connection, name)
        upload_next.check(replace(case, last=before.file.version if before else 0))
        # So may a sweep, to which what stands in no metadata of the project is nobody's.
        FILES_RULES.check(FilesCase(_missing(shelf, _unnamed(there, before)), ()))
        receipt = Receipt(record_upload(connection, _sound(case), now), file.version, is_repeated=False)
        noted(connection, receipt)
        return receipt


def _is_repeated(file: MetadataFile, before: MetadataFile, held: Entry, now: datetime) -> bool:
    """True where it is what came before, and would be taken today under the very keys under which that holds."""
    if file.payload != before.payload:
        return False
    try:
        judge(file, (held,), file.version - 1, now)
    except RefusedError:
        return False
    return True


def _read(offer: Offer) -> MetadataFile:
    role = project_role(offer.name)
    data = read_file(offer.metadata, size_limit(role))
    if len(data) > size_limit(role):
        raise TamperedError(f"larger than {size_limit(role)} bytes", str(offer.metadata))
    return decode_published(data, role, str(offer.metadata))


def _keep(shelf: TargetShelf, signed: Targets, files: Sequence[Path]) -> Mapping[str, Artifact]:
    """Every target's file is on the shelf, those that are given and those that were there, which are these.

    Raises: RefusedError (UPLOAD-FILES); TamperedError if a file changes while it is copied; StorageError.
    """
    wanted = _targets(signed)
    given: Mapping[Artifact, Path] = {artifact_of(each): each for each in files}
    there = {path: it for path, it in wanted.items() if it not in given}
    strange = [str(file) for artifact, file in given.items() if artifact not in {*wanted.values()}]
    FILES_RULES.check(FilesCase(_missing(shelf, there), tuple(strange)))
    for path, artifact in wanted.items():
        if artifact in given and shelf.keep(given[artifact], path) != artifact:
            raise TamperedError("other content than a moment ago", str(given[artifact]))
    return there


def _missing(shelf: TargetShelf, wanted: Mapping[str, Artifact]) -> tuple[str, ...]:
    # Each look is a question to a server where the shelf is an object store.
    with ThreadPoolExecutor(_LOOKS_TOGETHER) as pool:
        found = pool.map(lambda each: shelf.holds(*each), wanted.items())
        return tuple(path for path, is_there in zip(wanted, found, strict=True) if not is_there)


def _unnamed(wanted: Mapping[str, Artifact], before: Upload | None) -> Mapping[str, Artifact]:
    """Those that this upload does not list, with the same content."""
    listed = targets_of(before.file).targets if before else {}
    named = {(path, target.hashes.get("sha256")) for path, target in listed.items()}
    return {path: it for path, it in wanted.items() if (path, it.sha256) not in named}


def _targets(signed: Targets) -> Mapping[str, Artifact]:
    return {path: Artifact(target.length, target.hashes["sha256"]) for path, target in signed.targets.items()}


def _sound(case: UploadCase) -> MetadataFile:
    """The metadata with those of its signatures that count, and no others."""
    keys = (case.delegator.delegations or Delegations({}, {})).keys
    listed = {keyid: keys[keyid] for keyid in case.role.keyids if keyid in keys}
    quorum = Quorum(case.file.role, "", case.role.threshold, MappingProxyType(listed))
    return sound(case.file, (quorum,))
