"""SCHEME-ALLOWED: every client can verify every key."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.people import keyholders, plan

from ceremony.core.plan_rules import PlanCase, scheme_allowed
from ceremony.core.policy import Policy

ANN, BOB, CYD = keyholders("ann", "bob", "cyd")


@pytest.mark.parametrize("scheme", Policy().schemes)
def test_a_scheme_of_the_policy_passes(scheme: str) -> None:
    """P-256, Ed25519, RSA-PSS, P-384, P-521."""
    scheme_allowed.check(PlanCase(plan(keyholders=(replace(ANN, scheme=scheme), BOB, CYD)), Policy()))


@pytest.mark.parametrize(
    "scheme", ["", "ED25519", "rsa-pkcs1v15-sha256", "rsassa-pss-sha512", "ecdsa-sha2-nistp192", "ml-dsa-44/1"]
)
def test_another_scheme_is_refused(scheme: str) -> None:
    """The refusal names whose key it is."""
    found = refusal(scheme_allowed, PlanCase(plan(keyholders=(ANN, replace(BOB, scheme=scheme), CYD)), Policy()))
    assert found.found == f"keyholder bob: {scheme}"


def test_another_scheme_of_the_online_key_is_refused() -> None:
    """The online key is verified by the same clients."""
    odd = replace(plan().online_key, scheme="rsa-pkcs1v15-sha256")
    assert refusal(scheme_allowed, PlanCase(plan(online_key=odd), Policy())).found.startswith("the online key")
