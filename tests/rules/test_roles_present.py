"""ROLES-PRESENT: root names the four roles."""

from fakes.cases import refusal, usual_case
from tuf.api.metadata import Role

from ceremony.core.draft_rules import roles_present


def test_the_four_roles_pass() -> None:
    """Root, targets, snapshot and timestamp."""
    roles_present.check(usual_case())


def test_a_role_missing_is_refused() -> None:
    """No client could go on."""
    case = usual_case()
    del case.root.roles["snapshot"]
    assert refusal(roles_present, case).found == "root, targets, timestamp"


def test_a_role_too_many_is_refused() -> None:
    """Nobody would know what it means."""
    case = usual_case()
    case.root.roles["mirrors"] = Role([], 1)
    refusal(roles_present, case)
