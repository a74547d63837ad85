"""BUNDLE-OPEN: a finished ceremony is finished."""

import pytest
from fakes.cases import refusal

from ceremony.core.sitting_rules import ResumeCase, bundle_open


def test_a_request_passes() -> None:
    """It still gathers signatures."""
    bundle_open.check(ResumeCase("request", b"", b""))


def test_an_enrolment_passes_where_one_is_wanted() -> None:
    """It is gone on with at home."""
    bundle_open.check(ResumeCase("enrolment", b"", b"", "enrolment"))


@pytest.mark.parametrize("purpose", ["release", "", "Request", "enrolment"])
def test_anything_else_is_refused(purpose: str) -> None:
    """A release is sealed."""
    refusal(bundle_open, ResumeCase(purpose, b"", b""))


def test_a_request_is_refused_where_an_enrolment_is_wanted() -> None:
    """A ceremony is not enrolled into at home."""
    refusal(bundle_open, ResumeCase("request", b"", b"", "enrolment"))
