"""SCAN-WHOLE: a code that was typed by a scanner is complete, letter for letter."""

import pytest
from fakes.cases import refusal
from fakes.rotations import Holder, Rotation, asked, response_by

from ceremony.core.qr_text import request_as_qr_text, response_as_qr_text, scan_whole

ANN, BOB = Holder("ann"), Holder("bob")
REQUEST = asked(Rotation((ANN, BOB), 2, (ANN, BOB), 2))
TEXT = request_as_qr_text(REQUEST)


def test_a_whole_code_passes() -> None:
    """Of either kind, with the Enter that a scanner adds."""
    scan_whole.check(TEXT)
    scan_whole.check(f"{response_as_qr_text(response_by(REQUEST, ANN), REQUEST)}\n")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "https://example.org",
        "CEREMONY1:",
        "CEREMONY2" + TEXT[9:],
        TEXT[:-1],
        TEXT[1:],
        TEXT + "A",
        TEXT + TEXT,
        TEXT.replace(":ASK:", ":SIG:"),
        TEXT.replace("NEXT", "LAST"),
        TEXT.replace("O", "0"),
        TEXT.replace(":", ";"),
        TEXT.replace("-", "\u00df"),
        TEXT.replace("E", "\uff25"),
        "CEREMONY1:" + "A" * 5000,
    ],
    ids=[str(number) for number in range(15)],  # keys are made anew in each process, and the texts with them
)
def test_anything_else_is_refused(typed: str) -> None:
    """What was typed is not repeated: it may be long, and it may be a PIN on the wrong page."""
    found = refusal(scan_whole, typed)
    assert len(found.found) < 80
