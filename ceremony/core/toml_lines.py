"""TOML texts that people wrote: their fields, and where each stands, so that a problem can name its line."""

import re
import tomllib
from collections.abc import Iterable, Mapping

from ceremony.errors import Problem, SettingsError

_TABLE = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?$")
_ITEM = re.compile(r"\s*\[\[([^\[\]]+)\]\]\s*(?:#.*)?$")
_FIELD = re.compile(r"\s*([A-Za-z0-9_.\"-]+)\s*=")
_LONG_TEXT = re.compile(r"\"\"\"|'''")


def parse_toml(text: bytes, file: str, size_limit: int) -> tuple[dict[str, object], dict[str, int]]:
    """The fields of `text`, and the line of each by its dotted path; `file` is only named in problems.

    Raises: SettingsError if it is longer than `size_limit` bytes, or no TOML in UTF-8.
    """
    if len(text) > size_limit:
        raise SettingsError(file, (Problem("", "a longer text", f"at most {size_limit} bytes"),))
    try:
        decoded = text.decode("utf-8")
        return tomllib.loads(decoded), lines_of(decoded)
    except UnicodeDecodeError as error:
        raise SettingsError(file, (Problem("", "bytes that are no UTF-8 text", "a TOML text in UTF-8"),)) from error
    except (ValueError, RecursionError) as error:  # a number too long for Python is no TOMLDecodeError
        line = re.search(r"line (\d+)", str(error))
        problem = Problem("", str(error)[:200], "a TOML text", int(line[1]) if line else None)
        raise SettingsError(file, (problem,)) from error


def placed(problems: Iterable[Problem], lines: Mapping[str, int]) -> tuple[Problem, ...]:
    """The problems, each with its line."""
    return tuple(Problem(it.field, it.found, it.wanted, line_of(lines, it.field)) for it in problems)


def lines_of(text: str) -> dict[str, int]:
    """The line, counted from one, of every table and field of `text`, by dotted path such as `keyholders[1].name`."""
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    prefix = ""
    inside_long_text = False
    for number, line in enumerate(text.split("\n"), start=1):
        if not inside_long_text:
            prefix = _header(line, counts, prefix)
            found = _FIELD.match(line)
            name = f"{prefix}.{found[1]}".strip(".") if found else prefix
            if name:
                lines.setdefault(name.replace('"', ""), number)
        inside_long_text ^= len(_LONG_TEXT.findall(line)) % 2 == 1
    return lines


def line_of(lines: Mapping[str, int], field: str) -> int | None:
    """The line of `field`, or else of the nearest table around it; None when neither stands in the text."""
    while field and field not in lines:
        field = field.rpartition(".")[0] if "." in field or "[" not in field else field.rpartition("[")[0]
    return lines.get(field)


def _header(line: str, counts: dict[str, int], prefix: str) -> str:
    item, table = _ITEM.match(line), _TABLE.match(line)
    if item:
        name = item[1].strip()
        counts[name] = counts.get(name, -1) + 1
        return f"{name}[{counts[name]}]"
    return table[1].strip() if table else prefix
