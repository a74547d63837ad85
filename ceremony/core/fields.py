"""Typed reading of tables that people or strangers wrote: every problem is collected, none is guessed away."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar

from ceremony.core.strict_json import Json
from ceremony.errors import Problem

_Value = TypeVar("_Value")

_KINDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    str: "text in quotes",
    datetime: "a UTC time such as 2027-01-31T12:00:00Z",
    list: "a list",
    dict: "a table",
}


class Table:
    """One table under reading. A field that cannot be read becomes a Problem and a harmless empty value.

    All tables of one text share one list of problems; whoever began the reading looks at it before using any value.
    """

    def __init__(self, fields: Mapping[str, object], problems: list[Problem], path: str = "") -> None:
        """A reading of `fields`, which stand at the dotted `path`."""
        self._fields = fields
        self._problems = problems
        self._path = path
        self._read: set[str] = set()

    def text(self, name: str, pattern: str, wanted: str, default: str | None = None) -> str:
        """The text at `name`, which `pattern` matches whole; `wanted` says in words what would."""
        found = self._take(name, str, "", default)
        if found != default and name in self._fields and not re.fullmatch(pattern, found):
            self.refuse(name, repr(found), wanted)
        return found

    def number(self, name: str) -> int:
        """The whole number at `name`."""
        return self._take(name, int, 0, None)

    def flag(self, name: str) -> bool:
        """The truth value at `name`."""
        return self._take(name, bool, False, None)  # noqa: FBT003  # the harmless value of a flag that cannot be read

    def instant(self, name: str) -> datetime:
        """The UTC time at `name`, at whole seconds."""
        epoch = datetime.fromtimestamp(0, UTC)
        found = self._take(name, datetime, epoch, None)
        if found.utcoffset() is None or found.utcoffset() != UTC.utcoffset(None) or found.microsecond:
            self.refuse(name, found.isoformat(), f"{_KINDS[datetime]} (with a Z, at whole seconds)")
            return epoch
        return found.astimezone(UTC)

    def texts(self, name: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
        """The list of texts at `name`: at least one, each out of `allowed`, none twice; in the order of `allowed`."""
        found = self._take(name, list, [], None)
        wanted = "a list of " + ", ".join(allowed) + ", none twice"
        wrong = not found or any(text not in allowed for text in found) or len(set(found)) != len(found)
        if name in self._fields and wrong:
            self.refuse(name, repr(found), wanted)
        return tuple(text for text in allowed if text in found)

    def optional_flag(self, name: str) -> bool | None:
        """The truth value at `name`, or None where null stands."""
        return None if self._fields.get(name, 0) is None else self.flag(name)

    def mapping(self, name: str) -> dict[str, Json]:
        """The table at `name` as it stands, its fields not read."""
        return self._take(name, dict, {}, None)

    def table(self, name: str) -> "Table":
        """The table at `name`."""
        return Table(self._take(name, dict, {}, None), self._problems, self._place(name))

    def tables(self, name: str) -> tuple["Table", ...]:
        """The tables of the list at `name`, in order; at least one."""
        found = self._take(name, list, [], None)
        if name in self._fields and not found:
            self.refuse(name, "none", "at least one")
        places = [f"{self._place(name)}[{place}]" for place in range(len(found))]
        for place, item in zip(places, found, strict=True):
            if not isinstance(item, dict):
                self._problems.append(Problem(place, repr(item), _KINDS[dict]))
        return tuple(
            Table(item, self._problems, place)
            for place, item in zip(places, found, strict=True)
            if isinstance(item, dict)
        )

    def refuse(self, name: str, found: str, wanted: str) -> None:
        """The field `name` is a problem."""
        self._problems.append(Problem(self._place(name), found, wanted))

    def finish(self, what: str) -> None:
        """Whatever was not read is a problem: `what` has no such field."""
        for name in self._fields:
            if name not in self._read:
                self.refuse(name, "an unknown field", f"only fields that {what} has: {', '.join(sorted(self._read))}")

    def _take(self, name: str, kind: type[_Value], empty: _Value, default: _Value | None) -> _Value:
        self._read.add(name)
        if name not in self._fields and default is not None:
            return default
        if name not in self._fields:
            self.refuse(name, "nothing", _KINDS[kind])
            return empty
        found = self._fields[name]
        if type(found) is not kind:
            self.refuse(name, repr(found)[:60], _KINDS[kind])
            return empty
        return found

    def _place(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name
