"""CLAIMS-TOGETHER: one batch is for one repository."""

from fakes.cases import refusal
from fakes.people import REPOSITORY
from fakes.projects import project

from ceremony.core.batch_rules import Claim, claims_together

DEMO = Claim("demo.json", REPOSITORY, (project("demo"),))


def test_claims_for_one_repository_pass() -> None:
    """However many files they came in."""
    claims_together.check((DEMO, Claim("other.json", REPOSITORY, (project("other"),))))


def test_a_claim_for_another_repository_is_refused() -> None:
    """The file is named."""
    elsewhere = "other.example.org"
    other = Claim("other.json", elsewhere, (project("other", repository=elsewhere),))
    assert refusal(claims_together, (DEMO, other)).found == "other.json for other.example.org"
