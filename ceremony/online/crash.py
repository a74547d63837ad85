"""Where a traceback goes that nobody foresaw: to a file of the operator's, never to a screen or a caller."""

import os
from datetime import datetime

from ceremony.engine.disk import create_file
from ceremony.errors import StorageError
from ceremony.settings import Settings


def write_crash(text: str, now: datetime) -> str:
    """The file that `text` is kept in, "" if it cannot be kept; `now` is UTC."""
    folder = Settings().crash_folder
    path = folder / f"online-{now:%Y%m%dT%H%M%SZ}-{os.getpid()}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        create_file(path, text.encode())
    except (OSError, StorageError):
        return ""
    return str(path)
