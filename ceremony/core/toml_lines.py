"""Where a field stands in a TOML text: dotted path -> line, so that a problem can name it."""

import re

_TABLE = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?$")
_ITEM = re.compile(r"\s*\[\[([^\[\]]+)\]\]\s*(?:#.*)?$")
_FIELD = re.compile(r"\s*([A-Za-z0-9_.\"-]+)\s*=")
_LONG_TEXT = re.compile(r"\"\"\"|'''")


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


def line_of(lines: dict[str, int], field: str) -> int | None:
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
