"""A signer started from nothing: how long until its first target is out, and how much memory it takes under load.

Started by sections.py as `fresh_start.py HOME FIRST MOMENT`; prints JSON. The time runs from the start of the process.
"""

import json
import os
import sys
import time
from datetime import datetime
from pathlib import Path

_UNIT = 1024


def main(folder: Path, first: int, now: datetime) -> dict[str, float]:
    """Milliseconds to the first answer, and the most memory that it ever had, in bytes."""
    # Imported here, where the time runs already: a daemon has to do so too.
    from benchmarks.targets_like_pypi import fragment_of, path_of  # noqa: PLC0415  # the time runs

    from ceremony.online.errand import opened, publisher_of  # noqa: PLC0415  # the time runs
    from ceremony.online.home import Home  # noqa: PLC0415  # the time runs
    from ceremony.online.intake import Request, take_in  # noqa: PLC0415  # the time runs

    home = Home(folder)
    with opened(home) as store, home.writing():
        publisher = publisher_of(home, store, lambda _done, _total: None)

        def add(start: int, count: int) -> None:
            numbers = range(start, start + count)
            take_in(store, [Request(path_of(number), fragment_of(number)) for number in numbers], now)
            publisher.publish(now)

        add(first, 1)
        milliseconds = _age_seconds() * 1000
        for number in range(1, 101):
            add(first + number, 1)
        add(first + 101, 1_000)
    return {"milliseconds": milliseconds, "memory": _most_memory()}


def _most_memory() -> int:
    # What getrusage says includes the process that this one was started from.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * _UNIT


def _age_seconds() -> float:
    began = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - began


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1]), int(sys.argv[2]), datetime.fromisoformat(sys.argv[3])), sys.stdout)
