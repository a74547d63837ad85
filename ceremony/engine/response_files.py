"""Responses as files: written once to a new folder, each with the transcript of its sitting; read as a stranger's."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ceremony.core.other_records import OTHER_RECORD_LIMIT
from ceremony.core.response import RESPONSE_SIZE_LIMIT, Response, decode_response, encode_response
from ceremony.core.transcript import Transcript, decode_transcript
from ceremony.engine.disk import create_folder, named
from ceremony.engine.regular_file import read_regular
from ceremony.errors import CeremonyError, TamperedError

RESPONSES_LIMIT = 256
"""No folder holds more responses than this."""

# What begins with a dot is what some systems put on every stick, beside each file.
_RESPONSE = re.compile(r"([^.].*)\.response\.json")


@dataclass(frozen=True, slots=True)
class Brought:
    """A response that could be read, and the transcript that lay beside it, if one did.

    `where` is the name of its file, or says that it was scanned; then there is no path.
    """

    where: str
    response: Response
    path: Path | None = None
    beside: Transcript | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file, or a folder, in which a response was looked for in vain, and why."""

    where: str
    error: CeremonyError


def write_response(path: Path, stem: str, response: Response, transcript: Transcript) -> bytes:
    """A new folder at `path` holds the response and the transcript whose head it names; the response's bytes.

    Raises: StorageError.
    """
    data = encode_response(response)
    create_folder(path, {f"{stem}.response.json": data, f"{stem}.transcript.jsonl": transcript.encode()})
    return data


def responses_at(path: Path) -> Iterator[Brought | Unreadable]:
    """The response in the file at `path`, or those in a folder and right below it; each is read once."""
    try:
        files = _files_at(path)
    except CeremonyError as error:
        yield Unreadable(path.name, error)
        return
    for file in files:
        try:
            yield _read(file)
        except CeremonyError as error:
            yield Unreadable(file.name, error)


def _files_at(path: Path) -> tuple[Path, ...]:
    """The file itself, or the responses in the folder and in those right below it."""
    with named(path):
        if not path.is_dir():
            return (path,)
        below = sorted(each for each in path.iterdir() if each.is_dir() and not each.is_symlink())
        found = [
            each for folder in (path, *below) for each in sorted(folder.iterdir()) if _RESPONSE.fullmatch(each.name)
        ]
    if not 0 < len(found) <= RESPONSES_LIMIT:
        raise TamperedError(f"not one to {RESPONSES_LIMIT} responses but {len(found)}", path.name)
    return tuple(found)


def _read(path: Path) -> Brought:
    response = decode_response(read_regular(path, RESPONSE_SIZE_LIMIT), path.name)
    match = _RESPONSE.fullmatch(path.name)
    beside = path.with_name(f"{match[1]}.transcript.jsonl") if match else path
    if not match or not beside.exists():
        return Brought(path.name, response, path)
    transcript = decode_transcript(read_regular(beside, OTHER_RECORD_LIMIT), beside.name)
    if transcript.head != response.transcript:
        raise TamperedError("another transcript than the one that the response names", beside.name)
    return Brought(path.name, response, path, transcript)
