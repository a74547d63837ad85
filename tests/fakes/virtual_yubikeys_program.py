"""Runs a command with virtual YubiKeys plugged in, and ends as it does: `scripts/with-virtual-yubikeys` starts this.

The command finds PC/SC where PCSCLITE_CSOCK_NAME says, and in the folder that CEREMONY_PRACTICE_AUTHORITY names the
certificates that vouch for the keys, as PEM.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from fakes.card_lab import CardLab
from fakes.card_lab_socket import VARIABLE, claim_socket_path
from fakes.virtual_yubikey import VirtualYubiKey, YubicoLikeAuthority

FIRST_SERIAL = 30000001
MOST = 16
AUTHORITY = "CEREMONY_PRACTICE_AUTHORITY"
NOT_FOUND = 127  # as a shell says it, and a signal as 128 more than its number
SIGNALLED = 128


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status of the command."""
    wanted = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="virtual-yubikeys-") as name:
        folder = Path(name)
        (folder / "authority").mkdir()
        authority = YubicoLikeAuthority.make("new")
        authority.save(folder / "authority")
        with CardLab.started(folder / "lab") as lab:
            for serial in range(FIRST_SERIAL, FIRST_SERIAL + wanted.count):
                key = VirtualYubiKey(serial, authority=authority)
                key.touch.delay = wanted.touch_after
                lab.plug(key)
            sys.stderr.write(_welcome(wanted.count))
            return _run([wanted.program, *wanted.arguments], folder / "authority")


def _parser() -> argparse.ArgumentParser:
    """What can be said on the command line."""
    parser = argparse.ArgumentParser(prog="with-virtual-yubikeys", description="Run a command with virtual YubiKeys.")
    parser.add_argument(
        "--touch-after",
        type=float,
        default=0.1,
        metavar="SECONDS",
        help="how long a key waits until it is touched, which happens by itself (%(default)s)",
    )
    parser.add_argument("count", type=int, choices=range(1, MOST + 1), metavar="N", help=f"how many, up to {MOST}")
    parser.add_argument("program", metavar="COMMAND", help="what is run")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="its arguments")
    return parser


def _welcome(count: int) -> str:
    """What whoever tries the keys needs to know."""
    serials = f"{FIRST_SERIAL} to {FIRST_SERIAL + count - 1}" if count > 1 else str(FIRST_SERIAL)
    return f"Virtual YubiKeys, as new: serial {serials}, PIN 123456, PUK 12345678.\n"


def _run(command: Sequence[str], authority: Path) -> int:
    """The exit status of the command, with the keys in its environment."""
    passed_on = _PassedOn()
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, lambda *_: None)  # a terminal tells the command itself
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, passed_on)
    try:
        with subprocess.Popen(command, env=_environment(authority)) as process:
            passed_on.to(process)
            status = process.wait()
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        return NOT_FOUND
    return status if status >= 0 else SIGNALLED - status


class _PassedOn:
    """A signal handler that gives the signals to a process, once there is one."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        if self._process:
            self._process.send_signal(number)
        else:
            self._early.append(number)

    def to(self, process: subprocess.Popen[bytes]) -> None:
        """This process gets them, also those that came before it."""
        self._process = process
        for number in self._early:
            process.send_signal(number)


def _environment(authority: Path) -> dict[str, str]:
    """This program's own environment, with the keys, and without the way to this program."""
    environment = {**os.environ, VARIABLE: str(claim_socket_path()), AUTHORITY: str(authority)}
    own = str(Path(__file__).parents[1])
    others = [path for path in environment.pop("PYTHONPATH", "").split(os.pathsep) if path not in {"", own}]
    return environment | ({"PYTHONPATH": os.pathsep.join(others)} if others else {})


if __name__ == "__main__":
    sys.exit(main())
