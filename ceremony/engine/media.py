"""Removable media: which sticks are mounted and can be written to."""

import os
import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mounts")
_BLOCKS = Path("/sys/class/block")
_ESCAPE = re.compile(r"\\([0-7]{3})")


def writable_places(mounts: Path = _MOUNTS, blocks: Path = _BLOCKS) -> tuple[Path, ...]:
    """Where removable media are mounted for writing, in order of path."""
    return tuple(path for path, is_writable in _mounted(mounts, blocks) if is_writable)


def mounted_places(mounts: Path = _MOUNTS, blocks: Path = _BLOCKS) -> tuple[Path, ...]:
    """Where removable media are mounted, for writing or for reading alone, in order of path."""
    return tuple(path for path, _is_writable in _mounted(mounts, blocks))


def _mounted(mounts: Path, blocks: Path) -> list[tuple[Path, bool]]:
    found = []
    # A stick's name may be in any encoding, and may hold what else looks like the end of a line.
    text = mounts.read_text(encoding="utf-8", errors="surrogateescape") if mounts.is_file() else ""
    for line in filter(None, text.split("\n")):
        source, where, _kind, options, *_rest = line.split(" ")
        if _is_removable(Path(source).name, blocks):
            path = Path(_ESCAPE.sub(lambda escape: chr(int(escape[1], 8)), where))
            found.append((path, "rw" in options.split(",")))
    return sorted(found)


def suggested_place(places: tuple[Path, ...], ceremony: str, what: str = "release") -> Path:
    """A folder that does not exist yet, on the only stick there is, or else where the program was started."""
    parent = places[0] if len(places) == 1 else Path(os.curdir).resolve()
    path = parent / f"{ceremony}-{what}"
    number = 2
    while path.exists():
        path = parent / f"{ceremony}-{what}-{number}"
        number += 1
    return path


def _is_removable(name: str, blocks: Path) -> bool:
    block = blocks / name
    # A partition has no flag of its own: the disk that it lies on has.
    for flag in (block / "removable", block.resolve().parent / "removable"):
        if flag.is_file():
            return flag.read_text(encoding="utf-8").strip() == "1"
    return False
