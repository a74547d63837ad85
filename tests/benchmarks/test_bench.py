"""The bench runs: every comparison has its figures, at sizes at which they mean nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_bench_measures_and_writes_what_it_prints(tmp_path: Path) -> None:
    """A table on the screen, the same in the file, and nothing left on the disk."""
    figures, picture, data = tmp_path / "figures.json", tmp_path / "figures.svg", tmp_path / "data"
    data.mkdir()
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    command = [sys.executable, "-m", "benchmarks", "--quick", "--json", str(figures), "--plot", str(picture)]
    command += ["--folder", str(data)]

    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    found = json.loads(figures.read_text("utf-8"))["comparisons"]
    assert [each["title"].split(",")[0] for each in found] == [
        "one add",
        "one add",
        "every bin signed anew",
        "10 adds at once",
        "100 adds at once",
        "start to first answer",
    ]
    assert all(each["milliseconds"][0]["p50"] > 0 for each in found)
    assert "python-tuf" in done.stdout
    assert "python-tuf" in picture.read_text("utf-8")
    assert [*data.iterdir()] == []
