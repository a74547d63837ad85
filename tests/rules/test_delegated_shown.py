"""DELEGATED-SHOWN: every offline role that is delegated to has its file in what is followed."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.projects import delegating, project, trusted
from fakes.taken_over import before as theirs
from fakes.taken_over import case as takeover
from rules.test_targets_kept import delegating as theirs_delegating

from ceremony.core.before import Before
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan_after import foreseen
from ceremony.core.succession_rules import SuccessionCase, delegated_shown
from ceremony.core.trusted import Trusted


def showing(start: Before, *roles: str) -> Before:
    """The same, where of what stands below root only these are shown."""
    held: Mapping[str, MetadataFile] = {role: start.trusted.targets[role] for role in roles}
    return replace(start, trusted=Trusted(start.trusted.roots, held))


def following(start: Before) -> SuccessionCase:
    """A plan that signs claimed, beside this."""
    return SuccessionCase(foreseen(delegating(), start), start)


def test_whatever_the_online_key_signs_need_not_be_shown() -> None:
    """All else is there."""
    delegated_shown.check(following(trusted(project("demo"))))


@pytest.mark.parametrize(("shown", "missing"), [(("targets", "bins"), "claimed"), (("targets", "claimed"), "bins")])
def test_a_role_that_is_not_shown_is_refused(shown: tuple[str, ...], missing: str) -> None:
    """It would begin anew, without its projects."""
    refused = refusal(delegated_shown, following(showing(trusted(project("demo")), *shown)))
    assert refused.found == f"no {missing} in what is followed"


def test_where_targets_is_not_shown_nothing_delegates() -> None:
    """There is nothing that could be missed, and the rule passes."""
    delegated_shown.check(following(showing(trusted())))


def test_of_others_what_is_left_out_by_name_passes() -> None:
    """Its version matters to nobody; and one that no plan can name is known to nobody."""
    start = theirs_delegating("theirs")
    delegated_shown.check(takeover(theirs()))
    refusal(delegated_shown, takeover(start))
    delegated_shown.check(takeover(start, leaves_out=("theirs",)))
    delegated_shown.check(takeover(theirs_delegating("Their Role")))
