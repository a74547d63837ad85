"""VERSION-NEXT: an initial ceremony begins at version 1."""

from dataclasses import replace

import pytest
from fakes.cases import refusal, tampered, unparsed, usual_case

from ceremony.core.draft_rules import version_next


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
