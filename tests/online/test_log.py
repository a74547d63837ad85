"""The log: JSON lines for machines outside this host, key use among them, and never a secret."""

import io
import json
from collections.abc import Iterator

import pytest
from fakes.online_signer import OnlineSigner
from fakes.release import ONLINE
from securesystemslib.signer import Signature

from ceremony.core.metadata_file import decode_metadata_file
from ceremony.online.key_use import tell_signature
from ceremony.online.log import start_log, stop_log, tell, warn


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Where the log goes during one test."""
    stream = io.StringIO()
    start_log(stream)
    yield stream
    stop_log()


def _read(lines: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_each_event_is_one_line(lines: io.StringIO) -> None:
    """Whatever its fields hold; none of them stands for when, what and how bad."""
    tell("published", snapshot=7, level="low", at="never", event="nothing")
    warn("self-check", reason="a line\nand \x1b[31m another\u202e")

    first, second = _read(lines)
    assert (first["event"], first["level"], first["snapshot"]) == ("published", "info", 7)
    assert str(first["at"]).endswith("Z")
    assert (second["level"], second["reason"]) == ("warning", "a line\nand \x1b[31m another\u202e")
    assert lines.getvalue().isascii()
    assert "\x1b" not in lines.getvalue()


def test_every_signature_of_the_online_key_is_told(signer: OnlineSigner, lines: io.StringIO) -> None:
    """Each line names key, kind, version and end, and bears a signature of the file that was published."""
    signer.deliver()

    told = [each for each in _read(lines) if each["event"] == "signed"]
    kinds = sorted((str(each["type"]), each["version"]) for each in told)
    assert kinds == [("snapshot", 1), *[("targets", 1)] * 4, ("timestamp", 1)]
    snapshot = decode_metadata_file(signer.shelved()["1.snapshot.json"], "snapshot", "")
    (line,) = [each for each in told if each["type"] == "snapshot"]
    assert line["keyid"] == signer.key.keyid
    signer.key.verify_signature(Signature(signer.key.keyid, str(line["signature"])), snapshot.payload)


def test_key_use_can_be_left_out() -> None:
    """For whoever has another audit; everything else stays."""
    stream = io.StringIO()
    start_log(stream, is_key_use_told=False)
    try:
        tell_signature(ONLINE.sign(b"payload"), b"payload")
        tell("published")
    finally:
        stop_log()

    assert [each["event"] for each in _read(stream)] == ["published"]


@pytest.mark.parametrize("payload", [b"", b"{}", b"ceremony proof of possession", b'{"_type":"x","version":1}' + b" "])
def test_what_is_signed_beside_metadata_is_told_as_such(lines: io.StringIO, payload: bytes) -> None:
    """A proof of possession, or what an intruder had signed."""
    tell_signature(Signature("0" * 64, "00"), payload)

    (line,) = _read(lines)
    assert (line["type"], line["bytes"]) == ("no metadata", len(payload))


def test_without_a_log_nobody_hears_anything(capsys: pytest.CaptureFixture[str]) -> None:
    """Not even the last resort of the standard library."""
    warn("self-check")

    assert capsys.readouterr() == ("", "")
