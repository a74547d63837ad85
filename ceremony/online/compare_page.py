"""What a comparison shows to people, and what it writes for machines."""

import json
from collections.abc import Mapping
from typing import BinaryIO

from rich.console import Console

from ceremony.core.strict_json import Json
from ceremony.online.compare_rows import Kind
from ceremony.online.comparing import Comparison, Difference, Totals, entry_in

_SHOWN = 20
_DIGITS = 16
"""So much of a hash is shown: it is to tell two apart, and the report has all of it."""


def draw_comparison(console: Console, comparison: Comparison) -> None:
    """How many differ, and the first of each kind."""
    totals, kinds = comparison.totals, comparison.totals.kinds
    told = ", ".join(f"{kinds[kind]} {kind.value}" for kind in (Kind.CHANGED, Kind.ADDED, Kind.MISSING))
    _print(console, f"{totals.here} targets here, {totals.record} in the record: {told}.")
    for kind in (Kind.CHANGED, Kind.ADDED, Kind.MISSING):
        for each in comparison.differences((kind,), _SHOWN):
            _draw(console, each)
        if kinds[kind] > _SHOWN:
            _print(console, f"... and {kinds[kind] - _SHOWN} more {kind.value}")
    if kinds[Kind.ELSEWHERE]:
        _print(
            console,
            f"{kinds[Kind.ELSEWHERE]} of the record were not compared: clients ask a project or another delegation "
            "for them, and not the bins. `ceremony-online project list` shows the projects.",
        )
    if waiting := waiting_words(totals):
        _print(console, f"Caution: {waiting}, which counts as not done here.", style="bold red")


def waiting_words(totals: Totals) -> str:
    """What waits to be published, "" if nothing does."""
    parts = [f"changes: {totals.waiting}"] if totals.waiting else []
    parts += ["an import"] if totals.waits_import else []
    return f"something waits to be published ({', '.join(parts)})" if parts else ""


def comparison_to_json(comparison: Comparison) -> Mapping[str, Json]:
    """The counts, and the first of each kind."""
    totals = comparison.totals
    first = {kind.value: [_to_json(each) for each in comparison.differences((kind,), _SHOWN)] for kind in Kind}
    return {
        "targets": totals.here,
        "record": totals.record,
        "publication": totals.publication,
        "waiting": totals.waiting,
        "import_waits": totals.waits_import,
        **{kind.value: totals.kinds[kind] for kind in Kind},
        "first": first,
    }


def write_report(file: BinaryIO, comparison: Comparison) -> None:
    """Every difference is a line of JSON in this file, which is not durable yet."""
    file.writelines(json.dumps(_to_json(each)).encode() + b"\n" for each in comparison.differences())


def _draw(console: Console, each: Difference) -> None:
    differs = f" ({', '.join(each.differs)})" if each.differs else ""
    _print(console, f"{each.kind.value}: {each.path}{differs}", style="bold")
    if each.found is not None:
        _print(console, f"    here    {_entry_words(each.found, each.path)}")
    if each.wanted is not None:
        _print(console, f"    record  {_entry_words(each.wanted, each.path)}")
    _print(console, f"    {_last_words(each)}")
    if each.is_past_requests:
        _print(console, "    That is not what was asked for last: the database was changed past every request.")


def _entry_words(fragment: bytes, path: str) -> str:
    entry = entry_in(fragment, path)
    if entry is None:
        return "no entry for this path"
    found = entry.get("hashes")
    hashes = found.items() if isinstance(found, Mapping) else ()
    parts = [f"length {entry.get('length')}", *(f"{name} {str(each)[:_DIGITS]}..." for name, each in sorted(hashes))]
    return ", ".join([*parts, "custom"] if "custom" in entry else parts)


def _last_words(each: Difference) -> str:
    last = each.last
    if last is None:
        return "The database does not know when it was changed last."
    if last.source:
        who = f"by {last.source}"
    else:
        who = f"by the caller {last.maker}, task {last.task}" if last.task else "by a verb on this machine"
    what = "removal asked for" if last.fragment is None else "asked for"
    return f"last {what} at {last.received_at} {who}; publication {last.publication} at {last.published_at}"


def _to_json(each: Difference) -> Mapping[str, Json]:
    last: Json = None
    if each.last is not None:
        last = {
            "asked_at": each.last.received_at,
            "by": each.last.maker or each.last.source or "a verb on this machine",
            "task": each.last.task or None,
            "publication": each.last.publication,
            "published_at": each.last.published_at,
            "is_removal": each.last.fragment is None,
        }
    return {
        "kind": each.kind.value,
        "path": each.path,
        "differs": each.differs,
        "here": entry_in(each.found, each.path),
        "record": entry_in(each.wanted, each.path),
        "line": each.line,
        "bin": each.bin,
        "last": last,
        "is_past_requests": each.is_past_requests,
    }


def _print(console: Console, text: str, style: str | None = None) -> None:
    console.print(text, markup=False, highlight=False, style=style)
