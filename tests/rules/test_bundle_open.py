"""BUNDLE-OPEN: a finished ceremony is finished."""

import pytest
from fakes.cases import refusal

from ceremony.core.sitting_rules import ResumeCase, bundle_open


def test_a_request_passes() -> None:
    """It still gathers signatures."""
    bundle_open.check(ResumeCase("request", b"", b""))


@pytest.mark.parametrize("purpose", ["release", "", "Request"])
def test_anything_else_is_refused(purpose: str) -> None:
    """A release is sealed."""
    refusal(bundle_open, ResumeCase(purpose, b"", b""))
