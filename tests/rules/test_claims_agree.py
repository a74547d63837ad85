"""CLAIMS-AGREE: the developers of a project say the same of it."""

from typing import Any

import pytest
from fakes.cases import refusal
from fakes.people import REPOSITORY
from fakes.projects import project

from ceremony.core.batch_rules import Claim, claims_agree


def test_two_keys_of_one_project_pass() -> None:
    """Each came with a file of its own."""
    both = (project("demo", owner, threshold=2) for owner in ("day", "eon"))
    claims_agree.check([Claim(f"{place}.json", REPOSITORY, (each,)) for place, each in enumerate(both)])


@pytest.mark.parametrize("changes", [{"threshold": 2}, {"paths": ("files/demo/*", "docs/demo/*")}])
def test_developers_who_say_different_things_are_refused(changes: dict[str, Any]) -> None:
    """The project and both files are named."""
    first = Claim("day.json", REPOSITORY, (project("alpha"), project("demo", "day")))
    second = Claim("eon.json", REPOSITORY, (project("demo", "eon", **changes),))
    refused = refusal(claims_agree, (first, second))
    assert refused.found.startswith("demo: ")
    assert refused.found.endswith("in eon.json")
    assert refused.wanted == "1 signatures for files/demo/*, as in day.json"
