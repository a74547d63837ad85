"""What a client downloads for an update: timestamp, snapshot and the bins it asks for, as they lie on the shelf."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.workshop import Workshop

from ceremony.core.bin_delegation import bin_names

ASKED = (1, 10)
"""So many targets a client asks for, each in a bin of its own."""


@dataclass(frozen=True, slots=True)
class Download:
    """One update of a client that asks for `asked` targets: bytes as they are, and as gzip sends them."""

    targets: int
    bins: int
    asked: int
    raw: int
    gzipped: int


def downloads(shop: Workshop) -> Iterator[Download]:
    """An update of this signer's repository, for each number of targets that a client may ask for."""
    shelf = shop.signer.home.repository / "metadata"
    timestamp = shelf / "timestamp.json"
    snapshot = shelf / f"{_meta(timestamp)['snapshot.json']['version']}.snapshot.json"
    versions = _meta(snapshot)
    names = bin_names(shop.bins)
    for asked in (each for each in ASKED if each <= shop.bins):
        some = names[:: len(names) // asked][:asked]
        files = [timestamp, snapshot, *(shelf / f"{versions[f'{name}.json']['version']}.{name}.json" for name in some)]
        found = [each.read_bytes() for each in files]
        gzipped = sum(len(gzip.compress(each, 6, mtime=0)) for each in found)
        yield Download(shop.targets, shop.bins, asked, sum(map(len, found)), gzipped)


def _meta(file: Path) -> dict[str, dict[str, int]]:
    meta: dict[str, dict[str, int]] = json.loads(file.read_bytes())["signed"]["meta"]
    return meta
