"""Notes that the serving process leaves for others, such as `status`: small JSON files that nothing depends on."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from ceremony.core import strict_json
from ceremony.core.strict_json import Json
from ceremony.engine.disk import read_file, replace_file
from ceremony.errors import TamperedError

_SIZE_LIMIT = 65_536
_Note = TypeVar("_Note")


def leave_note(path: Path, fields: Mapping[str, Json]) -> None:
    """Other processes can read this.

    Raises: StorageError.
    """
    replace_file(path, strict_json.embedded(strict_json.encode(fields)))


def read_note(path: Path, make: Callable[[Mapping[str, Json]], _Note | None]) -> _Note | None:
    """What `make` makes of the note there, None if there is none, or if nobody can read it.

    Raises: StorageError.
    """
    if not path.exists():
        return None
    try:
        fields = strict_json.decode(read_file(path, _SIZE_LIMIT), str(path))
        return make(fields) if isinstance(fields, Mapping) else None
    except (TamperedError, ValueError, KeyError, TypeError):
        return None
