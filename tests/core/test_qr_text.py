"""Requests and responses as text: what a scanner typed is whole, or it is refused."""

import re
from dataclasses import replace

import pytest
from fakes.people import ED25519, P256, P384, RSA
from fakes.rotations import HEAD, Holder, Rotation, asked, response_by
from hypothesis import given as any_of
from hypothesis import settings
from hypothesis import strategies as st

from ceremony.core.qr_text import (
    _checksum,
    _text,
    is_scanned,
    request_as_qr_text,
    request_of_qr_text,
    response_as_qr_text,
    response_of_qr_text,
)
from ceremony.core.response import split
from ceremony.core.response_rules import take
from ceremony.errors import RefusedError, TamperedError

ANN, BOB, CYD = Holder("ann"), Holder("bob", ED25519), Holder("cyd", P384)
USUAL = Rotation((ANN, BOB), 2, (ANN, CYD), 2)
REQUEST = asked(USUAL)
RESPONSE = response_by(REQUEST, ANN)
TEXT = response_as_qr_text(RESPONSE, REQUEST)
ASKED = request_as_qr_text(REQUEST)
HEAD_BYTES = REQUEST.fingerprint.digest + bytes.fromhex(HEAD)


def test_a_request_is_its_ceremony_and_its_whole_fingerprint() -> None:
    """Few letters, all of which a QR code packs most tightly."""
    assert request_of_qr_text(ASKED) == ("next-root", REQUEST.fingerprint)
    assert ASKED.startswith("CEREMONY1:ASK:NEXT-ROOT:")
    assert len(ASKED) < 100


@pytest.mark.parametrize("holder", [ANN, BOB, CYD, Holder("ann", RSA)], ids=lambda each: f"{each.name} {each.scheme}")
def test_a_response_comes_back_as_it_was(holder: Holder) -> None:
    """Of any kind of key, with whole keyids, and it is taken in."""
    request = asked(
        Rotation((ANN, BOB), 2, (ANN, CYD), 2) if holder.scheme != RSA else Rotation((holder, BOB), 2, (holder, CYD), 2)
    )
    response = response_by(request, holder)
    text = response_as_qr_text(response, request)
    assert re.fullmatch(r"[0-9A-Z:-]+", text)
    found = response_of_qr_text(text, request)
    assert found == response
    assert take(request.files, found, request) == take(request.files, response, request)


def test_a_response_of_three_p256_signatures_is_a_small_code() -> None:
    """Below the 535 letters that a code of 65 modules holds."""
    assert len(TEXT) <= 535


def test_everybody_s_response_can_be_one_text_too() -> None:
    """The pieces are for the eyes of cameras, not for the program."""
    whole = response_by(REQUEST, ANN, BOB, CYD)
    assert response_of_qr_text(response_as_qr_text(whole, REQUEST), REQUEST) == whole
    assert [response_of_qr_text(response_as_qr_text(each, REQUEST), REQUEST) for each in split(whole)] == [
        *split(whole)
    ]


@pytest.mark.parametrize("typed", [f"{TEXT}\n", f"{TEXT}\r\n", f" {TEXT}\t", TEXT.lower()])
def test_what_a_scanner_adds_does_not_matter(typed: str) -> None:
    """An Enter or a Tab at the end; and a keyboard may have Caps Lock on, which turns capitals into small letters."""
    assert response_of_qr_text(typed, REQUEST) == RESPONSE


@settings(max_examples=200)
@any_of(st.integers(0, len(TEXT) - 1), st.sampled_from("ABCXYZ0123456789-: /\n\u00df"))
def test_one_wrong_letter_is_noticed(place: int, letter: str) -> None:
    """Wherever it stands."""
    typed = TEXT[:place] + letter + TEXT[place + 1 :]
    if typed == TEXT:
        return
    with pytest.raises(RefusedError) as refused:
        response_of_qr_text(typed, REQUEST)
    assert refused.value.rule == "SCAN-WHOLE"


@settings(max_examples=100)
@any_of(st.integers(0, len(TEXT) - 1))
def test_a_text_that_is_cut_off_is_noticed(length: int) -> None:
    """At any letter."""
    with pytest.raises(RefusedError):
        response_of_qr_text(TEXT[:length], REQUEST)


@settings(max_examples=100)
@any_of(st.text(max_size=300) | st.binary(max_size=300).map(lambda data: _text("SIG", "next-root", HEAD_BYTES + data)))
def test_whatever_is_typed_is_read_or_refused(typed: str) -> None:
    """Never anything else: with a right checksum too."""
    try:
        found = response_of_qr_text(typed, REQUEST)
    except (RefusedError, TamperedError):
        return
    assert response_as_qr_text(found, REQUEST) == typed


def test_keyboards_with_other_layouts_are_noticed() -> None:
    """A scanner that types US positions on a German or a French keyboard."""
    german = str.maketrans("YZ:-", "ZY\u00d6\u00df")
    french = str.maketrans("AQWZM:1", "QAZW?M&")
    for layout in (german, french):
        with pytest.raises(RefusedError) as refused:
            response_of_qr_text(TEXT.translate(layout), REQUEST)
        assert refused.value.rule == "SCAN-WHOLE"
    assert is_scanned(TEXT.translate(german))


def test_one_kind_is_not_taken_for_the_other() -> None:
    """A request is no response."""
    with pytest.raises(TamperedError):
        response_of_qr_text(ASKED, REQUEST)
    with pytest.raises(TamperedError):
        request_of_qr_text(TEXT)


def test_a_response_to_another_request_is_refused_by_name() -> None:
    """Places of keys mean something only beside the request that was answered."""
    other = asked(replace(USUAL, new=(ANN, BOB)))
    with pytest.raises(RefusedError) as refused:
        response_of_qr_text(TEXT, other)
    assert refused.value.rule == "RESPONSE-FINGERPRINT"
    with pytest.raises(RefusedError) as refused:
        response_of_qr_text(TEXT, replace(REQUEST, ceremony="another-root"))
    assert refused.value.rule == "RESPONSE-CEREMONY"


def sized(key: int, file: int, signature: bytes) -> bytes:
    """A signature as it stands in the text."""
    return b"".join(number.to_bytes(2, "big") for number in (key, file, len(signature))) + signature


@pytest.mark.parametrize(
    "body",
    [
        b"",
        HEAD_BYTES[:-1],
        HEAD_BYTES + b"\x00",
        HEAD_BYTES + sized(0, 0, b"")[:-2],
        HEAD_BYTES + sized(0, 0, b""),
        HEAD_BYTES + sized(3, 0, b"x"),
        HEAD_BYTES + sized(0, 3, b"x"),
        HEAD_BYTES + sized(0, 0, b"xy")[:-1],
        HEAD_BYTES + sized(0, 0, b"x") + sized(0, 0, b"x"),
        HEAD_BYTES + sized(0, 0, b"x") + sized(0, 2, b"x"),
    ],
    ids=[
        "nothing",
        "cut off",
        "half a place",
        "half a length",
        "no signature",
        "nobody's key",
        "no file",
        "half a signature",
        "twice",
        "another order",
    ],
)
def test_a_body_that_is_none_is_refused_in_spite_of_its_checksum(body: bytes) -> None:
    """Whoever writes codes can write checksums."""
    with pytest.raises((RefusedError, TamperedError)):
        response_of_qr_text(_text("SIG", "next-root", body), REQUEST)


def test_a_fingerprint_of_another_length_is_refused() -> None:
    """A prefix of it would be easy to meet."""
    with pytest.raises(TamperedError):
        request_of_qr_text(_text("ASK", "next-root", REQUEST.fingerprint.digest[:16]))


def test_letters_that_give_no_bytes_are_refused() -> None:
    """Base32 has lengths that cannot be, and ends that can be spelled in two ways."""
    for body in ("A", "AB", ASKED.split(":")[3][:-1] + "B"):
        letters = f"CEREMONY1:ASK:NEXT-ROOT:{body}"
        with pytest.raises(TamperedError):
            request_of_qr_text(f"{letters}:{_checksum(letters)}")


@pytest.mark.parametrize(
    ("typed", "is_code"), [(TEXT, True), (TEXT.lower(), True), ("/media/stick", False), ("", False)]
)
def test_what_a_scanner_typed_is_told_from_a_path(typed: str, is_code: bool) -> None:  # noqa: FBT001  # a parameter
    """So that one line takes both."""
    assert is_scanned(typed) is is_code


def test_no_code_is_larger_than_codes_are() -> None:
    """Whatever is typed after that is not looked at."""
    with pytest.raises(RefusedError):
        response_of_qr_text("CEREMONY1:" + "A" * 100_000, REQUEST)


def test_every_scheme_of_the_plan_fits_into_a_code() -> None:
    """Of one keyholder; the largest code holds 4296 letters."""
    for scheme in (P256, ED25519, P384, RSA):
        holder = Holder("ann", scheme)
        request = asked(Rotation((holder, BOB), 2, (holder, CYD), 2))
        assert len(response_as_qr_text(response_by(request, holder), request)) < 1500
