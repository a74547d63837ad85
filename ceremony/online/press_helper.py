"""The helper of a press: a process of its own, started afresh, which shares nothing but files with the one it helps.

It is never a fork: a database that is open in two processes by one opening is soon a damaged one. It lives for one
publication, and ends as soon as nobody speaks to it any more, however that came about.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from ceremony.core.keys import fields_of
from ceremony.core.strict_json import Json
from ceremony.errors import StorageError, TamperedError
from ceremony.online.key import FILE_SCHEME, CheckedSigner

PROGRAM = "ceremony.online.press_program"
_GRACE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class PressPlace:
    """Where a helper works: the database, the folder of the files, the signer's home, and the online key by its URI."""

    database: str
    folder: str
    home: str
    key_uri: str
    key: Mapping[str, Json]


class PressHelper:
    """A helper at work; used in one thread at a time."""

    def __init__(self, place: PressPlace) -> None:
        """It starts, and is ready for the first share at once, although it looks at it only when it is up."""
        self._place = place

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", PROGRAM]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0)  # noqa: S603  # a program of ours
        self._say(asdict(self._place))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def write(self, bins: Sequence[tuple[int, str, int, str]]) -> None:
        """These bins, as `bin_press.BinEdition` says them, are written beside their names, and not durable yet.

        Raises: StorageError, also when the helper is gone; TamperedError.
        """
        self._say(bins)
        line = b"" if self._process.stdout is None else self._process.stdout.readline()
        if not line:
            raise StorageError(self._place.folder, "ECHILD")
        found = json.loads(line)
        if "reason" in found:
            raise StorageError(found["where"], found["reason"])
        if "what" in found:
            raise TamperedError(found["what"], found["where"])

    def _say(self, value: object) -> None:
        try:
            if self._process.stdin is not None:
                self._process.stdin.write(json.dumps(value).encode() + b"\n")
                self._process.stdin.flush()
        except OSError as error:
            raise StorageError(self._place.folder, "EPIPE") from error


def place_of_helper(database: Path, folder: Path, signer: CheckedSigner) -> PressPlace | None:
    """Where a helper of the signer with this database works; None where its key can be open in one process only."""
    if not signer.uri.startswith(f"{FILE_SCHEME}:"):
        return None
    return PressPlace(str(database), str(folder), str(database.parent), signer.uri, fields_of(signer.key))
