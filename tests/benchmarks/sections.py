"""What is measured: one add, many at once, every bin signed anew, and a start from nothing, in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import FLOOR, OURS, PLAIN, Comparison, figure_of, in_turns
from benchmarks.stocked import SCHEMES
from benchmarks.workshop import TIMESTAMP_BYTES, Workshop

HUGE = 5_000_000
"""From so many targets on plain python-tuf is left out where it would take hours and gigabytes."""


def single(shop: Workshop, times: int) -> Iterator[Comparison]:
    """One target after another, each asked for, published and durable before the next."""
    snapshot, bin_bytes = shop.snapshot_bytes(), shop.bin_bytes()
    goals = {"Ed25519": "13 x plain, 1.3 x floor", "P-256": "17 x plain, 1.8 x floor"}
    for scheme in SCHEMES:
        key = shop.key(scheme)
        publisher, floor = shop.publisher(key), shop.floor(key)
        shop.add(publisher, 1)
        ways = {
            OURS: lambda publisher=publisher: shop.add(publisher, 1),
            FLOOR: lambda floor=floor: floor.publish(bin_bytes[:300], bin_bytes, snapshot, b"t" * TIMESTAMP_BYTES),
        }
        often = {OURS: times, FLOOR: times}
        if shop.targets < HUGE:
            plain = shop.plain(key)
            ways[PLAIN] = lambda plain=plain: plain.add(shop.plain_targets(1))
            often[PLAIN] = max(2, times // 8)
        yield Comparison(f"one add, {_size(shop)}, {scheme}", in_turns(ways, often), goals[scheme])
        floor.close()


def batch(shop: Workshop, count: int, times: int) -> Iterator[Comparison]:
    """Many targets at once."""
    key = shop.key("P-256")
    publisher, floor, plain = shop.publisher(key), shop.floor(key), shop.plain(key)
    shop.add(publisher, 1)
    touched = [shop.bin_bytes()] * min(shop.bins, count)
    rows = [b"r" * 300] * count
    snapshot = shop.snapshot_bytes()
    ways = {
        OURS: lambda: shop.add(publisher, count),
        FLOOR: lambda: floor.publish_many(rows, touched, snapshot),
        PLAIN: lambda: plain.add(shop.plain_targets(count)),
    }
    often = {OURS: times, FLOOR: times, PLAIN: max(1, times // 3)}
    yield Comparison(f"{count:,} adds at once, {_size(shop)}, P-256", in_turns(ways, often), "5 x plain")
    floor.close()


def resign(shop: Workshop, times: int) -> Iterator[Comparison]:
    """Every bin signed anew, by two processes."""
    key = shop.key("P-256")
    publisher, floor = shop.publisher(key), shop.floor(key)
    bins = [shop.bin_bytes()] * shop.bins
    ways = {OURS: lambda: shop.resign(publisher), FLOOR: lambda: floor.write_all(bins)}
    often = {OURS: times, FLOOR: times}
    goal, note = "1.5 x the time to write the same bytes", "the floor writes and syncs files of the same size"
    if shop.targets < HUGE:
        plain = shop.plain(key)
        ways[PLAIN] = plain.refresh
        often[PLAIN] = max(1, times // 3)
        goal = "10 x plain"
    yield Comparison(f"every bin signed anew, {_size(shop)}, P-256", in_turns(ways, often), goal, note)
    floor.close()


def restart(shop: Workshop, times: int) -> Iterator[Comparison]:
    """From the start of a process to the end of its first publication; and what it needs of memory under load."""
    shop.signer.store.close()
    milliseconds, memory = [], 0
    for turn in range(times):
        first = shop.asked + turn * 2_000
        command = [sys.executable, str(Path(__file__).with_name("fresh_start.py")), str(shop.signer.home.folder)]
        done = subprocess.run([*command, str(first), shop.later.isoformat()], capture_output=True, check=True)
        found = json.loads(done.stdout)
        milliseconds.append(found["milliseconds"])
        memory = max(memory, found["memory"])
    shop.asked += times * 2_000
    note = f"{memory / 2**20:.0f} MiB at most, after one add, 100 more and 1,000 at once"
    figures = (figure_of(OURS, milliseconds),)
    yield Comparison(f"start to first answer, {_size(shop)}", figures, "1,000 ms, 165 MiB", note)


def _size(shop: Workshop) -> str:
    return f"{shop.targets:,} targets in {shop.bins:,} bins"
