"""Bulk import: from a file of lines to published, beside plain python-tuf with the same file, and the floor.

`bulk(shop, targets)` measures. As a program, `import_bench.py HOME FILE`, it is one import in a process of its own,
which tells its milliseconds and what it, and its helper, needed of memory.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

if __package__ in {None, ""}:
    sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.figures import FLOOR, OURS, PLAIN, Comparison, Goal, Subject, figure_of
from benchmarks.fresh_start import children, most_memory
from benchmarks.stocked import moment
from benchmarks.targets_like_pypi import digest_of, length_of, path_of
from benchmarks.workshop import Workshop
from tuf.api.metadata import TargetFile

from ceremony.online.errand import leading_of, publisher_of
from ceremony.online.home import Home
from ceremony.online.import_lines import LinesSource
from ceremony.online.import_rows import is_imported, sweep_imports
from ceremony.online.importing import ImportWish, import_all
from ceremony.online.opening import opened
from ceremony.online.service import publish_all

BULK = "import"
_MEBIBYTE = 1 << 20
_LIMIT_SECONDS, _LIMIT_MEBIBYTES, _LIMIT_TARGETS = 30, 300, 1_000_000


def bulk(shop: Workshop, targets: int) -> Iterator[Comparison]:
    """So many targets out of one file, into a signer that has hardly any."""
    file = write_lines(shop.folder / "targets.csv", shop.targets, targets)
    shop.asked += targets
    key = shop.key("P-256")
    floor, plain = shop.floor(key), shop.plain(key)
    rows, body = [b"r" * 300] * targets, [b"b" * (file.stat().st_size // shop.bins)] * shop.bins
    taken = {FLOOR: _timed(partial(floor.publish_many, rows, body, shop.snapshot_bytes()))}
    floor.close()
    shop.signer.store.close()
    command = [sys.executable, str(Path(__file__)), str(shop.signer.home.folder), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["targets"] == targets + shop.targets
    taken[OURS] = found["milliseconds"]
    shop.look_for(shop.targets, shop.targets + targets - 1)
    # Last, for what python-tuf has had of this process's memory it keeps.
    taken[PLAIN] = _timed(lambda: plain.add(_plain_targets(file)))
    figures = tuple(figure_of(way, [taken[way]]) for way in (OURS, PLAIN, FLOOR))
    memory = max(found["memory"], found["helper"])
    note = f"{found['memory'] / _MEBIBYTE:.0f} MiB at most, and a helper of {found['helper'] / _MEBIBYTE:.0f} MiB"
    # What is said of a million holds, in proportion, for fewer.
    share = targets / _LIMIT_TARGETS
    goals = (
        Goal("seconds", taken[OURS] / 1000, _LIMIT_SECONDS * share, unit="s"),
        Goal("memory", memory / _MEBIBYTE, _LIMIT_MEBIBYTES, unit="MiB"),
    )
    title, subject = f"import of {targets:,} targets from CSV, {shop.bins:,} bins", Subject(BULK, targets, shop.bins)
    yield Comparison(title, figures, "", note, subject, int(memory), goals)


def write_lines(path: Path, first: int, targets: int) -> Path:
    """A file of so many targets, as Repository Service for TUF imports them."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(first, first + targets):
            file.write(f"{path_of(number)};{length_of(number)};blake2b-256;{digest_of(number)}\n")
    return path


def _plain_targets(file: Path) -> Iterator[TargetFile]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            path, length, kind, digest = line.rstrip("\n").split(";")
            yield TargetFile(int(length), {kind: digest}, path)


def _timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return (time.perf_counter() - start) * 1000


def main(home: Path, file: Path) -> None:
    """One import, told of as JSON."""
    start = time.perf_counter()
    place = Home(home)
    with opened(place) as store:
        done = import_all(store, LinesSource(file, "csv"), ImportWish(), moment(), lambda _done, _total: None)
        read = time.perf_counter()
        with leading_of(place, store).trying_to_write() as is_writer:
            assert is_writer
            publish_all(publisher_of(place, store, lambda _done, _total: None), moment())
            assert is_imported(store, done.number)
            milliseconds = (time.perf_counter() - start) * 1000
            helper = max((most_memory(each) for each in children(os.getpid())), default=0)
        sweep_imports(store)
        told = {"milliseconds": milliseconds, "reading": (read - start) * 1000, "helper": helper}
        print(json.dumps({**told, "memory": most_memory("self"), "targets": store.target_count()}))  # noqa: T201  # what its parent reads


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
