"""BINS-SIGNED: bins has the quorum that targets asks for."""

import pytest
from fakes.release import ONLINE, altered, delivery_case, online_key, release

from ceremony.core.delivery_rules import bins_signed
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))


def test_bins_with_its_quorum_is_taken() -> None:
    """Ann and bob are two of three."""
    bins_signed.check(delivery_case())


@pytest.mark.parametrize("change", [{"terminating": False}, {"path_hash_prefixes": ["0", "1"]}])
def test_a_delegation_that_leaves_paths_out_is_refused(change: dict[str, object]) -> None:
    """Clients would look for some targets in vain."""
    case = delivery_case(altered(FIRST, "targets", lambda targets: targets["delegations"]["roles"][0].update(change)))

    with pytest.raises(RefusedError) as refusal:
        bins_signed.check(case)

    assert refusal.value.rule == "BINS-SIGNED"


def test_bins_with_one_signature_is_refused() -> None:
    """Ann alone is not enough."""
    case = delivery_case(altered(FIRST, "bins", lambda _: None, ["ann"]))

    with pytest.raises(RefusedError) as refusal:
        bins_signed.check(case)

    assert refusal.value.rule == "BINS-SIGNED"
