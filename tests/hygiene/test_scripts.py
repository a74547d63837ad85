"""Shell scripts are strict and tell what they are for, install only what is locked, and touch no real YubiKey."""

import hashlib
import itertools
import re
import shutil
import sys
from pathlib import Path

import pytest
from fakes.checkout import Checkout

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(
    path for path in ROOT.glob("scripts/*") if path.is_file() and "python" not in path.read_text("utf-8")[:30]
)
LOCKS = sorted(ROOT.glob("requirements/*.txt"))


def name_of(path: Path) -> str:
    """The path in the checkout, which names its test."""
    return str(path.relative_to(ROOT))


def whole_lines(path: Path) -> list[str]:
    """The lines of a file, each with those that a backslash joins to it."""
    return path.read_text("utf-8").replace("\\\n", " ").splitlines()


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


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_pip_takes_nothing_that_no_lock_names(path: Path) -> None:
    """Each call of pip compares hashes or fetches nothing, and lets nothing be built with tools of pip's own choice."""
    calls = [
        line for line in whole_lines(path) if re.search(r"(-m pip|pip\[@\]\}\") .*\b(install|download|wheel)\b", line)
    ]
    assert [each for each in calls if not {"--require-hashes", "--no-index"} & {*each.split()}] == []
    assert [each for each in calls if "--only-binary :all:" not in each and "--no-build-isolation" not in each] == []


@pytest.mark.parametrize("path", LOCKS, ids=name_of)
def test_everything_that_is_locked_has_a_hash(path: Path) -> None:
    """Each package of a lock is pinned to one version, with the hashes of its files."""
    pins = [line for line in whole_lines(path) if line and not line.startswith("#")]
    assert pins
    assert [pin for pin in pins if not re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", pin)] == []


def test_the_smart_card_library_has_a_lock_of_its_own() -> None:
    """No environment's lock names pyscard, which is built from the source that its own lock names."""
    assert [path.name for path in LOCKS if re.search(r"(?m)^pyscard==", path.read_text("utf-8"))] == ["pyscard.txt"]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout in which everything is made already."""
    return Checkout.make(tmp_path / "checkout")


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ("--unattended DIR --devices yubikey", 3),
        ("rehearse --unattended=DIR --devices=yubikey --keyholders 5", 5),
        ("--unattended DIR --devices mixed", 2),
        ("--unattended DIR --devices mixed --keyholders=2", 2),
        ("--unattended DIR --devices mixed --keyholders 08", 6),
        ("--keyholders 4 --devices=mixed rehearse initial --unattended DIR", 3),
    ],
)
def test_nobody_at_the_keyboard_touches_a_real_yubikey(checkout: Checkout, arguments: str, count: int) -> None:
    """An unattended rehearsal with YubiKeys runs beside virtual ones: one for each keyholder who is to have one."""
    ended = checkout.run("scripts/start", *arguments.split())
    around, opened = ended.stdout.splitlines()
    assert around == f"with-virtual-yubikeys {count}"
    assert opened.startswith("ceremony ")
    assert "rehearse" in opened
    assert f"With {count} virtual YubiKeys" in ended.stderr


@pytest.mark.parametrize(
    "arguments",
    ["rehearse --devices yubikey", "--unattended DIR", "--unattended DIR --devices softhsm", "sit plan.toml", ""],
)
def test_nothing_else_runs_beside_virtual_yubikeys(checkout: Checkout, arguments: str) -> None:
    """With somebody at the keyboard, or with other devices, the program is opened as it is."""
    ended = checkout.run("scripts/start", *arguments.split())
    assert ended.returncode == 0
    assert ended.stdout.startswith("ceremony")


def test_virtual_yubikeys_that_are_there_already_are_enough(checkout: Checkout) -> None:
    """Whoever says where PC/SC is has seen to the keys behind it."""
    arguments = ("--unattended", "DIR", "--devices", "yubikey")
    ended = checkout.run("scripts/start", *arguments, environment={"PCSCLITE_CSOCK_NAME": "/some/where"})
    assert ended.stdout.startswith("ceremony rehearse --unattended DIR")


@pytest.mark.parametrize("count", ["three", "1_0", "-3", "", "+5", "300"])
def test_a_doubtful_number_of_keyholders_opens_nothing(checkout: Checkout, count: str) -> None:
    """What is no plain number is refused before there is a program that could read it in another way."""
    ended = checkout.run("scripts/start", "--unattended", "DIR", "--devices", "yubikey", "--keyholders", count)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "What to do now:" in ended.stderr


def test_whoever_cannot_install_is_told_all_that_is_missing_at_once(checkout: Checkout, tmp_path: Path) -> None:
    """A machine without compiler and without apt-get names every package in one sentence."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "cat", "dirname", "grep", "sha256sum"):
        (tools / name).symlink_to(shutil.which(name) or "")
    asked = f'source scripts/environment.sh; need_packages "{sys.executable}" requirements/laptop.txt'
    ended = checkout.run("bash", "-euc", asked, environment={"PATH": str(tools)})
    assert ended.returncode == 1
    assert "gcc libc6-dev pkg-config libpcsclite-dev" in ended.stderr


def test_a_wheel_that_was_built_here_is_taken_by_its_hash(checkout: Checkout) -> None:
    """The pin of a wheel is its name, its version and the hash of its bytes."""
    (checkout.folder / "some_thing-1.0-py3-none-any.whl").write_bytes(b"a wheel")
    ended = checkout.run("bash", "-euc", 'source scripts/environment.sh; pin_of "$PWD"/some_thing-1.0-*.whl')
    assert ended.stdout == f"some_thing==1.0 --hash=sha256:{hashlib.sha256(b'a wheel').hexdigest()}\n"
