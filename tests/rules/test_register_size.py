"""REGISTER-SIZE: clients can take what the signer will sign."""

import pytest
from fakes.claims import register_case

from ceremony.core.register_rules import register_size
from ceremony.errors import RefusedError


def test_sizes_below_the_limits_are_taken() -> None:
    """By one byte."""
    register_size.check(register_case(sizes={"recently-claimed": 4_999_999, "snapshot": 1_999_999}))


@pytest.mark.parametrize("sizes", [{"recently-claimed": 5_000_000}, {"snapshot": 2_000_000}])
def test_a_size_at_the_limit_is_refused(sizes: dict[str, int]) -> None:
    """Of the role or of the snapshot."""
    with pytest.raises(RefusedError) as refusal:
        register_size.check(register_case(sizes=sizes))

    assert refusal.value.rule == "REGISTER-SIZE"
