"""The signed part of the snapshot, kept as bytes and changed where a version changes: no publication renders it anew.

Of 16384 bins that is half a megabyte, which takes 5 ms to render and 20 µs to change. The bytes are the ones that
`bins.render_snapshot` gives.
"""

from bisect import bisect_right
from collections.abc import Mapping

from tuf.api.metadata import SPECIFICATION_VERSION

_TOGETHER = 32
"""So many entries are joined for one that changes; more would take longer, fewer would cost more where bytes move."""

_SPEC_VERSION = ".".join(SPECIFICATION_VERSION)


class SnapshotPayload:
    """What a snapshot lists, by role, and its canonical bytes; safe in one thread at a time."""

    def __init__(self, versions: Mapping[str, int]) -> None:
        """It lists each of these roles at its version."""
        self._head = 0
        self._fill(_entries({f"{role}.json": version for role, version in versions.items()}))

    def change(self, versions: Mapping[str, int]) -> None:
        """These roles are listed at these versions, whether they were listed before or not; no other is changed."""
        named = {f"{role}.json": version for role, version in versions.items()}
        places = {name: self._place(name) for name in named}
        is_new = len(named) * 2 > self._count
        if is_new or any(name not in self._blocks[place] for name, place in places.items()):
            self._fill({name: entry for block in self._blocks for name, entry in block.items()} | _entries(named))
            return
        for name, place in places.items():
            self._blocks[place][name] = _entry(name, named[name])
        for place in sorted({*places.values()}):
            self._render(place)

    def at(self, version: int, expires: str) -> bytearray:
        """The canonical bytes of this version of the snapshot.

        They belong to this payload and are good until its next change.   Spec: 4.4.
        """
        head = b'{"_type":"snapshot","expires":"%s","meta":{' % expires.encode()
        self._bytes[: self._head] = head
        self._head = len(head)
        self._bytes[self._head + self._starts[-1] :] = b'},"spec_version":"%s","version":%d}' % (
            _SPEC_VERSION.encode(),
            version,
        )
        return self._bytes

    def _fill(self, entries: Mapping[str, bytes]) -> None:
        # By the name of the file: a dash comes before the dot that ends a role's name.
        names = sorted(entries)
        self._count = len(names)
        chunks = [names[start : start + _TOGETHER] for start in range(0, len(names), _TOGETHER)] or [[]]
        self._blocks = [{name: entries[name] for name in chunk} for chunk in chunks]
        self._firsts = [chunk[0] for chunk in chunks if chunk]
        rendered = [_joined(block, is_first=place == 0) for place, block in enumerate(self._blocks)]
        self._starts = [0]
        for each in rendered:
            self._starts.append(self._starts[-1] + len(each))
        self._head = 0
        self._bytes = bytearray(b"".join(rendered))

    def _place(self, name: str) -> int:
        return max(0, bisect_right(self._firsts, name) - 1)

    def _render(self, place: int) -> None:
        joined = _joined(self._blocks[place], is_first=place == 0)
        start, end = self._starts[place], self._starts[place + 1]
        self._bytes[self._head + start : self._head + end] = joined
        longer = len(joined) - (end - start)
        if longer:
            for following in range(place + 1, len(self._starts)):
                self._starts[following] += longer


def _entries(versions: Mapping[str, int]) -> dict[str, bytes]:
    return {name: _entry(name, version) for name, version in versions.items()}


def _entry(name: str, version: int) -> bytes:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}":{{"version":{version}}}'.encode()


def _joined(block: Mapping[str, bytes], *, is_first: bool) -> bytes:
    joined = b",".join(block.values())
    return joined if is_first else b"," + joined
