"""From the path of a call to what can be asked there, whatever stands in the parts of it that are open."""

import re
from collections.abc import Iterable, Mapping

from ceremony.errors import RefusedError
from ceremony.online.web.calls import Operation

_OPEN = re.compile(r"\\\{([a-z0-9]+)\\\}")

Found = Mapping[str, Operation]
"""Operations by their methods."""


class Routes:
    """Every path of the API, with and without a slash at its end."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        """Those of these operations."""
        self._plain: dict[str, dict[str, Operation]] = {}
        self._open: dict[str, dict[str, Operation]] = {}
        for each in operations:
            where = self._open if each.places else self._plain
            where.setdefault(each.path.rstrip("/"), {})[each.method] = each
        self._patterns = [(_pattern(path), found) for path, found in self._open.items()]

    def at(self, path: str) -> tuple[Found, Mapping[str, str]]:
        """What can be asked there, and what stands in the open parts of the path.

        Raises: RefusedError (ROUTE-KNOWN).
        """
        bare = path.removesuffix("/")
        found = self._plain.get(bare)
        if found is not None:
            return found, {}
        for pattern, there in self._patterns:
            match = pattern.fullmatch(bare)
            if match is not None:
                return there, match.groupdict()
        raise RefusedError("ROUTE-KNOWN", path[:200], "a path of this API")


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(_OPEN.sub(r"(?P<\1>[^/]+)", re.escape(path)))
