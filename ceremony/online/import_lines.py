"""Targets in a file of lines: `path;size;hash-type;hash`, or a JSON object on each; read by the block, never whole.

What a line plainly says in letters that no rule speaks of is taken at once; every other line goes through the rules one
by one, which come to the same (a property test holds the two together).
"""

import errno
import os
import re
import stat
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from ceremony.core import strict_json
from ceremony.core.artifact_rules import HASH_DIGITS, WEAK, ArtifactCase
from ceremony.core.import_rules import LINE_RULES, RESUME_IMPORT_RULES, LineCase, ResumeCase
from ceremony.engine.disk import named
from ceremony.errors import RefusedError, StorageError, TamperedError
from ceremony.online.import_source import ImportRow, Mark, Piece, Refused, row_of

_BLOCK_BYTES = 4 << 20
_LINE_BYTES = 1 << 16
_SHOWN = 120
_FEWEST_FIELDS = len(("size", "hash-type", "hash"))
_SEGMENT = rb"[A-Za-z0-9_+~@=,()!-][A-Za-z0-9_+~@=,()!.-]{0,189}"
_PATH = rb"(?=[^;\"]{1,1024}[;\"])(?:" + _SEGMENT + rb"/)*" + _SEGMENT
_SIZE = rb"(?:0|[1-9][0-9]{0,14})"
_PLAIN_CSV = re.compile(rb"(" + _PATH + rb");(" + _SIZE + rb");([a-z0-9_-]{1,12});([0-9a-f]{56,128})\r?")
_PLAIN_JSON = re.compile(
    rb'\{"path": ?"(' + _PATH + rb')", ?"info": ?\{"length": ?(' + _SIZE + rb"), ?"
    rb'"hashes": ?\{"([a-z0-9_-]{1,12})": ?"([0-9a-f]{56,128})"\}\}\}\r?'
)
_DIGITS: Mapping[bytes, int] = {name.encode(): digits for name, digits in HASH_DIGITS.items() if name not in WEAK}
_CSV_WANTED = "path;size;hash-type;hash, with as many more pairs of hash-type;hash as there are"
_JSON_WANTED = '{"path": ..., "info": {"length": ..., "hashes": {...}}}, with custom beside hashes where there is one'


class LinesSource:
    """A file of lines, of one of the formats."""

    def __init__(self, path: Path, form: str) -> None:
        """The file at `path`; `form` is `csv` or `ndjson`.

        Raises: StorageError if there is none.
        """
        self._path = path
        self._plain, self._read = (_PLAIN_CSV, _read_csv) if form == "csv" else (_PLAIN_JSON, _read_json)
        self._form = form
        with named(path):
            found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise StorageError(str(path), errno.errorcode[errno.EISDIR])
        self._size = found.st_size

    @property
    def name(self) -> str:
        """Its format and its place."""
        return f"{self._form} {self._path.absolute()}"

    @property
    def total(self) -> int:
        """Its size in bytes."""
        return self._size

    def pieces(self, mark: Mark) -> Iterator[Piece]:
        """Block after block, each of whole lines.

        Raises: RefusedError (IMPORT-SAME, IMPORT-LINE for a line that never ends); StorageError.
        """
        digest = sha256()
        with named(self._path), os.fdopen(os.open(self._path, os.O_RDONLY | os.O_CLOEXEC), "rb") as file:
            left = mark.position
            while left and (block := file.read(min(left, _BLOCK_BYTES))):
                digest.update(block)
                left -= len(block)
            RESUME_IMPORT_RULES.check(ResumeCase(mark.digest, digest.hexdigest(), mark.position))
            position, line, rest = mark.position, mark.line, b""
            while block := file.read(_BLOCK_BYTES):
                whole, end, begun = (rest + block).rpartition(b"\n")
                rest = begun
                if len(rest) > _LINE_BYTES:
                    raise _at(line + 1 + (whole + end).count(b"\n"), "a line that does not end", self._form)
                if not end:
                    continue
                digest.update(whole + end)
                position += len(whole) + 1
                rows, refused = self._parse(whole, line)
                line += whole.count(b"\n") + 1
                yield Piece(rows, refused, Mark(position, line, digest.hexdigest()))
            if rest:
                digest.update(rest)
                rows, refused = self._parse(rest, line)
                yield Piece(rows, refused, Mark(position + len(rest), line + 1, digest.hexdigest()))

    def _parse(self, block: bytes, line: int) -> tuple[list[ImportRow], list[Refused]]:
        rows: list[ImportRow] = []
        refused: list[Refused] = []
        match, digits, add = self._plain.fullmatch, _DIGITS.get, rows.append
        hashed, number, row = sha256, int.from_bytes, ImportRow._make
        for at, text in enumerate(block.split(b"\n"), line + 1):
            found = match(text)
            if found is not None:
                path, size, kind, hash_hex = found.groups()
                if digits(kind) == len(hash_hex):
                    fragment = b'"%s":{"hashes":{"%s":"%s"},"length":%s}' % (path, kind, hash_hex, size)
                    add(row((number(hashed(path).digest()[:4], "big"), path.decode(), fragment, at)))
                    continue
            try:
                if text.strip():
                    add(self._read(text, at))
            except RefusedError as refusal:
                refused.append(Refused(at, text[:_SHOWN].decode("utf-8", "replace"), refusal))
        return rows, refused


def _read_csv(text: bytes, line: int) -> ImportRow:
    path, *fields = _decoded(text, _CSV_WANTED).rstrip("\r").split(";")
    is_whole = len(fields) % 2 and len(fields) >= _FEWEST_FIELDS
    trouble = "" if is_whole else f"{len(fields) + 1} fields"
    size, *pairs = fields or [""]
    names = pairs[::2]
    if not trouble and len({*names}) != len(names):
        trouble = "one hash-type twice"
    LINE_RULES.check(LineCase(trouble, _CSV_WANTED))
    return row_of(path, ArtifactCase(size, dict(zip(names, pairs[1::2], strict=True))), line)


def _read_json(text: bytes, line: int) -> ImportRow:
    _decoded(text, _JSON_WANTED)
    try:
        found = strict_json.decode(text, "line")
    except TamperedError as error:
        LINE_RULES.check(LineCase(error.what[:_SHOWN], _JSON_WANTED))
        raise
    fields = found if isinstance(found, Mapping) else {}
    path, info = fields.get("path"), fields.get("info")
    info = info if isinstance(info, Mapping) else {}
    length, hashes = info.get("length"), info.get("hashes")
    strange = [f"the field {name[:32]!r}" for name in fields if name not in ("path", "info")]
    strange += [f"the field {name[:32]!r}" for name in info if name not in ("length", "hashes", "custom")]
    if not isinstance(path, str):
        strange.append("no path")
    elif isinstance(length, bool) or not isinstance(length, int | str):
        strange.append("no length")
    elif not isinstance(hashes, Mapping):
        strange.append("no hashes")
    elif not all(isinstance(each, str) for each in hashes.values()):
        strange.append("a hash that is no text")
    else:
        LINE_RULES.check(LineCase("".join(strange[:1]), _JSON_WANTED))
        return row_of(path, ArtifactCase(length, {**hashes}, info.get("custom")), line)  # type: ignore[dict-item]  # all of them are texts: looked at above
    LINE_RULES.check(LineCase(strange[0], _JSON_WANTED))
    raise AssertionError(strange)


def _decoded(text: bytes, wanted: str) -> str:
    trouble = f"a line of {len(text)} bytes" if len(text) > _LINE_BYTES else ""
    LINE_RULES.check(LineCase(trouble, wanted))
    try:
        return text.decode()
    except UnicodeDecodeError:
        LINE_RULES.check(LineCase("bytes that are no UTF-8 text", wanted))
        raise


def _at(line: int, found: str, form: str) -> RefusedError:
    return RefusedError("IMPORT-LINE", f"line {line}: {found}", _CSV_WANTED if form == "csv" else _JSON_WANTED)
