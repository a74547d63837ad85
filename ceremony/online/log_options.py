"""Whether this run of the program has a log, and where it goes."""

import sys

from ceremony.online.log import start_log
from ceremony.online.settings import Log


def open_log(log: Log, *, is_serving: bool = False) -> None:
    """Events are lines of standard error from now on, if these settings say so for what is run."""
    is_collected = is_serving and not sys.stderr.isatty()
    if log.form == "json" or (log.form == "auto" and is_collected):
        start_log(sys.stderr, is_key_use_told=log.is_key_use_told)
