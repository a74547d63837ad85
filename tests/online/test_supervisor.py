"""What a supervisor hears: one datagram for each thing it wants to know."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ceremony.online.supervisor import Supervisor


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    """The supervisor's own end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as found:
        found.bind(str(tmp_path / "notify"))
        found.settimeout(0)
        yield found


def _heard(listener: socket.socket) -> list[str]:
    found = []
    while True:
        try:
            found.append(listener.recv(4096).decode())
        except BlockingIOError:
            return found


def _environment(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": str(tmp_path / "notify"), **more}


def test_readiness_status_and_end_are_told(tmp_path: Path, listener: socket.socket) -> None:
    """In the words of sd_notify; no letter of a status ends its line."""
    told = Supervisor(_environment(tmp_path))
    told.ready()
    told.status("timestamp 7\nREADY=0")
    told.stopping()

    assert _heard(listener) == ["READY=1", "STATUS=timestamp 7?READY=0", "STOPPING=1"]


def test_a_watchdog_hears_four_times_in_its_patience(tmp_path: Path, listener: socket.socket) -> None:
    """However often the writer moves."""
    clock = [0.0]
    told = Supervisor(_environment(tmp_path, WATCHDOG_USEC="8000000"), lambda: clock[0])
    for tenth in range(81):
        clock[0] = tenth / 10
        told.beat()

    assert _heard(listener) == ["WATCHDOG=1"] * 5


@pytest.mark.parametrize("more", [{}, {"WATCHDOG_USEC": "x"}, {"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}])
def test_without_a_watchdog_of_its_own_nothing_beats(
    tmp_path: Path, listener: socket.socket, more: dict[str, str]
) -> None:
    """One that is meant for another process is not ours."""
    Supervisor(_environment(tmp_path, **more)).beat()

    assert _heard(listener) == []


@pytest.mark.parametrize("address", ["", "relative", "/nobody/listens/here", "@nobody-listens-here"])
def test_a_supervisor_that_is_not_there_holds_nothing_up(address: str) -> None:
    """The signer publishes all the same."""
    told = Supervisor({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000"})
    told.ready()
    told.beat()
