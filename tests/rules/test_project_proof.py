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
        key("ann", "another", threshold=2),
        key("ann", "demo", "other.example.org", threshold=2),
        replace(key("ann", "demo", threshold=2), proof=key("bob", "demo", threshold=2).proof),
        replace(key("ann", "demo", threshold=2), proof="00"),
        key("ann", "demo"),
        key("ann", "demo", threshold=2, paths=("packages/*",)),
        key("ann", "demo", threshold=2, paths=("files/demo/*", "packages/*")),
    ],
    ids=["project", "repository", "key", "nothing", "threshold", "paths", "more paths"],
)
def test_a_proof_of_something_else_is_refused(wrong: object) -> None:
    """The project is named."""
    bob = key("bob", "demo", threshold=2)
    project_proof.check(case(project("demo", keys=(bob,), threshold=2)))
    found = project("demo", keys=(bob, wrong), threshold=2)
    assert "a proof of demo" in refusal(project_proof, case(project("alpha"), found)).found


def test_a_proof_serves_for_no_other_paths_and_threshold() -> None:
    """Whoever carries a claim changes nothing in it."""
    found = project("demo", "day", "eon", threshold=2)
    for changed in ({"paths": ("packages/*",)}, {"threshold": 1}):
        refusal(project_proof, case(replace(found, **changed)))  # type: ignore[arg-type]
