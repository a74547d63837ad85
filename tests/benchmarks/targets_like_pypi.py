"""Targets as PyPI has them: 215 bytes of canonical JSON each, as many as are wanted, always the same ones."""

import sqlite3
from array import array
from collections.abc import Iterable, Iterator
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

from ceremony.online.import_source import PLACE_BITS, PLACES, place_of


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
    # In the order of their bins, in which a database takes millions at the speed of the disk.
    order = array("Q", sorted(place_of(path_of(number)) << PLACE_BITS | number for number in range(count)))
    shift = PLACE_BITS - (bins - 1).bit_length()
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        # Nobody else is there, and what a power cut would spoil is made again.
        for pragma in ("journal_mode=DELETE", "synchronous=OFF"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        connection.execute("DELETE FROM targets")
        connection.executemany("INSERT INTO targets (bin, path, fragment) VALUES (?, ?, ?)", _rows(order, shift))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL")


def _rows(order: Iterable[int], shift: int) -> Iterator[tuple[int, str, bytes]]:
    for each in order:
        number = each & (PLACES - 1)
        yield each >> PLACE_BITS >> shift, path_of(number), fragment_of(number)
