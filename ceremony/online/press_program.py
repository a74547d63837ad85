"""The helper's own program: packs in on standard input; a word out when it is up, and for each pack that is written."""

import contextlib
import json
import os
import sys
from pathlib import Path
from threading import RLock
from typing import IO

from ceremony.core.keys import key_of
from ceremony.errors import CeremonyError
from ceremony.online.hot_rows import open_hot_rows
from ceremony.online.key import open_signer
from ceremony.online.log import start_log
from ceremony.online.own_process import end_with_parent, forbid_core_dumps
from ceremony.online.packs import receive_pack, write_pack
from ceremony.online.press_helper import DONE
from ceremony.online.sqlite_file import OpenedFile
from ceremony.online.staging import staging


def main(orders: IO[bytes], answers: IO[bytes]) -> None:
    """Every pack has been answered, and there are no more."""
    forbid_core_dumps()
    # Its files are another's as soon as the one that it helps has died.
    end_with_parent()
    place, helped = json.loads(orders.readline()), os.getppid()
    if place["is_key_use_told"]:
        start_log(sys.stderr)
    try:
        signer = open_signer(place["key_uri"], key_of(place["key"]), Path(place["home"]))
        rows = open_hot_rows(OpenedFile(Path(place["database"])), RLock())
        with contextlib.closing(rows), staging(Path(place["folder"])) as stage:
            _say(answers, DONE)
            # Where the one who is helped has died, somebody else may be writing these files already.
            while (pack := receive_pack(orders)) is not None and os.getppid() == helped:
                write_pack(rows, stage, signer, pack)
                _say(answers, DONE)
    except CeremonyError as error:
        # Whoever gave the pack tries once more, and meets the same error, or none.
        _say(answers, type(error).__name__.encode())


def _say(answers: IO[bytes], word: bytes) -> None:
    answers.write(word)
    answers.flush()


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
