"""UPLOAD-CLAIMED: only a project that somebody delegates to uploads."""

import pytest
from fakes.claims import project, upload_case
from tuf.api.metadata import Targets

from ceremony.core.upload_rules import upload_claimed
from ceremony.errors import RefusedError


def test_a_project_that_is_delegated_to_is_taken() -> None:
    """By a role of keyholders or by a registration."""
    upload_claimed.check(upload_case())


@pytest.mark.parametrize("claimed", ["nobody", "other"])
def test_a_project_that_nothing_delegates_to_is_refused(claimed: str) -> None:
    """Nobody says whose keys count."""
    case = upload_case(delegator=Targets()) if claimed == "nobody" else upload_case(claimed=project(claimed))

    with pytest.raises(RefusedError) as refusal:
        upload_claimed.check(case)

    assert refusal.value.rule == "UPLOAD-CLAIMED"
