"""The floor: what the machine itself needs for a publication whose bytes are ready, with nothing worked out at all."""

import os
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from securesystemslib.signer import Signer


@dataclass
class BareMachine:
    """A database and a folder of its own, and a key."""

    folder: Path
    signer: Signer
    connection: sqlite3.Connection = field(init=False)
    written: int = 0

    def __post_init__(self) -> None:
        self.connection = sqlite3.connect(self.folder / "floor.db", isolation_level=None)
        for pragma in ("page_size=8192", "journal_mode=WAL", "synchronous=FULL"):
            self.connection.execute(f"PRAGMA {pragma}")
        self.connection.execute("CREATE TABLE rows (number INTEGER PRIMARY KEY, data BLOB)")

    def publish(self, row: bytes, bin_bytes: bytes, snapshot: bytes, timestamp: bytes) -> None:
        """One row committed; bin, snapshot and timestamp signed; the last two on the disk, the timestamp replaced.

        The file of the bin, and the names in the folder, would cost more: a machine may do those beside the rest.
        """
        self.commit([row])
        for payload in (bin_bytes, snapshot, timestamp):
            self.signer.sign(payload)
        self.written += 1
        self._write(f"{self.written}.snapshot", snapshot)
        self._write(".timestamp", timestamp)
        (self.folder / ".timestamp").replace(self.folder / "timestamp")

    def publish_many(self, rows: Sequence[bytes], bins: Sequence[bytes], snapshot: bytes) -> None:
        """The same for many bins at once, their files among it."""
        if rows:
            self.commit(rows)
        with ThreadPoolExecutor(2) as pool:
            # The keys of this machine sign beside the interpreter, on both of its cores.
            for _ in pool.map(self.signer.sign, [*bins, snapshot]):
                pass
        self.write_all(bins)
        self._write("snapshot", snapshot)

    def write_all(self, files: Sequence[bytes]) -> None:
        """So many new files are on the disk, all synced together."""
        self.written += 1
        for number, data in enumerate(files):
            (self.folder / f"{self.written}.{number}").write_bytes(data)
        os.sync()

    def commit(self, rows: Sequence[bytes]) -> None:
        """The rows are durable, in one transaction."""
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.executemany("INSERT INTO rows (data) VALUES (?)", [(row,) for row in rows])
        self.connection.execute("COMMIT")

    def close(self) -> None:
        """Nothing is left open."""
        self.connection.close()

    def _write(self, name: str, data: bytes) -> None:
        descriptor = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.write(descriptor, data)
        os.fdatasync(descriptor)
        os.close(descriptor)
