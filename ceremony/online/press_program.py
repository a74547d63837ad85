"""The helper's own program: bins in on standard input, a line for each share; a word out for each that is written."""

import json
import sys
import threading
from pathlib import Path
from typing import BinaryIO

from ceremony.core.keys import key_of
from ceremony.errors import CeremonyError, StorageError, TamperedError
from ceremony.online.bin_press import BinEdition, BinPress
from ceremony.online.hot_rows import open_hot_rows
from ceremony.online.key import forbid_core_dumps, open_signer
from ceremony.online.staging import staging


def main(orders: BinaryIO, answers: BinaryIO) -> None:
    """Every order has been answered, and there are no more."""
    forbid_core_dumps()
    place = json.loads(orders.readline())
    try:
        signer = open_signer(place["key_uri"], key_of(place["key"]), Path(place["home"]))
        rows = open_hot_rows(Path(place["database"]), threading.RLock())
    except CeremonyError as error:
        _answer(answers, error)
        return
    try:
        with staging(Path(place["folder"])) as stage:
            press = BinPress(rows, stage, signer)
            for line in orders:
                _answer(answers, _tried(press, [BinEdition(*each) for each in json.loads(line)]))
    finally:
        rows.close()


def _tried(press: BinPress, bins: list[BinEdition]) -> CeremonyError | None:
    try:
        press.write(bins)
    except CeremonyError as error:
        return error
    return None


def _answer(answers: BinaryIO, error: CeremonyError | None) -> None:
    told: dict[str, str] = {}
    if isinstance(error, StorageError):
        told = {"where": error.path, "reason": error.reason}
    elif isinstance(error, TamperedError):
        told = {"where": error.where, "what": error.what}
    elif error is not None:
        told = {"where": "the online key", "reason": type(error).__name__}
    answers.write(json.dumps(told).encode() + b"\n")
    answers.flush()


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
