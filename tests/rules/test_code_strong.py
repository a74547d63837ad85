"""CODE-STRONG: a new PIN or PUK is none that a thief would try first."""

import pytest
from fakes.cases import refusal

from ceremony.core.code_rules import CodeCase, code_case, code_strong

GOOD = ("702384", "7023849", "70238461", "k4Tz9q", "112233", "909090", "abcabc")


@pytest.mark.parametrize("code", ["PIN", "PUK"])
@pytest.mark.parametrize("secret", GOOD)
def test_a_code_that_nobody_guesses_passes(code: str, secret: str) -> None:
    """6 to 8 letters or digits."""
    code_strong.check(code_case(code, secret, "other1"))


def test_a_first_code_passes_with_nothing_to_differ_from() -> None:
    """The PIN is chosen before the PUK."""
    code_strong.check(code_case("PIN", "702384", ""))


REFUSED = {
    "nothing": "",
    "too short": "70238",
    "too long": "702384615",
    "a space": "702 84",
    "an umlaut": "70238\u00e4",
    "digits of another alphabet": "\u0661\u0664\u0662\u0668\u0665\u0667",
    "a dash": "702-84",
    "a control letter": "70238\x07",
    "the maker's PIN": "123456",
    "the maker's PUK": "12345678",
    "one letter": "777777",
    "one letter in two sizes": "aAaAaA",
    "a run up": "234567",
    "a run of letters": "cdEfGh",
    "a run down": "87654321",
    "a run over the end": "567890",
    "a run down over the end": "098765",
    "the other code": "702384",
}


@pytest.mark.parametrize("secret", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("code", ["PIN", "PUK"])
def test_a_likely_code_is_refused(code: str, secret: str) -> None:
    """And nothing of it is told, to nobody."""
    case = code_case(code, secret, "702384")
    found = refusal(code_strong, case)
    if secret:
        assert secret not in f"{found!r} {case!r} {found.__context__!r} {found.__cause__!r}"


def test_a_case_of_a_refused_code_holds_nothing_of_it() -> None:
    """It cannot be taken out of what is kept."""
    assert {type(getattr(code_case("PIN", "702384", ""), name)) for name in CodeCase.__dataclass_fields__} == {
        str,
        int,
        bool,
    }
    assert code_case("PIN", "702384", "") == code_case("PIN", "941573", "")
