"""Does the shelf hold what the database says: every metadata file that clients may ask for, bytes and signatures."""

import errno
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
from securesystemslib.signer import Key, Signature

from ceremony.core.metadata_file import MetadataFile, decode_metadata_file
from ceremony.errors import StorageError, TamperedError
from ceremony.online.remade import Remade, name_of, remade
from ceremony.online.store import Store

Read = Callable[[str], bytes | None]
"""The metadata file of this name, None if there is none."""

Watch = Callable[[int, int], None]
"""Told how many files of how many have been looked at."""

_TRIES = 20
_PAUSE_SECONDS = 0.1


class Fault(StrEnum):
    """What is wrong with a file on the shelf."""

    MISSING = "missing"
    DAMAGED = "damaged: clients refuse it"
    OLDER = "older than what was published"
    FOREIGN = "published with other bytes than the database gives"
    HASH = "signed, but not the file that the timestamp names"


@dataclass(frozen=True, slots=True)
class Finding:
    """One file that is not as it should be: `file` is what it should be, with its signatures where it came signed."""

    name: str
    fault: Fault
    file: MetadataFile

    @property
    def is_repairable(self) -> bool:
        """True unless clients may have taken what lies there: a version is never published twice with other bytes."""
        return self.fault is not Fault.FOREIGN


@dataclass(frozen=True, slots=True)
class ShelfCheck:
    """What was found: how many files were looked at, and those that are wrong, in the order in which they are put."""

    files: int
    findings: tuple[Finding, ...]

    @property
    def is_good(self) -> bool:
        """True when clients get what the database says."""
        return not self.findings


def check_shelf(store: Store, read: Read, watch: Watch, sleep: Callable[[float], None] = time.sleep) -> ShelfCheck:
    """How the shelf stands; a signer that goes on publishing meanwhile is no fault.

    Raises: StorageError (EINPROGRESS while nobody finishes a publication that was cut short); TamperedError.
    """
    state = _settled(store, sleep)
    if state is None:
        return ShelfCheck(0, ())
    total = state.count
    found = tuple(_look(state, read, watch, total))
    for _ in range(_TRIES):
        if not found or _is_same(store, state):
            break
        # Something was published since: what was found is looked at again, and nothing else.
        sleep(_PAUSE_SECONDS)
        state = _settled(store, sleep) or state
        found = _again(state, read, found)
    return ShelfCheck(total, found)


def judge(state: Remade, file: MetadataFile, found: bytes | None, keys: Mapping[str, Key]) -> Fault | None:
    """What is wrong with `found`, which lies where `file` should; None if nothing is.

    `keys` are those of keyholders and projects.
    """
    if found is None:
        return Fault.MISSING
    try:
        lying = decode_metadata_file(found, file.role, file.name)
    except TamperedError:
        return Fault.DAMAGED
    if file.signatures:
        return None if found == file.encode() else _strange(file, lying, is_signed=_by_any(keys, lying))
    is_signed = state.is_signed(lying, file.role)
    if lying.payload != file.payload:
        return _strange(file, lying, is_signed=is_signed)
    if not is_signed:
        return Fault.DAMAGED
    return Fault.HASH if file.role == "snapshot" and not state.is_named(found) else None


def _strange(file: MetadataFile, lying: MetadataFile, *, is_signed: bool) -> Fault:
    if not is_signed or lying.payload == file.payload:
        return Fault.DAMAGED
    if file.role == "timestamp" and lying.version < file.version:
        return Fault.OLDER
    # Under the name of one version lies another, well signed: clients refuse it for its version.
    is_elsewhere = file.role != "timestamp" and lying.version != file.version
    return Fault.DAMAGED if is_elsewhere else Fault.FOREIGN


def _look(state: Remade, read: Read, watch: Watch, total: int) -> Iterator[Finding]:
    keys = state.keys()
    for done, file in enumerate(state.files(), 1):
        fault = judge(state, file, read(name_of(file)), keys)
        if fault is not None:
            yield Finding(name_of(file), fault, file)
        watch(done, total)
    yield from _beyond(state, read)


def _beyond(state: Remade, read: Read) -> Iterator[Finding]:
    """A root after the last one: clients would ask for it first, and go on from it or stop at it."""
    newest = state.store.trusted_roots()[-1]
    name = f"{newest.version + 1}.root.json"
    if read(name) is not None:
        yield Finding(name, Fault.FOREIGN, newest)


def _again(state: Remade, read: Read, before: tuple[Finding, ...]) -> tuple[Finding, ...]:
    roles = {each.file.role for each in before}
    keys = state.keys()
    judged = ((file, judge(state, file, read(name_of(file)), keys)) for file in _of(state, roles))
    found = tuple(Finding(name_of(file), fault, file) for file, fault in judged if fault is not None)
    return (*found, *_beyond(state, read))


def _of(state: Remade, roles: Collection[str]) -> Iterator[MetadataFile]:
    return (each for each in state.files() if each.role in roles)


def _settled(store: Store, sleep: Callable[[float], None]) -> Remade | None:
    for _ in range(_TRIES):
        state = remade(store)
        if state is not None or store.last_publication() is None:
            return state
        sleep(_PAUSE_SECONDS)
    raise StorageError("the last publication", errno.errorcode[errno.EINPROGRESS])


def _is_same(store: Store, state: Remade) -> bool:
    last = store.last_publication()
    return last is not None and last.number == state.last.number


def _by_any(keys: Mapping[str, Key], file: MetadataFile) -> bool:
    return any(
        _verifies(keys[keyid], keyid, sig_hex, file.payload)
        for keyid, sig_hex in file.signatures.items()
        if keyid in keys
    )


def _verifies(key: Key, keyid: str, sig_hex: str, payload: bytes) -> bool:
    try:
        key.verify_signature(Signature(keyid, sig_hex), payload)
    except (UnverifiedSignatureError, VerificationError, ValueError):
        return False
    return True
