"""What a supervisor such as systemd is told: that the signer is ready, alive, and what it does.

The protocol is one datagram of `NAME=VALUE` lines to the socket that NOTIFY_SOCKET names; systemd promises to keep it.
"""

import os
import socket
import time
from collections.abc import Callable, Mapping

_STATUS_LONGEST = 200


class Supervisor:
    """Whoever started this process and wants to hear of it; nobody, if nobody said so. Safe in any thread."""

    def __init__(self, environment: Mapping[str, str], seconds: Callable[[], float] = time.monotonic) -> None:
        """As `environment` names it; `seconds` is a clock that only goes forward."""
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        self._every = _watchdog_seconds(environment) / 4
        self._seconds = seconds
        self._beaten = -self._every

    def ready(self) -> None:
        """It knows that the signer serves."""
        self._send("READY=1")

    def stopping(self) -> None:
        """It knows that the signer drains what waits, and ends."""
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        """It shows this line to people."""
        plain = "".join(letter if letter.isprintable() else "?" for letter in text)
        self._send(f"STATUS={plain[:_STATUS_LONGEST]}")

    def beat(self) -> None:
        """It knows that the writer moves; asking often costs nothing.

        A watchdog that hears nothing for as long as it was told to wait kills the process, and starts another.
        """
        if self._every and self._seconds() - self._beaten >= self._every:
            self._beaten = self._seconds()
            self._send("WATCHDOG=1")

    def _send(self, text: str) -> None:
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as way:
                way.settimeout(0)
                way.sendto(text.encode(), self._address)
        except OSError:
            # A supervisor that has gone, or does not listen, is no reason to publish nothing.
            return


def _address(name: str) -> str | None:
    if name.startswith("@"):
        return f"\0{name[1:]}"
    return name if name.startswith("/") else None


def _watchdog_seconds(environment: Mapping[str, str]) -> float:
    said, process = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", str(os.getpid()))
    is_mine = process == str(os.getpid())
    return int(said) / 1e6 if said.isascii() and said.isdigit() and is_mine else 0.0
