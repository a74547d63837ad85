"""ONLINE-SEPARATE: no key is both offline and online."""

import pytest
from fakes.cases import refusal, usual_case
from fakes.people import keyholders, online_key

from ceremony.core.draft_rules import online_separate
from ceremony.core.plan import Keyholder
from ceremony.core.policy import OFFLINE_ROLES


def test_an_online_key_of_its_own_passes() -> None:
    """As drafting makes it from an honest plan."""
    online_separate.check(usual_case())


@pytest.mark.parametrize("roles", [OFFLINE_ROLES, ("root",), ("targets",), ("bins",)])
def test_a_keyholders_key_online_is_refused(roles: tuple[str, ...]) -> None:
    """Whichever role the keyholder signs."""
    holders = (Keyholder("stranger", roles), *keyholders("ann", "bob", "cyd"))
    refusal(online_separate, usual_case(keyholders=holders, online_key=online_key(name="stranger")))
