"""CLAIMS-SIZE: a batch is no longer than a ceremony takes."""

from dataclasses import replace

from fakes.cases import refusal
from fakes.people import REPOSITORY
from fakes.projects import project

from ceremony.core.batch_rules import Claim, claims_size


def many(count: int) -> tuple[Claim, ...]:
    """So many claims, alike but for their names."""
    one = project("demo")
    return tuple(Claim(f"{each}.json", REPOSITORY, (replace(one, name=f"demo-{each}"),)) for each in range(count))


def test_five_thousand_projects_pass() -> None:
    """In one ceremony."""
    claims_size.check(many(5_000))


def test_more_than_a_ceremony_takes_is_refused() -> None:
    """It would be read by nobody."""
    assert "in several ceremonies" in refusal(claims_size, many(25_000)).wanted
