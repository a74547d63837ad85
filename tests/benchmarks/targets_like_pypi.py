"""Targets as PyPI has them: 215 bytes of canonical JSON each, as many as are wanted, always the same ones."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

from ceremony.online.bins import bin_of

_TOGETHER = 500_000
_CACHE_KIB = 1_500_000


def path_of(number: int) -> str:
    """The path of this target."""
    digest = blake2b(number.to_bytes(8, "big"), digest_size=32).hexdigest()
    return f"{digest[:2]}/{digest[2:4]}/{digest[4:]}/pkg-{number % 9}.{number % 90:02}.0-py3-none-any.whl"


def digest_of(number: int) -> str:
    """The BLAKE2b-256 of its content, in hex."""
    return blake2b(number.to_bytes(8, "little"), digest_size=32).hexdigest()


def length_of(number: int) -> int:
    """Its length in bytes."""
    return 1_000_000 + number % 9_000_000


def fragment_of(number: int) -> bytes:
    """Its entry in a bin."""
    text = f'"{path_of(number)}":{{"hashes":{{"blake2b-256":"{digest_of(number)}"}},"length":{length_of(number)}}}'
    return text.encode()


def fill(database: Path, count: int, bins: int) -> None:
    """The signer's database holds these targets and no others, as if each had been asked for and published."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        # Nobody else is there, and what a power cut would spoil is made again.
        for pragma in ("journal_mode=DELETE", "synchronous=OFF", f"cache_size=-{_CACHE_KIB}"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("DELETE FROM targets")
        for start in range(0, count, _TOGETHER):
            connection.execute("BEGIN")
            rows = sorted(_rows(range(start, min(count, start + _TOGETHER)), bins))
            connection.executemany("INSERT INTO targets (bin, path, fragment) VALUES (?, ?, ?)", rows)
            connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL")


def _rows(numbers: range, bins: int) -> Iterator[tuple[int, str, bytes]]:
    for number in numbers:
        path = path_of(number)
        yield bin_of(path, bins), path, fragment_of(number)
