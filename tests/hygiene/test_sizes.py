"""Modules stay small: past a length that can be read in one go, somebody looks again and writes down why."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(path for folder in ("ceremony", "hsm") for path in ROOT.glob(f"{folder}/**/*.py"))
LINES = 300

LONGER: dict[str, str] = {}
"""Modules that are longer, each with the reason why it is still one room."""

EMPTY = {"base", "common", "helpers", "manager", "misc", "types", "utils"}


def name_of(path: Path) -> str:
    """The path in the checkout, which names its test."""
    return str(path.relative_to(ROOT))


def lines_in(name: str) -> int:
    """How long this module is."""
    return len((ROOT / name).read_text("utf-8").splitlines())


@pytest.mark.parametrize("name", [name_of(path) for path in MODULES])
def test_a_module_is_short_or_says_why_not(name: str) -> None:
    """No module has more than 300 lines unless its reason is written down."""
    assert lines_in(name) <= LINES or LONGER.get(name)


def test_a_reason_is_kept_only_while_it_is_needed() -> None:
    """A module that has become short, or has gone, needs no excuse."""
    assert [name for name in LONGER if lines_in(name) <= LINES] == []


def test_no_room_is_without_one_purpose() -> None:
    """No module and no folder is named for nothing in particular."""
    parts = {part.removesuffix(".py") for path in MODULES for part in path.relative_to(ROOT).parts}
    assert parts & EMPTY == set()


def test_no_module_shadows_the_standard_library() -> None:
    """A reader never has to ask which of two modules is meant."""
    names = {path.stem for path in MODULES} - {"__init__", "__main__"}
    assert names & sys.stdlib_module_names == set()
