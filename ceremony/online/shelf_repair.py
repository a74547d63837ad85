"""Putting the shelf right from the database: what is missing or damaged, and nothing that clients may have taken."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from ceremony.online.keyring import Signers
from ceremony.online.republishing import publish_heads_again
from ceremony.online.shelf_check import Fault, Finding
from ceremony.online.store import Store


class Shelf(Protocol):
    """What a repair needs of the place where files are published."""

    def prepare(self) -> None:
        """The place is ready, and clear of what a killed writer left."""

    def read(self, name: str) -> bytes | None:
        """The metadata file of this name, None if there is none."""

    def put(self, files: Iterable[tuple[str, bytes]], progress: Callable[[int], None]) -> None:
        """Each file is in its place, whole and durable."""


def repair_shelf(
    store: Store, shelf: Shelf, signers: Signers, findings: Iterable[Finding], now: datetime
) -> tuple[Finding, ...]:
    """Those of the findings that were put right; whoever repairs is the one writer.

    A key that signs differently each time cannot make a lost snapshot again as the timestamp names it. Then the next
    snapshot and timestamp are a durable intent, which is for the caller to publish.
    Raises: StorageError; TamperedError.
    """
    repairable = tuple(each for each in findings if each.is_repairable)
    shelf.prepare()
    shelf.put(_files(signers, repairable), lambda _more: None)
    if any(each.file.role == "snapshot" and not _is_named(store, shelf, each) for each in repairable):
        publish_heads_again(store, now)
    return repairable


def _files(signers: Signers, findings: Iterable[Finding]) -> Iterator[tuple[str, bytes]]:
    """A snapshot that is signed, and not the one that the timestamp names, stays: nothing better can be put there."""
    for each in findings:
        if each.fault is not Fault.HASH:
            file = each.file
            for signer in () if file.signatures else signers.of(file.role):
                file = file.with_signature(signer.sign(file.payload))
            yield each.name, file.encode()


def _is_named(store: Store, shelf: Shelf, finding: Finding) -> bool:
    last, data = store.last_publication(), shelf.read(finding.name) or b""
    return last is not None and sha256(data).hexdigest() == last.snapshot_sha256
