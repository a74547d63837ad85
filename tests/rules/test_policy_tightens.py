"""POLICY-TIGHTENS: settings are stricter than the program, or as strict."""

import pytest
from fakes.cases import refusal

from ceremony.core.policy import Tightening, policy_tightens


@pytest.mark.parametrize("asked", [Tightening(), Tightening(2, 730), Tightening(5, 1)])
def test_a_stricter_or_equal_setting_passes(asked: Tightening) -> None:
    """Higher floors and shorter lifetimes are welcome."""
    policy_tightens.check(asked)


@pytest.mark.parametrize(
    "asked", [Tightening(threshold_floor=1), Tightening(offline_lifetime_days=0), Tightening(offline_lifetime_days=731)]
)
def test_a_laxer_setting_is_refused(asked: Tightening) -> None:
    """No switch turns a rule off."""
    refusal(policy_tightens, asked)
