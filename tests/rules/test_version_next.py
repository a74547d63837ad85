"""VERSION-NEXT: an initial ceremony begins at version 1, and what comes back goes on."""

from dataclasses import replace

import pytest
from fakes.cases import refusal, tampered, unparsed, usual_case
from fakes.projects import with_claimed_again, without_claimed

from ceremony.core.draft_rules import draft_case, version_next
from ceremony.core.plan_after import foreseen
from ceremony.core.policy import Policy


def test_version_one_of_every_file_passes() -> None:
    """Root, targets and bins."""
    version_next.check(usual_case())


@pytest.mark.parametrize("role", ["root", "targets", "bins"])
def test_a_later_version_is_refused(role: str) -> None:
    """A client that has nothing yet asks for version 1."""
    refusal(version_next, tampered(role, lambda signed: signed.update(version=2)))


@pytest.mark.parametrize("payload", [b'{"version":true}', b'{"version":"1"}', b"{}"])
def test_what_is_no_version_is_refused(payload: bytes) -> None:
    """True is not one."""
    refusal(version_next, unparsed("root", payload))


def test_a_file_under_the_name_of_another_version_is_refused() -> None:
    """Name and content agree."""
    case = usual_case()
    files = (replace(case.draft.files[0], version=2), *case.draft.files[1:])
    refusal(version_next, replace(case, draft=replace(case.draft, files=files)))


def test_a_role_that_comes_back_goes_on_and_passes() -> None:
    """And is refused where it begins anew."""
    start = without_claimed()
    found = foreseen(with_claimed_again(start), start)
    assert [(each.role, each.version) for each in found.files] == [("targets", 3), ("claimed", 2)]
    version_next.check(draft_case(found, Policy()))
    anew = replace(found, files=(found.files[0], replace(found.files[1], version=1)))
    assert refusal(version_next, draft_case(anew, Policy())).wanted == "claimed 2"
