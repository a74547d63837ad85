"""Requests and responses as text for a QR code: read by a camera, or typed by a scanner that stands for a keyboard.

Only letters, digits, dashes and colons stand in it, which a QR code packs most tightly. The last eight letters are a
checksum of all before them, so that a text that was cut off or typed in another keyboard layout is noticed.
"""

import re
from base64 import b32decode, b32encode
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

from ceremony.core.response import GivenSignature, Request, Response, is_ordered
from ceremony.core.response_rules import ResponseCase, response_ceremony, response_fingerprint
from ceremony.core.review import Fingerprint
from ceremony.core.rules import Objection, RuleBook
from ceremony.errors import TamperedError

BEGINNING = "CEREMONY1"
QR_TEXT_LIMIT = 4296
"""As many letters of this kind as the largest QR code holds."""

SCANNED = "the scanned text"
"""How the text is called where files are called by their names."""

_WHOLE = re.compile(rf"{BEGINNING}:(ASK|SIG):([A-Z0-9-]{{3,63}}):([A-Z2-7]+):([A-Z2-7]{{8}})")
_CHECKSUM_BYTES = 5
_DIGEST_BYTES = 32

SCAN_RULES: RuleBook[str] = RuleBook()


@SCAN_RULES.rule("SCAN-WHOLE", "a scanner types letters like anybody: some may be lost, or come out as others")
def scan_whole(text: str) -> None:
    """What a scanner typed is one whole code of a ceremony: its beginning, its parts, its length, its checksum."""
    letters = _letters(text)
    if not letters.startswith(f"{BEGINNING}:"):
        raise Objection("a text that does not begin like a code of a ceremony", f"{BEGINNING}: and what follows it")
    if len(letters) > QR_TEXT_LIMIT:
        raise Objection(f"more than {QR_TEXT_LIMIT} letters", "one code")
    body, _, checksum = letters.rpartition(":")
    if not _WHOLE.fullmatch(letters) or checksum != _checksum(body):
        raise Objection(f"{len(letters)} letters that do not fit together", "every letter as the code has it")


def is_scanned(typed: str) -> bool:
    """True for what a scanner typed, even if it came out a little wrong; a person typed anything else."""
    return typed.strip()[: len(BEGINNING) - 2].upper() == BEGINNING[:-2]


def request_as_qr_text(request: Request) -> str:
    """The ceremony and its fingerprint: what another place compares with the request that it was brought."""
    return _text("ASK", request.ceremony, request.fingerprint.digest)


def request_of_qr_text(text: str) -> tuple[str, Fingerprint]:
    """The ceremony and the fingerprint in this text.

    Raises: RefusedError (SCAN-WHOLE); TamperedError for a code of another kind.
    """
    ceremony, body = _parts(text, "ASK")
    if len(body) != _DIGEST_BYTES:
        raise TamperedError("a fingerprint of another length", SCANNED)
    return ceremony, Fingerprint(body)


def response_as_qr_text(response: Response, request: Request) -> str:
    """The response in one text, best for one keyholder at a time; the key goes as its place among those of the request.

    After the fingerprint and the head of the transcript come the signatures: place of the key and place of the file,
    then the length, two bytes each, then the signature.
    """
    keyids, roles = request.keyids, [each.role for each in request.files]
    signatures = (
        _pair(keyids.index(each.keyid)) + _pair(roles.index(each.role)) + _sized(bytes.fromhex(each.sig_hex))
        for each in response.signatures
    )
    head = bytes.fromhex(response.fingerprint) + bytes.fromhex(response.transcript)
    return _text("SIG", response.ceremony, head + b"".join(signatures))


def response_of_qr_text(text: str, request: Request) -> Response:
    """The response in this text, an answer to this very request; its signatures are not verified yet.

    Raises: RefusedError (SCAN-WHOLE, RESPONSE-CEREMONY, RESPONSE-FINGERPRINT); TamperedError for anything but what
    `response_as_qr_text` writes.
    """
    ceremony, body = _parts(text, "SIG")
    if len(body) < 2 * _DIGEST_BYTES:
        raise TamperedError("a response that is cut off", SCANNED)
    fingerprint, head = body[:_DIGEST_BYTES].hex(), body[_DIGEST_BYTES : 2 * _DIGEST_BYTES].hex()
    found = Response(ceremony, request.repository, fingerprint, (), head)
    for rule in (response_ceremony, response_fingerprint):
        # Places mean something only beside the very request that was answered.
        rule.check(ResponseCase(found, request))
    found = replace(found, signatures=tuple(_signatures(body[2 * _DIGEST_BYTES :], request)))
    if not is_ordered(found.signatures):
        raise TamperedError("signatures in another order, or one of them twice", SCANNED)
    return found


def _signatures(body: bytes, request: Request) -> Iterator[GivenSignature]:
    keyids, files = request.keyids, request.files
    while body:
        head, body = body[:6], body[6:]
        key, file, size = (int.from_bytes(head[place : place + 2], "big") for place in (0, 2, 4))
        if key >= len(keyids) or file >= len(files) or not 0 < size <= len(body):
            raise TamperedError("a signature that is cut off, or by nobody", SCANNED)
        yield GivenSignature(files[file].role, files[file].version, keyids[key], body[:size].hex())
        body = body[size:]


def _text(kind: str, ceremony: str, body: bytes) -> str:
    letters = f"{BEGINNING}:{kind}:{ceremony.upper()}:{_spelled(body)}"
    return f"{letters}:{_checksum(letters)}"


def _parts(text: str, kind: str) -> tuple[str, bytes]:
    SCAN_RULES.check(text)
    _beginning, found, ceremony, body, _sum = _letters(text).split(":")
    if found != kind:
        raise TamperedError({"ASK": "a request", "SIG": "a response"}[found] + ", where the other is wanted", SCANNED)
    try:
        data = b32decode(body + "=" * (-len(body) % 8))
    except ValueError as error:
        raise TamperedError("not as it was written", SCANNED) from error
    if _spelled(data) != body:
        # The last letter has bits to spare.
        raise TamperedError("not as it was written", SCANNED)
    return ceremony.lower(), data


def _letters(text: str) -> str:
    """What was typed, without the Enter at its end; a keyboard may have Caps Lock on."""
    typed = text[: 2 * QR_TEXT_LIMIT].strip()
    return typed.upper() if typed.isascii() else typed


def _checksum(letters: str) -> str:
    return _spelled(sha256(letters.encode()).digest()[:_CHECKSUM_BYTES])


def _spelled(data: bytes) -> str:
    return b32encode(data).decode().rstrip("=")


def _sized(data: bytes) -> bytes:
    return _pair(len(data)) + data


def _pair(number: int) -> bytes:
    return number.to_bytes(2, "big")
