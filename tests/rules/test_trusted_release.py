"""TRUSTED-RELEASE: of bundles only a release shows what is published."""

import pytest
from fakes.cases import refusal

from ceremony.core.trusted_rules import ShownBundle, trusted_release


def test_a_release_is_taken() -> None:
    """It is sealed."""
    trusted_release.check(ShownBundle("release"))


@pytest.mark.parametrize("purpose", ["request", "enrolment"])
def test_a_bundle_that_is_not_sealed_is_refused(purpose: str) -> None:
    """What it drafts may never be published."""
    assert refusal(trusted_release, ShownBundle(purpose)).found == f"a bundle for a {purpose}"
