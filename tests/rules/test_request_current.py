"""REQUEST-CURRENT: nobody is led back behind what their own machine knows."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.people import reviewed
from fakes.rotations import Holder, Rotation, reviewed_rotation

from ceremony.core.before import Before
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.response_rules import CarriedCase, request_current
from ceremony.core.trusted import Trusted

ANN, BOB = Holder("ann"), Holder("bob")
FOUND = reviewed_rotation(Rotation((ANN, BOB), 2, (ANN, BOB), 2))


def own(**changes: MetadataFile | None) -> Before:
    """What the request starts from, as this machine has it, with these files instead; None for one that it lacks."""
    before = FOUND.draft.before
    assert before is not None
    files = {**before.files, **changes}
    root = files.pop("root")
    assert root is not None
    return Before(Trusted((root,), {role: file for role, file in files.items() if file is not None}))


def later(role: str) -> MetadataFile:
    """The version after the one that the request starts from."""
    file = own().files[role]
    return replace(file, version=file.version + 1)


def test_what_starts_from_what_this_machine_knows_passes() -> None:
    """Or from something later; or where the machine knows less, or nothing."""
    request_current.check(CarriedCase(FOUND, own()))
    request_current.check(CarriedCase(FOUND, own(root=replace(own().files["root"], version=0))))
    request_current.check(CarriedCase(FOUND, own(targets=None, bins=None)))
    request_current.check(CarriedCase(FOUND))
    request_current.check(CarriedCase(reviewed()))


@pytest.mark.parametrize("role", ["root", "targets", "bins"])
def test_what_starts_from_something_older_is_refused(role: str) -> None:
    """The machine trusts a later version already."""
    refusal(request_current, CarriedCase(FOUND, own(**{role: later(role)})))


@pytest.mark.parametrize("role", ["root", "targets", "bins"])
def test_what_starts_from_another_file_of_that_version_is_refused(role: str) -> None:
    """There is one of each version."""
    refusal(request_current, CarriedCase(FOUND, own(**{role: replace(own().files[role], payload=b"{}")})))


def test_an_initial_ceremony_where_something_is_trusted_is_refused() -> None:
    """Who trusts a root needs no other beginning."""
    refusal(request_current, CarriedCase(reviewed(), own()))


def test_a_request_that_leaves_a_role_out_is_refused() -> None:
    """This machine knows of one."""
    refusal(request_current, CarriedCase(FOUND, own(claimed=replace(own().files["bins"], role="claimed"))))
