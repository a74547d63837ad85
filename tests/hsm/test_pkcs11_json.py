"""Records on the line between the processes: strict in both directions."""

import json

import pytest

from hsm import Pin, Scheme
from hsm.pkcs11_json import MalformedError, read_line, write_line
from hsm.pkcs11_messages import (
    REQUESTS,
    CertificateList,
    Done,
    KeyFacts,
    KeyList,
    Opened,
    Refused,
    Sign,
    SlotFacts,
    SlotList,
    Start,
    TokenFacts,
    TokenName,
    Unlock,
)

ANN = TokenName("100", "ann")
FACTS = TokenFacts(ANN, "Acme", "Key", "1.0", 0x400, ("ed25519",))
KEY = KeyFacts(b"\x01", "root", b"\x06\x01", b"\x04", b"", b"", None, False, True)  # noqa: FBT003 - as it crosses


@pytest.mark.parametrize(
    "record",
    [
        Start("/usr/lib/module.so"),
        Unlock(ANN, Pin("271828")),
        Unlock(ANN, Pin("ключ \ud800")),
        Unlock(ANN, None),
        Sign(7, b"\x01", Scheme.P521, bytes(range(256))),
        Done(),
        Refused("CKR_PIN_LOCKED", is_present=True, flags=0x40000),
        SlotList((SlotFacts("reader", FACTS), SlotFacts("other", None, "CKR_DEVICE_ERROR"))),
        KeyList((KEY, KEY)),
        KeyList(()),
        CertificateList((b"", b"\x30")),
        Opened(2**40, FACTS),
    ],
)
def test_a_record_is_read_as_it_was_written(record: object) -> None:
    """On one line, with its number, whatever is in it."""
    line = write_line(7, record)
    assert b"\n" not in line
    assert read_line(line, [type(record), Done]) == (7, record)


def changed(**changes: object) -> bytes:
    """A request to unlock, its envelope or its fields changed; a field that is ... is left out."""
    envelope = json.loads(write_line(1, Unlock(ANN, Pin("271828"))))
    for name, value in changes.items():
        place = envelope if name in envelope else envelope["fields"]
        place[name] = value
        if value is ...:
            del place[name]
    return json.dumps(envelope).encode()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"rubbish",
        b"\xff",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"number": ' + b"9" * 5000 + b"}",
        changed(number=True),
        changed(number="1"),
        changed(number=...),
        changed(kind="Signed"),
        changed(kind=["Unlock"]),
        changed(kind=...),
        changed(fields=[]),
        changed(fields=None),
        changed(pin=271828),
        changed(pin=...),
        changed(extra=1),
        changed(token=None),
        changed(token=["100", "ann"]),
        changed(token={"serial": "100", "label": 1}),
        changed(token={"serial": "100"}),
        write_line(1, Refused("code", flags=1)).replace(b"false", b"0"),
        write_line(1, Sign(1, b"", Scheme.P256, b"")).replace(b"nistp256", b"nistp192"),
        write_line(1, Sign(1, b"abc", Scheme.P256, b"")).replace(b"YWJj", b"YW Jj"),
        write_line(1, Sign(1, b"", Scheme.P256, b"")).replace(b'"login": 1', b'"login": 1.0'),
        write_line(1, KeyList((KEY,))).replace(b"[{", b"[[{").replace(b"}]", b"}]]"),
        write_line(1, CertificateList((b"",))).replace(b'[""]', b'""'),
    ],
)
def test_anything_else_is_refused(line: bytes) -> None:
    """A line with another kind, another field or another type is no record, and the error shows nothing of it."""
    with pytest.raises(MalformedError) as refused:
        read_line(line, [Unlock, Refused, Sign, KeyList, CertificateList])
    assert "271828" not in repr(refused.value) + repr(refused.value.__cause__)
    assert refused.value.__suppress_context__


def test_no_request_shows_a_pin() -> None:
    """Whatever a request is turned into for a person, it has no digits of a PIN in it."""
    assert "271828" not in repr(Unlock(ANN, Pin("271828")))


def test_every_request_knows_its_answer() -> None:
    """Each kind of request names the kind of record that answers it."""
    assert all(isinstance(each.answer(), type) for each in REQUESTS)
