"""`kill -9` at any durable step of a sitting: whatever people were told is in the bundle, and the same plan goes on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_a_sitting_that_is_killed_loses_nothing_it_told_and_goes_on(tmp_path: Path, part: int) -> None:
    """Before each kind of durable step, early, late and in between, and before every so many of all of them."""
    paths = os.pathsep.join([str(HERE.parent), str(HERE.parent.parent)])

    done = subprocess.run(
        [sys.executable, str(HERE / "sitting_child.py"), str(tmp_path), str(part), str(PARTS)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["steps"] > 300
    assert found["kinds"] > 20
    assert found["killed"] >= 30
