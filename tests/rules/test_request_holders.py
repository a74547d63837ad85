"""REQUEST-HOLDERS: a key is whose it is on this machine's own record, whatever name a request gives it."""

from dataclasses import replace

from fakes.cases import refusal
from fakes.people import reviewed
from fakes.rotations import Holder, Rotation, reviewed_rotation

from ceremony.core.before import Before
from ceremony.core.response_rules import CarriedCase, request_holders
from ceremony.core.roster import Roster

ANN, BOB, CYD = Holder("ann"), Holder("bob"), Holder("cyd")
FOUND = reviewed_rotation(Rotation((ANN, BOB), 2, (ANN, CYD), 2))


def own(**changes: str) -> Before:
    """What the request starts from, as this machine has it, with bob's enrolment changed."""
    before = FOUND.draft.before
    assert before is not None
    ann, bob = before.roster.enrolments
    return replace(before, roster=Roster((ann, replace(bob, **changes))))


def test_the_same_names_pass() -> None:
    """Of those who stay and of those who leave; who comes is on nobody's record yet."""
    request_holders.check(CarriedCase(FOUND, own()))


def test_a_machine_that_knows_no_names_passes() -> None:
    """Keys count; a root file alone names nobody."""
    request_holders.check(CarriedCase(FOUND, replace(own(), roster=Roster())))
    request_holders.check(CarriedCase(reviewed()))


def test_another_holder_of_the_same_key_is_refused() -> None:
    """The review would tell of somebody who has nothing to do with it."""
    found = refusal(request_holders, CarriedCase(FOUND, own(keyholder="cyd")))
    assert ("held by bob" in found.found, "held by cyd" in found.wanted) == (True, True)


def test_another_device_with_the_same_key_is_refused() -> None:
    """One of the two is made up."""
    refusal(request_holders, CarriedCase(FOUND, own(serial="another")))
