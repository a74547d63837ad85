"""An import from its source to the database: piece by piece, each durable; after a kill it goes on."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from ceremony.engine.disk import named
from ceremony.errors import RefusedError
from ceremony.online.import_rows import Import, add_rows, begin_import, end_import, forget_imports, sweep_imports
from ceremony.online.import_source import ImportSource, Refused
from ceremony.online.store import Store

Watch = Callable[[int, int], None]
"""Told how far of how far the source was read."""


@dataclass(frozen=True, slots=True)
class ImportWish:
    """How to import: where refused lines are listed (None stops at the first), and whether to begin anew."""

    refused: Path | None = None
    is_anew: bool = False


def import_all(store: Store, source: ImportSource, wish: ImportWish, now: datetime, watch: Watch) -> Import:
    """The import of this source, read to its end and durable; the writer publishes it.

    Raises: RefusedError for the first line that breaks a rule, which it names; what stands before it is kept.
    StorageError.
    """
    sweep_imports(store)
    if wish.is_anew:
        forget_imports(store, source.name)
    found = begin_import(store, source.name, now)
    with _list_of_refused(wish.refused, found) as refused:
        watch(found.mark.position, source.total)
        for piece in source.pieces(found.mark):
            if refused is None:
                stop_at(piece.refused)
            size = _note(refused, wish.refused, piece.refused)
            after = found.after(len(piece.rows), len(piece.refused), size, piece.mark)
            add_rows(store, found, after, piece.rows)
            found = after
            watch(found.mark.position, source.total)
    end_import(store, found)
    return found


def stop_at(refused: Sequence[Refused]) -> None:
    """Nothing, if there is none.

    Raises: RefusedError for the first, which it names.
    """
    for line, text, refusal in refused:
        raise RefusedError(refusal.rule, f"line {line}, {text!r}: {refusal.found}", refusal.wanted)


@contextmanager
def _list_of_refused(path: Path | None, found: Import) -> Iterator[BinaryIO | None]:
    if path is None:
        yield None
        return
    with named(path):
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644), "r+b")
    with file:
        # What was listed after the last durable mark is read, and listed, again.
        with named(path):
            file.truncate(found.refused_bytes)
            file.seek(0, os.SEEK_END)
        yield file


def _note(file: BinaryIO | None, path: Path | None, refused: Sequence[Refused]) -> int:
    if file is None or path is None:
        return 0
    with named(path):
        for line, text, refusal in refused:
            told = {"line": line, "rule": refusal.rule, "found": refusal.found, "wanted": refusal.wanted, "text": text}
            file.write(json.dumps(told).encode() + b"\n")
        if refused:
            file.flush()
            os.fsync(file.fileno())
        return file.tell()
