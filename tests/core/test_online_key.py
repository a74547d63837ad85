"""The file in which the online signer hands out its public key."""

import json

import pytest
from fakes.release import ONLINE, REPOSITORY, online_key

from ceremony.core.online_key import ONLINE_KEY_SIZE_LIMIT, OnlineKeyFile, decode_online_key, encode_online_key
from ceremony.errors import TamperedError

FILE = OnlineKeyFile(REPOSITORY, online_key(ONLINE))
DATA = encode_online_key(FILE)


def test_what_is_written_is_read_again() -> None:
    """The same repository, key and proof."""
    assert decode_online_key(DATA, "online-key.json") == FILE


def test_any_json_parser_reads_it() -> None:
    """Other tools may want to know the key."""
    assert json.loads(DATA)["key"]["scheme"] == "ecdsa-sha2-nistp256"


def test_a_line_end_at_the_end_is_forgiven() -> None:
    """Editors add one."""
    assert decode_online_key(DATA + b"\n", "online-key.json") == FILE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        DATA[:-1],
        DATA + b"x",
        DATA.replace(b"{", b"{ ", 1),
        DATA.replace(b'"format":1', b'"format":2'),
        DATA.replace(b'"format":1', b'"extra":1,"format":1'),
        DATA.replace(REPOSITORY.encode(), b"other.example.org"),
        DATA.replace(b"BEGIN PUBLIC", b"BEGIN PRIVATE"),
        DATA.replace(b'"keytype":"ecdsa"', b'"keytype":"rsa"'),
        DATA.replace(b'"key":{', b'"key":[],"was":{'),
        DATA.replace(FILE.key.proof[:8].encode(), b"00000000"),
        b" " * (ONLINE_KEY_SIZE_LIMIT + 1),
    ],
)
def test_anything_else_is_refused_by_name(data: bytes) -> None:
    """A changed byte, a missing field, one too many, another repository, another key."""
    with pytest.raises(TamperedError) as refusal:
        decode_online_key(data, "online-key.json")

    assert refusal.value.where == "online-key.json"
