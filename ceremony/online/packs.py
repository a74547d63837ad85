"""Packs: some bins whose files are still to be made, as they are given from one process to another."""

import json
from collections.abc import Sequence
from typing import IO, NamedTuple, Protocol

from securesystemslib.signer import Signature

from ceremony.core.metadata_file import FOOTING, heading
from ceremony.online.bins import render_bin
from ceremony.online.staging import Staging


class BinEdition(NamedTuple):
    """A bin that gets a new file: its number, the file's name, the version, and until when (as metadata writes it)."""

    number: int
    name: str
    version: int
    expires: str


Pack = Sequence[BinEdition]


class Entries(Protocol):
    """Who has the rows of bins."""

    def entries(self, number: int) -> bytes:
        """The entries of this bin, in order of path, with commas between them."""


class Signing(Protocol):
    """Who has the online key."""

    def sign(self, payload: bytes) -> Signature:
        """A signature that verifies.

        Raises: StorageError; TamperedError.
        """


def write_pack(rows: Entries, stage: Staging, signer: Signing, pack: Pack) -> int:
    """How many bytes the payloads have; each file is written beside its name, its signature verified, not yet durable.

    Raises: StorageError; TamperedError.
    """
    size = 0
    for number, name, version, expires in pack:
        payload = render_bin(version, expires, (rows.entries(number),))
        signature = signer.sign(payload)
        # Of bins alone: no rule lets a control character into a path or into custom, so nothing has to be escaped.
        stage.write(name, (heading({signature.keyid: signature.signature}), payload, FOOTING))
        size += len(payload)
    return size


def send_pack(stream: IO[bytes], pack: Pack) -> None:
    """The pack is on its way.

    Raises: OSError.
    """
    stream.write(json.dumps(pack).encode() + b"\n")
    stream.flush()


def receive_pack(stream: IO[bytes]) -> Pack | None:
    """The next pack, None where there will be none any more."""
    said = stream.readline()
    # Whoever sent it may have died over it.
    return [BinEdition(*each) for each in json.loads(said)] if said.endswith(b"\n") else None
