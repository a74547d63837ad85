"""A ceremony of three at a real terminal, typed key by key on the plain console."""

import os
import sys
from pathlib import Path

import pexpect
from fakes.rooms import NOW, make_device
from fakes.willing_person import MOST_ANSWERS, NAMES, WillingPerson

from ceremony.engine.practice import make_practice

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60


def walk(tmp_path: Path, person: WillingPerson, *arguments: str) -> tuple[int, str]:
    """Exit status and everything that the terminal showed."""
    child = pexpect.spawn(
        sys.executable,
        ["-m", "ceremony", *arguments],
        cwd=str(ROOT),
        env=os.environ | {"HOME": str(tmp_path), "TERM": "dumb", "COLUMNS": "100"},
        encoding="utf-8",
        timeout=PATIENCE_SECONDS,
        dimensions=(40, 100),
    )
    shown = ""
    for _answer in range(MOST_ANSWERS):
        if child.expect([r"\n([a-z ]+> )", pexpect.EOF]) == 1:
            break
        shown += f"{child.before}{child.after}"
        child.sendline(person.answer(child.before, child.match[1]))
    shown += child.before
    child.close()
    return int(child.exitstatus), shown


def test_a_ceremony_of_three_is_walked_stopped_and_resumed_at_a_terminal(tmp_path: Path) -> None:
    """The PINs never show, neither on the terminal nor on the disk."""
    practice = make_practice(tmp_path / "practice", NAMES, 2, NOW, make_device)
    pins = {name: pin.secret for name, pin in zip(NAMES, practice.pins.values(), strict=True)}
    arguments = ("sit", str(practice.plan), "--export", str(tmp_path / "release"))
    stopped, first = walk(tmp_path, WillingPerson(pins, odd={"bob, type words": "q"}), *arguments)
    assert stopped == 5
    done, second = walk(tmp_path, WillingPerson(pins), *arguments)
    assert (done, (tmp_path / "release").is_dir()) == (0, True)
    records = [file.read_text(encoding="utf-8") for file in tmp_path.rglob("*.jsonl")]
    assert [pin for pin in pins.values() if any(pin in text for text in (first, second, *records))] == []
