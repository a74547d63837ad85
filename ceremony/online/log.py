"""The signer's log: one JSON object on each line of standard error, for whoever collects logs outside this host.

Fields are what the signer knows of its own work. No request's body, no token and no PIN ever reaches it.
"""

import json
import logging
from datetime import UTC, datetime
from typing import TextIO

from ceremony.core.strict_json import Json

_ROOT = logging.getLogger("ceremony.online")
_KEY_USE = logging.getLogger("ceremony.online.key")
_OFF = logging.CRITICAL + 1

# Nobody hears anything before `start_log`: neither tests nor other programs that use these modules.
_ROOT.setLevel(_OFF)
_ROOT.propagate = False


class JsonLines(logging.Formatter):
    """Each record as one line: `at` (UTC), `level`, `event`, and the event's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        own = {"at": at, "level": record.levelname.lower(), "event": record.getMessage()}
        # The event's own fields never stand for these three. ASCII alone: no letter steers the terminal it is read on.
        return json.dumps({**getattr(record, "fields", {}), **own}, sort_keys=True)


def start_log(stream: TextIO, *, is_key_use_told: bool = True) -> None:
    """From now on events are lines of `stream`, uses of the online key too if they are told."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    _ROOT.handlers = [handler]
    _ROOT.setLevel(logging.INFO)
    _KEY_USE.setLevel(logging.INFO if is_key_use_told else _OFF)


def stop_log() -> None:
    """Nobody hears anything any more."""
    _ROOT.handlers = []
    _ROOT.setLevel(_OFF)
    _KEY_USE.setLevel(logging.NOTSET)


def tell(event: str, /, **fields: Json) -> None:
    """The event is in the log, if there is one."""
    _ROOT.info(event, extra={"fields": fields})


def warn(event: str, /, **fields: Json) -> None:
    """The same for what somebody has to look after."""
    _ROOT.warning(event, extra={"fields": fields})


def is_key_use_told() -> bool:
    """True when somebody hears of uses of the online key."""
    return _KEY_USE.isEnabledFor(logging.INFO)


def tell_key_use(**fields: Json) -> None:
    """A use of the online key is in the log, if uses are told."""
    _KEY_USE.info("signed", extra={"fields": fields})
