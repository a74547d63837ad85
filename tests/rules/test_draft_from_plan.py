"""DRAFT-FROM-PLAN: plan and roster decide every byte."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from fakes.cases import refusal, tampered, usual_case
from fakes.people import drafted

from ceremony.core.draft import Draft
from ceremony.core.draft_rules import draft_from_plan
from ceremony.core.plan import Bins
from ceremony.core.roster import Roster
from ceremony.errors import RefusedError


@pytest.mark.parametrize("style", ["succinct", "explicit"])
def test_what_was_drafted_passes(style: str) -> None:
    """Drafting again gives the same bytes."""
    draft_from_plan.check(usual_case(bins=Bins(8, style)))


@pytest.mark.parametrize("role", ["root", "targets", "bins"])
def test_another_byte_is_refused(role: str) -> None:
    """The refusal names the role."""
    found = refusal(draft_from_plan, tampered(role, lambda signed: signed.update(expires="2031-01-01T00:00:00Z")))
    assert found.found == f"{role} with other bytes"


@pytest.mark.parametrize(
    "change",
    [
        lambda files: (*files, files[0]),
        lambda files: files[:2],
        lambda files: (files[1], files[0], files[2]),
        lambda files: (replace(files[0], version=2), *files[1:]),
    ],
    ids=["one more", "one less", "another order", "another version"],
)
def test_other_files_are_refused(change: Callable[[object], object]) -> None:
    """Root, targets and bins, in this order, and nothing else."""
    case = usual_case()
    refusal(draft_from_plan, replace(case, draft=replace(case.draft, files=change(case.draft.files))))


def test_a_roster_from_which_nothing_can_be_drafted_is_refused() -> None:
    """The rule that stops the drafting is the one that is named."""
    case = usual_case()
    empty: Draft = replace(drafted(), roster=Roster())
    with pytest.raises(RefusedError) as refused:
        draft_from_plan.check(replace(case, draft=empty))
    assert refused.value.rule == "ENROLMENT-COMPLETE"
