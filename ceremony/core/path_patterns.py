"""Patterns of target paths: which are taken, which paths two of them share, and whether one holds all of another.

A pattern is matched segment by segment, so that `*` never reaches across a slash. Clients differ in whatever else a
pattern could hold, so nothing else is taken.   Spec: 4.5, paths.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

PATTERN = r"(?!.{257})(?!(?:.*/)?\.{1,2}(?:/|$))[\w.+~@%=,()!*-]+(?:/[\w.+~@%=,()!*-]+)*"
"""A pattern that is taken: plain segments with slashes between them, at most 256 letters, no `.` and no `..`."""

PATTERN_WORDS = "a pattern such as files/demo/*, with one * in a segment at most"

_SPECIAL = re.compile(r"[*?\[]")


def is_pattern(text: str) -> bool:
    """True for a pattern that every client understands in the same way: ASCII, and one star in a segment at most."""
    plain = text.isascii() and re.fullmatch(PATTERN, text) is not None
    return plain and all(segment.count("*") <= 1 for segment in text.split("/"))


def share(one: str, other: str) -> bool:
    """True when some path may match both patterns; for patterns of strangers, rather true than false."""
    ours, theirs = one.split("/"), other.split("/")
    return len(ours) == len(theirs) and all(_meet(*both) for both in zip(ours, theirs, strict=True))


def holds(outer: str, inner: str) -> bool:
    """True when every path that `inner` matches is one that `outer` matches; both are patterns that are taken."""
    ours, theirs = outer.split("/"), inner.split("/")
    return len(ours) == len(theirs) and all(_covers(*both) for both in zip(ours, theirs, strict=True))


def first_shared(patterns: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], tuple[str, str]] | None:
    """Two of these (owner, pattern) that share a path and have different owners; None if there are none.

    Patterns in which only the last segment has a star, which all of ours are, are compared within their folder.
    """
    folders: dict[str, list[tuple[str, str]]] = {}
    wild: list[tuple[str, str]] = []
    for owner, pattern in patterns:
        folder = pattern.rpartition("/")[0]
        if _SPECIAL.search(folder):
            wild.append((owner, pattern))
        else:
            folders.setdefault(folder, []).append((owner, pattern))
    return next(_clashes(folders, wild), None)


def _clashes(
    folders: Mapping[str, list[tuple[str, str]]], wild: list[tuple[str, str]]
) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    for found in folders.values():
        yield from _clashes_within(found)
    every = [each for found in folders.values() for each in found]
    for place, one in enumerate(wild):
        for other in (*wild[place + 1 :], *every):
            if one[0] != other[0] and share(one[1], other[1]):
                yield one, other


def _clashes_within(folder: list[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """The same within one folder: only patterns of which one begins with what stands before the other's star."""
    nested: list[tuple[str, str]] = []
    for each in sorted(folder, key=lambda it: _head(it[1])):
        # In this order, whatever begins alike stands together: thousands are compared with their neighbours alone.
        while nested and not _head(each[1]).startswith(_head(nested[-1][1])):
            nested.pop()
        for one in nested:
            if one[0] != each[0] and share(one[1], each[1]):
                yield one, each
        nested.append(each)


def _head(pattern: str) -> str:
    return _ends(pattern.rpartition("/")[2])[0]


def _meet(one: str, other: str) -> bool:
    if not _SPECIAL.search(one) and not _SPECIAL.search(other):
        return one == other
    (head, tail), (begin, end) = _ends(one), _ends(other)
    fits = (head.startswith(begin) or begin.startswith(head)) and (tail.endswith(end) or end.endswith(tail))
    if _SPECIAL.search(one) and _SPECIAL.search(other):
        return fits
    plain = other if _SPECIAL.search(one) else one
    start, stop = (head, tail) if _SPECIAL.search(one) else (begin, end)
    return plain.startswith(start) and plain.endswith(stop) and len(plain) >= len(start) + len(stop)


def _covers(outer: str, inner: str) -> bool:
    if "*" not in outer:
        return outer == inner
    head, tail = _ends(outer)
    begin, end = _ends(inner)
    if "*" not in inner:
        return inner.startswith(head) and inner.endswith(tail) and len(inner) >= len(head) + len(tail)
    return begin.startswith(head) and end.endswith(tail)


def _ends(segment: str) -> tuple[str, str]:
    """What stands before the first special letter of a segment, and what after the last."""
    found = [match.start() for match in _SPECIAL.finditer(segment)]
    if not found:
        return segment, segment
    # A bracket opens a set that ends somewhere behind it: nothing is known of what follows.
    last = segment[found[-1] + 1 :] if segment[found[-1]] != "[" else ""
    return segment[: found[0]], last
