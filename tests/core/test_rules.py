"""Rules and rule books: every rule is checked, and a refusal names its rule."""

import pytest

from ceremony.core.rules import Objection, RuleBook
from ceremony.errors import RefusedError

BOOK: RuleBook[int] = RuleBook()


@BOOK.rule("EVEN", "arithmetic")
def even(case: int) -> None:
    """A number is even.

    More is said below.
    """
    if case % 2:
        raise Objection(f"{case}", "an even number")


@BOOK.rule("SMALL", "taste")
def small(case: int) -> None:
    """A number is small."""
    if case > 10:
        raise Objection(f"{case}", "ten or less")


def test_a_rule_has_a_name_a_source_and_a_claim() -> None:
    """The claim is the first line of what the check says of itself."""
    assert (even.name, even.spec, even.claim) == ("EVEN", "arithmetic", "A number is even.")


def test_a_book_keeps_its_rules_in_the_order_in_which_they_were_written() -> None:
    """People read them in that order."""
    assert BOOK.rules == (even, small)


def test_a_case_that_keeps_every_rule_passes() -> None:
    """Nothing comes back."""
    BOOK.check(4)
    assert BOOK.refusals(4) == ()


def test_a_refusal_says_which_rule_what_was_found_and_what_is_wanted() -> None:
    """The fields are data, for explanations and records."""
    with pytest.raises(RefusedError) as refused:
        even.check(3)
    assert (refused.value.rule, refused.value.found, refused.value.wanted) == ("EVEN", "3", "an even number")
    assert refused.value.__cause__ is None


def test_a_check_stops_at_the_first_refusal() -> None:
    """Rules further down may rely on those above."""
    with pytest.raises(RefusedError) as refused:
        BOOK.check(13)
    assert refused.value.rule == "EVEN"


def test_all_refusals_are_found_where_people_want_all() -> None:
    """One for each broken rule, in order."""
    assert [each.rule for each in BOOK.refusals(13)] == ["EVEN", "SMALL"]


def test_a_check_without_a_claim_is_no_rule() -> None:
    """Nobody can be refused for a reason that is not written down."""
    with pytest.raises(IndexError):

        @BOOK.rule("MUTE", "none")
        def mute(case: int) -> None:
            raise Objection(f"{case}", "nothing")

    assert len(BOOK.rules) == 2
