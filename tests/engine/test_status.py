"""How a ceremony stands is worked out from the bytes of its bundle."""

import json
from dataclasses import replace

from fakes import succession
from fakes.emergencies import emergency
from fakes.people import drafted, keyid, plan, reviewed, roster, signed
from fakes.rooms import Desk

from ceremony.core.plan import write_plan
from ceremony.core.roster import Roster
from ceremony.engine.bundle import Bundle, open_bundle
from ceremony.engine.status import Status, status_of

PLAN = plan()
BEGUN = Bundle("request", PLAN, write_plan(PLAN).encode())


def signed_by(*names: str) -> Status:
    """The status once these people have signed every role."""
    return status_of(replace(BEGUN, roster=roster(PLAN), files=signed(drafted().files, *names)))


def test_a_ceremony_that_has_just_begun_has_everything_before_it() -> None:
    """Nobody enrolled, nothing drafted, nothing signed."""
    status = status_of(BEGUN)

    assert (status.enrolled, status.not_enrolled) == ((), ("ann", "bob", "cyd"))
    assert [(each.version, each.signed, each.is_complete) for each in status.roles] == [(None, (), False)] * 3
    assert (status.fingerprint, status.entries, status.is_complete) == ("", 0, False)
    assert status.opens == "2030-03-01T09:00:00Z"


def test_those_who_are_enrolled_are_named_in_the_order_of_the_plan() -> None:
    """Whatever the order in which they were."""
    enrolments = roster(PLAN).enrolments

    status = status_of(replace(BEGUN, roster=Roster((enrolments[2], enrolments[0]))))

    assert (status.enrolled, status.not_enrolled) == (("ann", "cyd"), ("bob",))


def test_one_signature_is_not_enough_and_two_are() -> None:
    """Each role says who has signed and who is missing, by name."""
    one, two = signed_by("cyd"), signed_by("cyd", "ann")

    assert [(each.signed, each.missing, each.is_complete) for each in one.roles] == [
        (("cyd",), ("ann", "bob"), False)
    ] * 3
    assert [(each.signed, each.missing, each.is_complete) for each in two.roles] == [
        (("ann", "cyd"), ("bob",), True)
    ] * 3
    assert (one.is_complete, two.is_complete) == (False, True)


def test_a_signature_that_does_not_verify_counts_for_nothing() -> None:
    """Only what a client would count is counted."""
    files = signed(drafted().files, "ann", "bob")
    root = replace(files[0], signatures=files[1].signatures)

    status = status_of(replace(BEGUN, roster=roster(PLAN), files=(root, *files[1:])))

    assert [each.signed for each in status.roles] == [(), ("ann", "bob"), ("ann", "bob")]
    assert not status.is_complete


def test_the_fingerprint_is_the_one_of_the_review() -> None:
    """Whoever reads it here reads the words that were read aloud."""
    assert signed_by().fingerprint == " ".join(reviewed().fingerprint.words)


def test_nobody_waits_for_a_key_that_was_struck() -> None:
    """It could still sign under the root of before, and is not asked while the others are enough."""
    found = emergency(stolen=["cyd"])
    case = succession.case(found)
    bundle = Bundle(
        "request",
        found,
        write_plan(found).encode(),
        roster=case.draft.roster,
        files=case.draft.files,
        before=succession.before(),
    )

    status = status_of(bundle)

    old = next(each for each in status.quorums if (each.role, each.by) == ("root", "root 1"))
    assert [each.name for each in old.signers] == ["ann", "bob"]
    assert keyid("cyd") not in {each.keyid for each in status.awaited}
    assert [each.name for each in status.awaited] == ["ann", "bob", "cyd"]


def test_a_status_of_a_real_bundle_is_plain_json(finished: Desk) -> None:
    """With the head of the transcript, and its words."""
    bundle = open_bundle(finished.release)

    found = json.loads(json.dumps(status_of(bundle).as_json()))

    assert found["head"] == bundle.transcript.head
    assert len(found["head_words"].split()) == 32
    assert found["entries"] == len(bundle.transcript.entries)
    assert found["purpose"] == "release"
    assert [role["signed"] for role in found["roles"]] == [["ann", "bob", "cyd"]] * 3
    assert found["is_complete"]
