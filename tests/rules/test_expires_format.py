"""EXPIRES-FORMAT: one way to write a time."""

import pytest
from fakes.cases import refusal, tampered, unparsed, usual_case

from ceremony.core.draft_rules import expires_format


def test_utc_at_whole_seconds_passes() -> None:
    """As the specification writes it."""
    expires_format.check(usual_case())


@pytest.mark.parametrize(
    "expires",
    [
        b'"2031-03-01T09:00:00"',
        b'"2031-03-01T09:00:00+00:00"',
        b'"2031-03-01T09:00:00.5Z"',
        b'"2031-3-1T09:00:00Z"',
        b'"2031-03-01"',
        b"1930208400",
        b"null",
    ],
)
def test_any_other_way_is_refused(expires: bytes) -> None:
    """No zone, another zone, parts of a second, short fields, no text."""
    refusal(expires_format, unparsed("bins", b'{"expires":' + expires + b"}"))


def test_digits_of_another_alphabet_are_refused() -> None:
    """Python would read them as a time, and so would python-tuf; other clients would not."""
    refusal(expires_format, tampered("bins", lambda signed: signed.update(expires="\uff12031-03-01T09:00:00Z")))


@pytest.mark.parametrize("payload", [b"{}", b"[]", b'"x"'])
def test_no_expiry_at_all_is_refused(payload: bytes) -> None:
    """Whatever else the payload is."""
    refusal(expires_format, unparsed("bins", payload))
