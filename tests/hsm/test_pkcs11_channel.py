"""The line between two processes."""

import socket
from collections.abc import Iterator

import pytest

from hsm import pkcs11_channel
from hsm.pkcs11_channel import Channel, TooLongError


@pytest.fixture
def ends() -> Iterator[tuple[Channel, socket.socket]]:
    """A channel, and the bare socket at its other end."""
    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    with theirs:
        yield channel, theirs
    channel.close()


def test_lines_arrive_as_they_were_sent_however_they_are_cut(ends: tuple[Channel, socket.socket]) -> None:
    """A line may come in pieces, and two at once."""
    channel, other = ends
    other.sendall(b"fi")
    other.sendall(b"rst\nsec")
    other.sendall(b"ond\n\nrest")
    assert [channel.receive(1) for _ in range(3)] == [b"first", b"second", b""]


def test_a_line_is_sent_with_its_end(ends: tuple[Channel, socket.socket]) -> None:
    """The other end reads one line."""
    channel, other = ends
    channel.send(b"line")
    assert other.recv(100) == b"line\n"


def test_the_end_of_the_line_is_told(ends: tuple[Channel, socket.socket]) -> None:
    """A line that was not finished is none."""
    channel, other = ends
    other.sendall(b"half")
    other.shutdown(socket.SHUT_WR)
    with pytest.raises(EOFError):
        channel.receive(1)


@pytest.mark.parametrize("seconds", [0.0, 0.05])
def test_silence_has_an_end(ends: tuple[Channel, socket.socket], seconds: float) -> None:
    """Also when some of the line has come."""
    channel, other = ends
    other.sendall(b"half")
    with pytest.raises(TimeoutError):
        channel.receive(seconds)


def test_an_end_that_does_not_read_is_not_waited_for(ends: tuple[Channel, socket.socket]) -> None:
    """A line that nobody takes is given up."""
    channel, _ = ends
    with pytest.raises(TimeoutError):
        channel.send(b"x" * 10_000_000, 0.05)


def test_no_line_is_longer_than_the_longest(
    ends: tuple[Channel, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither is it sent, nor read to its end."""
    monkeypatch.setattr(pkcs11_channel, "LONGEST_LINE", 1000)
    channel, other = ends
    with pytest.raises(TooLongError):
        channel.send(b"x" * 1001)
    other.sendall(b"x" * 70_000)
    with pytest.raises(TooLongError):
        channel.receive(1)
