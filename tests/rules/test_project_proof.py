"""PROJECT-PROOF: every key of a project has proved itself, for this project of this repository."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.people import P256, P384, P521, RSA
from fakes.projects import case, key, project

from ceremony.core.project_rules import project_proof


@pytest.mark.parametrize("scheme", ["ed25519", P256, P384, P521, RSA])
def test_a_proof_for_this_project_passes(scheme: str) -> None:
    """Whatever the kind of key."""
    project_proof.check(case(project("demo", keys=(key("ann", "demo", scheme=scheme),))))


@pytest.mark.parametrize(
    "wrong",
    [
        key("ann", "another"),
        key("ann", "demo", "other.example.org"),
        replace(key("ann", "demo"), proof=key("bob", "demo").proof),
        replace(key("ann", "demo"), proof="00"),
    ],
    ids=["project", "repository", "key", "nothing"],
)
def test_a_proof_of_something_else_is_refused(wrong: object) -> None:
    """The project is named."""
    found = project("demo", keys=(key("bob", "demo"), wrong), threshold=2)
    assert "a proof of demo" in refusal(project_proof, case(project("alpha"), found)).found
