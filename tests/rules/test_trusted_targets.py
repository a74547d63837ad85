"""TRUSTED-TARGETS: the last root says who signs targets."""

from fakes.cases import refusal
from fakes.history import by, case, targets

from ceremony.core.trusted_rules import trusted_targets


def test_a_targets_with_its_quorum_is_taken() -> None:
    """Also none at all: then nothing is trusted below the root."""
    trusted_targets.check(case())
    trusted_targets.check(case(files={}))


def test_a_targets_of_the_people_before_is_refused() -> None:
    """Ann and bob signed targets under the first root."""
    old = by(targets(5, bins=("ann", "bob")), "ann", "bob")
    found = refusal(trusted_targets, case(files={"targets": old}))
    assert found.found == "5.targets.json with too few signatures: 0 of 2 under root 3"
