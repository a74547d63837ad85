"""The systemd unit means something to systemd, and leaves the signer as little of the machine as it says."""

import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "docs" / "systemd" / "ceremony-online.service"
MOST_EXPOSED = 1.5

pytestmark = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here to judge it")


def analyzed(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """What systemd-analyze says."""
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False, timeout=60)


def test_systemd_knows_every_line_of_the_unit(tmp_path: Path) -> None:
    """But for the program, which lies elsewhere: no line is passed over, misspelt or out of its section."""
    unit = tmp_path / UNIT.name
    lines = UNIT.read_text("utf-8").splitlines()
    (start,) = [each for each in lines if each.startswith("ExecStart=")]
    unit.write_text(
        "\n".join(f"ExecStart={shutil.which('true')}" if each == start else each for each in lines), "utf-8"
    )

    ended = analyzed("verify", "--man=no", "--recursive-errors=no", str(unit))

    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_unit_leaves_little_of_the_machine() -> None:
    """By systemd's own measure: 10 is everything."""
    ended = analyzed("security", "--offline=yes", f"--threshold={int(MOST_EXPOSED * 10)}", str(UNIT))

    assert ended.returncode == 0, ended.stdout[-200:]
