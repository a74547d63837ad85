"""`kill -9` in the middle of an import: the same command goes on, and at its end every target is there once."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from fakes.online_signer import online_signer
from fakes.release import Wanted

from ceremony.errors import RehearsalError

HERE = Path(__file__).parent
MOMENT = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  # the real client asks the real clock
TARGETS = 20_000
KILLS = 12
_BLOCK_BYTES = 40_000


def test_a_kill_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    """A dozen kills, spread over the import and its publication; clients are content after each of them."""
    signer = online_signer(tmp_path, Wanted(now=MOMENT))
    signer.deliver(now=MOMENT)
    file = tmp_path / "lines"
    digest = sha256(b"").hexdigest()
    file.write_text("".join(f"a/{number % 97}/{number};0;sha256;{digest}\n" for number in range(TARGETS)))
    chance = random.Random(458)  # noqa: S311  # the same moments each time, as far as a machine can
    seconds, killed = 2.5, 0

    for _ in range(KILLS):
        killed += _run_and_kill(signer.home.folder, file, chance.uniform(0.4, 1.0) * seconds)
        assert signer.follow() == {}

    assert killed
    assert _run_and_kill(signer.home.folder, file, None) == 0
    assert len(signer.targets()) == signer.store.target_count() == TARGETS
    assert _listed(signer.follow, "a/0/0")
    signer.store.close()


def _run_and_kill(home: Path, file: Path, seconds: float | None) -> bool:
    """True if it was killed before it came to its end."""
    paths = os.pathsep.join([str(HERE.parent), str(HERE.parent.parent)])
    program = [sys.executable, str(HERE / "import_child.py"), str(home), str(file), str(_BLOCK_BYTES)]
    process = subprocess.Popen(program, env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.DEVNULL)
    if seconds is not None:
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
    status = process.wait(120)
    assert status in (0, -signal.SIGKILL)
    return status != 0


def _listed(follow: object, path: str) -> bool:
    """The real client finds the target; its file was never kept here, so only the download ends its walk."""
    try:
        follow(path)  # type: ignore[operator]  # what the signer under test does
    except RehearsalError as error:
        return "does not list" not in error.reason
    return True
