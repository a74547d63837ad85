"""Typed reading of tables that people or strangers wrote: every problem is collected, none is guessed away."""

import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar

from ceremony.core.strict_json import Json
from ceremony.errors import Problem

_Value = TypeVar("_Value")

VISIBLE = (
    r"[^\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""A letter that can be shown to people: no control character, none that turns the direction of writing or is unseen."""

_SHOWN_LETTERS = 60
"""How much of what somebody else wrote a problem shows."""

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
        found = self._take(name, str, "", default, wanted)
        if self._has(name, str) and found != default and not re.fullmatch(pattern, found):
            self.refuse(name, _shown(found), wanted)
        return found

    def number(self, name: str, lowest: int = -sys.maxsize, highest: int = sys.maxsize) -> int:
        """The whole number at `name`, from `lowest` to `highest`; at most the 64 bits that TOML has."""
        harmless = max(lowest, 0)
        found = self._take(name, int, harmless, None)
        if lowest <= found <= highest:
            return found
        wanted = str(lowest) if lowest == highest else f"{_KINDS[int]} from {lowest} to {highest}"
        self.refuse(name, _shown(found), wanted)
        return harmless

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
        if self._has(name, list) and wrong:
            self.refuse(name, _shown(found), wanted)
        return tuple(text for text in allowed if text in found)

    def lines(self, name: str, pattern: str, most: int, wanted: str) -> tuple[str, ...]:
        """The list of texts at `name`, from one to `most`, each matched whole by `pattern`; `wanted` names them."""
        found = self._take(name, list, [], None)
        if (
            any(type(text) is not str or not re.fullmatch(pattern, text) for text in found)
            or not 0 < len(found) <= most
        ):
            self.refuse(name, _shown(found), f"{wanted}, at most {most}")
            return ()
        return tuple(found)

    def optional_flag(self, name: str) -> bool | None:
        """The truth value at `name`, or None where null stands."""
        self._read.add(name)
        return None if self._fields.get(name, 0) is None else self.flag(name)

    def mapping(self, name: str) -> dict[str, Json]:
        """The table at `name` as it stands, its fields not read."""
        return self._take(name, dict, {}, None)

    def table(self, name: str) -> "Table":
        """The table at `name`."""
        return Table(self._take(name, dict, {}, None), self._problems, self._place(name))

    def optional_table(self, name: str) -> "Table | None":
        """The table at `name`, or None where null stands."""
        self._read.add(name)
        return None if self._fields.get(name, 0) is None else self.table(name)

    def tables(self, name: str) -> tuple["Table", ...]:
        """The tables of the list at `name`, in order; at least one."""
        found = self._take(name, list, [], None)
        if self._has(name, list) and not found:
            self.refuse(name, "none", "at least one")
        places = [f"{self._place(name)}[{place}]" for place in range(len(found))]
        for place, item in zip(places, found, strict=True):
            if not isinstance(item, dict):
                self._problems.append(Problem(place, _shown(item), _KINDS[dict]))
        return tuple(
            Table(item, self._problems, place)
            for place, item in zip(places, found, strict=True)
            if isinstance(item, dict)
        )

    def has(self, name: str) -> bool:
        """Whether the table has such a field, readable or not."""
        return name in self._fields

    def refuse(self, name: str, found: str, wanted: str) -> None:
        """The field `name` is a problem."""
        self._problems.append(Problem(self._place(name), found, wanted))

    def finish(self, what: str) -> None:
        """Whatever was not read is a problem: `what` has no such field."""
        for name in self._fields:
            if name not in self._read:
                self.refuse(name, "an unknown field", f"only fields that {what} has: {', '.join(sorted(self._read))}")

    def _take(
        self, name: str, kind: type[_Value], empty: _Value, default: _Value | None, wanted: str | None = None
    ) -> _Value:
        self._read.add(name)
        if name not in self._fields and default is not None:
            return default
        if name not in self._fields:
            self.refuse(name, "nothing", wanted or _KINDS[kind])
            return empty
        found = self._fields[name]
        if type(found) is not kind:
            self.refuse(name, _shown(found), _KINDS[kind])
            return empty
        return found

    def _has(self, name: str, kind: type) -> bool:
        return type(self._fields.get(name)) is kind

    def _place(self, name: str) -> str:
        plain = name[:_SHOWN_LETTERS] if name.isprintable() else _shown(name)
        return f"{self._path}.{plain}" if self._path else plain


def _shown(found: object) -> str:
    try:
        return repr(found)[:_SHOWN_LETTERS]
    except (ValueError, RecursionError):
        # Python writes no number of more than 4300 digits, and no table a thousand levels deep.
        return "more than can be shown"
