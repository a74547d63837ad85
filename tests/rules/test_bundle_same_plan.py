"""BUNDLE-SAME-PLAN: a ceremony keeps its plan."""

from fakes.cases import refusal

from ceremony.core.sitting_rules import ResumeCase, bundle_same_plan


def test_the_plan_it_was_begun_with_passes() -> None:
    """Byte for byte."""
    bundle_same_plan.check(ResumeCase("request", b"plan", b"plan"))


def test_another_plan_is_refused() -> None:
    """Also one that differs in a space."""
    refusal(bundle_same_plan, ResumeCase("request", b"plan", b"plan "))
