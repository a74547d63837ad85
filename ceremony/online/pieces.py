"""A large file in pieces, for a place that takes it so: never whole in memory, and never whole there if it changes."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from ceremony.engine.disk import named
from ceremony.errors import TamperedError
from ceremony.online.shelf import Artifact

PIECE_BYTES = 8 << 20


def pieces(source: Path, wanted: Artifact) -> Iterator[bytes]:
    """The content of the file at `source`; the last piece comes only once all of it has the hash that is wanted.

    Raises: StorageError; TamperedError for another content.
    """
    digest = sha256()
    with named(source), os.fdopen(os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        before = b""
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
            # One piece behind: what turns out to be another file is never whole on the shelf.
            if before:
                yield before
            before = piece
        if digest.hexdigest() != wanted.sha256:
            raise changed(source)
        yield before


def changed(source: Path) -> TamperedError:
    """What a file that changes while it is read is called."""
    return TamperedError("other content than a moment ago", str(source))
