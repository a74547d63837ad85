"""Bulk import: from a file of lines to published, beside plain python-tuf with the same file, and the floor.

`bulk(folder, targets, bins, times)` measures. As a program, `import_bench.py HOME FILE`, it is one import in a process
of its own, which tells its seconds and what it needed of memory.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.figures import FLOOR, OURS, PLAIN, Comparison, figure_of
from benchmarks.stocked import moment
from benchmarks.targets_like_pypi import digest_of, length_of, path_of
from benchmarks.workshop import Workshop
from tuf.api.metadata import TargetFile

from ceremony.online.errand import opened, see_out
from ceremony.online.home import Home
from ceremony.online.import_lines import LinesSource
from ceremony.online.import_rows import is_imported, sweep_imports
from ceremony.online.importing import ImportWish, import_all

_MEBIBYTE = 1 << 20


def bulk(folder: Path, targets: int, bins: int, times: int = 1) -> Iterator[Comparison]:
    """So many targets out of one file, into as many bins, each time into a signer that had one target before."""
    taken: dict[str, list[float]] = {OURS: [], PLAIN: [], FLOOR: []}
    memory = 0.0
    for turn in range(times):
        shop = Workshop(folder / f"import-{turn}", 1, bins)
        file = write_lines(shop.folder / "targets.csv", targets)
        key = shop.key("P-256")
        plain, floor = shop.plain(key), shop.floor(key)
        taken[PLAIN].append(_timed(partial(plain.add, _plain_targets(file))))
        rows, body = [b"r" * 300] * targets, [b"b" * (file.stat().st_size // bins)] * bins
        taken[FLOOR].append(_timed(partial(floor.publish_many, rows, body, b"s" * 34 * bins)))
        floor.close()
        shop.signer.store.close()
        command = [sys.executable, str(Path(__file__)), str(shop.signer.home.folder), str(file)]
        found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        assert found["targets"] == targets + 1
        taken[OURS].append(found["seconds"] * 1000)
        memory = max(memory, found["mebibytes"])
        shop.close()
    figures = tuple(figure_of(way, each) for way, each in taken.items())
    note = f"{memory:.0f} MiB at most, helpers apart"
    yield Comparison(f"import of {targets:,} targets from CSV, {bins:,} bins", figures, "30 s, 300 MiB at 1 M", note)


def write_lines(path: Path, targets: int) -> Path:
    """A file of so many targets, as Repository Service for TUF imports them."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(1, targets + 1):
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
        see_out(place, store, lambda: is_imported(store, done.number), moment(), lambda _done, _total: None)
        sweep_imports(store)
        seconds, targets = time.perf_counter() - start, store.target_count()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MEBIBYTE
    print(json.dumps({"seconds": seconds, "mebibytes": peak, "targets": targets}))  # noqa: T201  # what its parent reads


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
