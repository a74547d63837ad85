"""UPLOAD-ALONE: a project delegates to nobody."""

import pytest
from fakes.claims import metadata, project, upload_case
from tuf.api.metadata import Delegations

from ceremony.core.delegating import delegate_projects
from ceremony.core.upload_rules import upload_alone
from ceremony.errors import RefusedError


def test_targets_alone_are_taken() -> None:
    """No delegations at all."""
    upload_alone.check(upload_case())


@pytest.mark.parametrize("delegations", [Delegations({}, {}), delegate_projects(None, (project("other"),))])
def test_metadata_that_delegates_is_refused(delegations: Delegations) -> None:
    """To somebody, or to nobody."""
    with pytest.raises(RefusedError) as refusal:
        upload_alone.check(upload_case(metadata("demo", 1, {}, delegations=delegations)))

    assert refusal.value.rule == "UPLOAD-ALONE"
