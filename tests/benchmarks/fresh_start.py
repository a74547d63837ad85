"""A signer started from nothing, in a process of its own: how long it takes, and how much memory, its helper's too.

Started by by_itself.py as `fresh_start.py HOME WORK MOMENT FIRST`; prints JSON. WORK is `load`, one target whose answer
the time runs to from the start of the process, and then 1,100 more; or `resign`, every bin signed anew, and timed.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ceremony.online.publisher import Publisher
    from ceremony.online.store import Store

_UNIT = 1024


def main(folder: Path, work: str, now: datetime, first: int) -> dict[str, float]:
    """Milliseconds, and the most memory that it ever had, in bytes, and the helper."""
    # Imported here, where the time runs already: a daemon has to do so too.
    from ceremony.online.errand import publisher_of  # noqa: PLC0415  # the time runs
    from ceremony.online.home import Home  # noqa: PLC0415  # the time runs
    from ceremony.online.opening import opened  # noqa: PLC0415  # the time runs

    home = Home(folder)
    with opened(home) as store, home.writing():
        publisher = publisher_of(home, store, lambda _done, _total: None)
        milliseconds = _resign(publisher, now) if work == "resign" else _load(store, publisher, now, first)
        helpers = [most_memory(each) for each in children(os.getpid())]
        return {"milliseconds": milliseconds, "memory": most_memory("self"), "helper": max(helpers, default=0)}


def children(process_id: int) -> list[str]:
    """The processes that this one has started and that are there, by number."""
    return [
        each for task in Path(f"/proc/{process_id}/task").iterdir() for each in (task / "children").read_text().split()
    ]


def most_memory(process: str) -> int:
    """The most memory that this process ever had, in bytes."""
    # What getrusage says includes the process that this one was started from.
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * _UNIT


def share_of_memory(process: str) -> int:
    """The memory of this process, in bytes; of what several have together each has its share."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * _UNIT


def _load(store: "Store", publisher: "Publisher", now: datetime, first: int) -> float:
    from benchmarks.targets_like_pypi import fragment_of, path_of  # noqa: PLC0415  # the time runs

    from ceremony.online.intake import Request, take_in  # noqa: PLC0415  # the time runs

    def add(start: int, count: int) -> None:
        numbers = range(start, start + count)
        take_in(store, [Request(path_of(number), fragment_of(number)) for number in numbers], now)
        publisher.publish(now)

    add(first, 1)
    milliseconds = _age_seconds() * 1000
    for number in range(1, 101):
        add(first + number, 1)
    add(first + 101, 1_000)
    return milliseconds


def _resign(publisher: "Publisher", now: datetime) -> float:
    return _timed(lambda: publisher.publish(now))


def _timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return (time.perf_counter() - start) * 1000


def _age_seconds() -> float:
    began = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - began


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1]), sys.argv[2], datetime.fromisoformat(sys.argv[3]), int(sys.argv[4])), sys.stdout)
