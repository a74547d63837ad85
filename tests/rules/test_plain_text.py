"""PLAIN-TEXT: no control characters in what is signed."""

import pytest
from fakes.cases import refusal, tampered, usual_case
from fakes.people import P256, keyholders

from ceremony.core.draft_rules import plain_text


def test_line_ends_of_pem_keys_pass() -> None:
    """They are part of the key."""
    case = usual_case(keyholders=keyholders("ann", "stranger"))
    assert {each.key["scheme"] for each in case.draft.roster.enrolments} == {P256}
    plain_text.check(case)


@pytest.mark.parametrize("odd", ["\x00", "\t", "\r", "\x1b", "\x1f", "\x7f"])
def test_any_other_control_character_is_refused(odd: str) -> None:
    """Clients differ on how they read it."""
    refusal(plain_text, tampered("root", lambda signed: signed.update(note=f"a{odd}b")))
