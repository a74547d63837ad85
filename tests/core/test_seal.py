"""The seal: the end of signing, and the only way to something that can be delivered."""

from dataclasses import replace
from itertools import combinations

import pytest
from fakes.people import NAMES, drafted, reviewed, sealed, signed

from ceremony.core.seal import SEAL_RULES, SealCase, Sealed, seal
from ceremony.core.tally import tally
from ceremony.errors import RefusedError

REVIEWED = reviewed()
FILES = REVIEWED.draft.files


@pytest.mark.parametrize("names", [*combinations(NAMES, 2), NAMES])
def test_any_quorum_seals(names: tuple[str, ...]) -> None:
    """Two of three, whoever they are, and all three too."""
    found = seal(REVIEWED, signed(FILES, *names))
    assert (found.reviewed, found.files) == (REVIEWED, signed(FILES, *names))
    assert all(each.is_complete for each in tally(found.files, REVIEWED.quorums))


@pytest.mark.parametrize("names", [(), *combinations(NAMES, 1)])
def test_less_than_a_quorum_does_not_seal(names: tuple[str, ...]) -> None:
    """One signature short is not complete."""
    with pytest.raises(RefusedError) as refused:
        seal(REVIEWED, signed(FILES, *names))
    assert refused.value.rule == "ROLE-COMPLETE"


@pytest.mark.parametrize("role", [0, 1, 2])
def test_every_role_needs_its_quorum(role: int) -> None:
    """Two complete roles do not carry the third."""
    files = [*signed(FILES, "ann", "bob")]
    files[role] = signed(FILES, "ann")[role]
    with pytest.raises(RefusedError) as refused:
        seal(REVIEWED, tuple(files))
    assert (refused.value.rule, refused.value.found) == ("ROLE-COMPLETE", f"{files[role].role}: 1 of 2 signatures")


def test_nobody_else_makes_a_sealed() -> None:
    """Not by hand, and not by changing one that there is."""
    found = sealed()
    with pytest.raises(TypeError):
        Sealed(found.reviewed, found.files, object())
    with pytest.raises((TypeError, ValueError)):
        replace(found, files=FILES)


def test_no_files_at_all_break_rules_and_nothing_else() -> None:
    """Every refusal can be listed, even of nothing."""
    assert {each.rule for each in SEAL_RULES.refusals(SealCase(REVIEWED, ()))} == {"PAYLOAD-FROZEN", "ROLE-COMPLETE"}


def test_a_review_of_the_same_plan_is_the_same_review() -> None:
    """Two laptops that review the same plan and roster can seal one another's files."""
    assert reviewed().draft.files == drafted().files
    seal(reviewed(), signed(drafted().files, "ann", "bob"))
