"""TARGETS-SIGNED: targets has the quorum that root asks for."""

import pytest
from fakes.release import ONLINE, altered, delivery_case, online_key, release

from ceremony.core.delivery_rules import targets_signed
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))


def test_targets_with_its_quorum_is_taken() -> None:
    """Ann and bob are two of three."""
    targets_signed.check(delivery_case())


def test_targets_with_one_signature_is_refused() -> None:
    """Ann alone is not enough."""
    case = delivery_case(altered(FIRST, "targets", lambda _: None, ["ann"]))

    with pytest.raises(RefusedError) as refusal:
        targets_signed.check(case)

    assert refusal.value.rule == "TARGETS-SIGNED"
