"""Packs: files of some bins that are still to be signed and written, as they are given from one process to another."""

import json
from typing import IO

from ceremony.core.metadata_file import FOOTING, heading
from ceremony.online.key import CheckedSigner
from ceremony.online.staging import Staging

Pack = list[tuple[str, bytes]]
"""Files to be made, as (name, payload)."""


def write_pack(stage: Staging, signer: CheckedSigner, pack: Pack) -> None:
    """Each file is written beside its name, its signature verified, and is not durable yet.

    Raises: StorageError; TamperedError.
    """
    for name, payload in pack:
        signature = signer.sign(payload)
        # Of bins alone: no rule lets a control character into a path or into custom, so nothing has to be escaped.
        stage.write(name, (heading({signature.keyid: signature.signature}), payload, FOOTING))


def send_pack(stream: IO[bytes], pack: Pack) -> None:
    """The pack is on its way.

    Raises: OSError.
    """
    head = json.dumps([(name, len(payload)) for name, payload in pack]).encode()
    stream.write(b"".join((head, b"\n", *(payload for _, payload in pack))))
    stream.flush()


def receive_pack(stream: IO[bytes]) -> Pack | None:
    """The next pack, None where there will be none any more."""
    head = stream.readline()
    if not head.endswith(b"\n"):
        return None
    sizes = json.loads(head)
    pack = [(name, stream.read(size)) for name, size in sizes]
    # Whoever sent it may have died over it.
    return pack if all(len(payload) == size for (_, payload), (_, size) in zip(pack, sizes, strict=True)) else None
