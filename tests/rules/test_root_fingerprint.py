"""ROOT-FINGERPRINT: the first root comes with words that a person typed."""

import pytest
from fakes.delivered_after_others import taken_over
from fakes.release import delivery_case

from ceremony.core.delivery_rules import root_fingerprint
from ceremony.errors import RefusedError


def test_the_words_read_aloud_are_taken() -> None:
    """The typed words are the fingerprint."""
    root_fingerprint.check(delivery_case())


def test_other_words_are_refused() -> None:
    """The typed words are another fingerprint."""
    case = delivery_case(fingerprint="aardvark adroitness")

    with pytest.raises(RefusedError) as refusal:
        root_fingerprint.check(case)

    assert refusal.value.rule == "ROOT-FINGERPRINT"


def test_a_first_release_that_follows_others_is_taken() -> None:
    """Whichever version their pinned root has."""
    root_fingerprint.check(taken_over())
