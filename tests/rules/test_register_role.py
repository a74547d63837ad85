"""REGISTER-ROLE: the online key signs the role that projects are registered in."""

import pytest
from fakes.claims import register_case

from ceremony.core.register_rules import register_role
from ceremony.errors import RefusedError


def test_a_role_of_the_online_key_is_taken() -> None:
    """The only one, or one of several."""
    register_role.check(register_case())
    register_role.check(register_case(online=("nightly", "recently-claimed")))


@pytest.mark.parametrize("role", ["claimed", "", "bin-0"])
def test_another_role_is_refused(role: str) -> None:
    """One that keyholders sign, none, a bin."""
    with pytest.raises(RefusedError) as refusal:
        register_role.check(register_case(role=role))

    assert (refusal.value.rule, refusal.value.wanted) == ("REGISTER-ROLE", "recently-claimed")
