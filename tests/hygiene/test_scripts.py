"""Shell scripts are strict, and say what they and their functions are for."""

import itertools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(
    path for path in ROOT.glob("scripts/*") if path.is_file() and "python" not in path.read_text("utf-8")[:30]
)


def name_of(path: Path) -> str:
    """The path in the checkout, which names its test."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_a_script_stops_at_the_first_mistake_and_says_what_it_is_for(path: Path) -> None:
    """Each shell script is strict, or is sourced by those that are, and begins with what it does."""
    lines = path.read_text("utf-8").splitlines()
    assert lines[1].startswith("# ")
    assert "set -euo pipefail" in lines or lines[0] == "# shellcheck shell=bash"


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_every_shell_function_has_a_comment(path: Path) -> None:
    """The line above each function says what it does."""
    lines = path.read_text("utf-8").splitlines()
    bare = [line for above, line in itertools.pairwise(lines) if re.match(r"\w+\(\) ", line) and above[:2] != "# "]
    assert bare == []
