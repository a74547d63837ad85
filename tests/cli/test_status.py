"""How a ceremony stands: under each quorum, by name and device."""

import json
from dataclasses import replace

import pytest
from fakes.people import drafted, keyid, plan, roster, signature, signed
from fakes.rooms import Desk
from fakes.succession import after, before, case, ends, roster_after

from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import Plan, write_plan
from ceremony.core.plan_after import with_new_device, without_keyholder
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.roster import Roster
from ceremony.core.transcript import Entry
from ceremony.core.withdrawal import WITHDREW
from ceremony.engine.bundle import Bundle, open_bundle
from ceremony.engine.roll_call import ROLL_CALL
from ceremony.engine.status import Status, status_of

FIRST = Bundle("request", plan(), write_plan(plan()).encode(), roster(plan()))
ROTATION = with_new_device(after(), "cyd", "A9")


def begun(found: Plan) -> Bundle:
    """The request of a ceremony that follows, everybody enrolled, everything drafted, nothing signed."""
    text = write_plan(found).encode()
    return Bundle("request", found, text, roster_after(found), case(found).draft.files, before=before())


def with_signatures(bundle: Bundle, *names: str) -> Status:
    """How it stands once these keys have signed every file."""
    return status_of(replace(bundle, files=tuple(_signed(each, names) for each in bundle.files)))


def _signed(file: MetadataFile, names: tuple[str, ...]) -> MetadataFile:
    scheme = {"cyd again": plan().keyholders[2].scheme}
    for name in names:
        file = file.with_signature(signature(name, file.payload, scheme.get(name, "")))
    return file


def progress(status: Status) -> dict[tuple[str, str], str]:
    """How far each quorum has come."""
    return {(each.role, each.by): each.progress for each in status.quorums}


def open_for(status: Status, role: str, by: str) -> list[tuple[str, str, bool]]:
    """Who has not signed this role under this metadata: name, device, and whether it would be the last time."""
    (found,) = (each for each in status.quorums if (each.role, each.by) == (role, by))
    return [(each.name, each.device, each.leaves) for each in found.signers if not each.has_signed]


def test_before_anything_is_drafted_there_is_no_quorum() -> None:
    """The roles say who will sign."""
    status = status_of(FIRST)
    assert status.quorums == ()
    assert [(each.role, each.missing, each.is_complete) for each in status.roles] == [
        (role, ("ann", "bob", "cyd"), False) for role in OFFLINE_ROLES
    ]


def test_a_first_ceremony_has_one_quorum_for_each_role() -> None:
    """By the metadata that it makes."""
    status = status_of(replace(FIRST, files=signed(drafted().files, "cyd")))
    quorums = (("root", "root 1"), ("targets", "root 1"), ("bins", "targets 1"))
    assert progress(status) == dict.fromkeys(quorums, "1 of 2")
    assert open_for(status, "bins", "targets 1") == [
        ("ann", "Model 5 serial-of-ann", False),
        ("bob", "Model 5 serial-of-bob", False),
    ]


def test_a_kept_key_counts_under_both_roots() -> None:
    """With one signature."""
    found = progress(with_signatures(begun(ROTATION), "ann"))
    assert found["root", "root 1"] == found["root", "root 2"] == found["targets", "root 2"] == "1 of 2"


def test_of_two_devices_each_counts_under_one_root() -> None:
    """The old one a last time."""
    old, new = (with_signatures(begun(ROTATION), name) for name in ("cyd", "cyd again"))
    assert (progress(old)["root", "root 1"], progress(old)["root", "root 2"]) == ("1 of 2", "0 of 2")
    assert (progress(new)["root", "root 1"], progress(new)["root", "root 2"]) == ("0 of 2", "1 of 2")
    assert open_for(new, "root", "root 1")[-1] == ("cyd", "Model 5 serial-of-cyd", True)
    assert open_for(old, "root", "root 2")[-1] == ("cyd", "Model 5 A9", False)


def test_root_is_complete_when_both_quorums_are() -> None:
    """One that is short under the old root is not, however many signed for the new one."""
    short = with_signatures(begun(ROTATION), "ann", "cyd again")
    assert [each.is_complete for each in short.roles] == [False, True, True]
    assert not short.is_complete
    assert with_signatures(begun(ROTATION), "ann", "cyd again", "cyd").is_complete


def test_whoever_leaves_is_asked_for_under_the_old_root_alone() -> None:
    """And is no keyholder of any role any more."""
    status = with_signatures(begun(without_keyholder(after(), "bob")), "ann", "cyd")
    assert open_for(status, "root", "root 1") == [("bob", "Model 5 serial-of-bob", True)]
    assert open_for(status, "root", "root 2") == []
    assert [each.missing for each in status.roles] == [()] * 3


def test_a_key_whose_holder_is_not_on_record_has_no_name() -> None:
    """It stands last, by its keyid."""
    bundle = begun(without_keyholder(after(), "bob"))
    without = replace(
        before(), roster=Roster(tuple(each for each in before().roster.enrolments if each.keyholder != "bob"))
    )
    status = with_signatures(replace(bundle, before=without), "ann")
    (found,) = (each for each in status.quorums if each.by == "root 1")
    assert [(each.name, each.keyid) for each in found.signers][-1] == ("", keyid("bob"))


def test_those_who_still_have_to_sign_are_named_with_all_that_they_sign() -> None:
    """Each key once, old quorums and new taken together; nobody once every quorum is complete."""
    bundle = begun(ROTATION)
    one = with_signatures(bundle, "ann")
    assert [each.line for each in one.awaited] == [
        "bob with Model 5 serial-of-bob: root, targets, bins",
        "cyd with Model 5 serial-of-cyd: root, a last time",
        "cyd with Model 5 A9: root, targets, bins",
    ]
    assert with_signatures(bundle, "ann", "bob").awaited == ()


def test_who_was_not_at_the_last_roll_call_is_elsewhere() -> None:
    """Before any roll call nobody knows; the last one counts."""
    bundle = begun(after("refresh"))
    for present in ("ann, bob, cyd", "ann, cyd"):
        call = Entry(plan().window.opens, "roll", present, ROLL_CALL, "Present.")
        bundle = replace(bundle, transcript=bundle.transcript.add(call))
    places = {each.name: each.place for each in with_signatures(bundle, "ann").awaited}
    assert places == {"bob": "elsewhere", "cyd": "here"}
    assert {each.place for each in with_signatures(begun(after("refresh"))).awaited} == {""}


def test_nobody_is_awaited_in_a_ceremony_that_was_withdrawn() -> None:
    """It says when and why."""
    bundle = begun(after("refresh"))
    mark = Entry(plan().window.opens, "withdraw", "", WITHDREW, "The ceremony is withdrawn: a mistake.")
    status = with_signatures(replace(bundle, transcript=bundle.transcript.add(mark)), "ann")
    assert status.withdrawn == "2030-03-01T09:00:00Z: The ceremony is withdrawn: a mistake."
    assert status.awaited == ()
    assert with_signatures(bundle, "ann").withdrawn == ""


@pytest.mark.parametrize("roles", [("root",), ("targets",), ("bins",), ("root", "bins")])
def test_only_what_is_signed_is_told(roles: tuple[str, ...]) -> None:
    """What stays as it is has nobody to wait for."""
    status = with_signatures(begun(after("refresh", expires=ends(*roles))), "ann", "bob")
    assert [each.role for each in status.roles] == [*roles]
    assert {each.role for each in status.quorums} == {*roles}
    assert [each.version for each in status.roles] == [2] * len(roles)
    assert status.is_complete


def test_a_signature_that_does_not_verify_counts_for_nothing() -> None:
    """Only what a client would count is counted."""
    root, targets, bins = signed(drafted().files, "ann", "bob")
    wrong = replace(FIRST, files=(replace(root, signatures=targets.signatures), targets, bins))
    assert [each.signed for each in status_of(wrong).roles] == [(), ("ann", "bob"), ("ann", "bob")]


def test_a_status_of_a_release_is_plain_json(first: Desk) -> None:
    """With the head of the transcript, its words, and every signer."""
    bundle = open_bundle(first.release)
    found = json.loads(json.dumps(status_of(bundle).as_json()))
    assert (found["head"], found["entries"]) == (bundle.transcript.head, len(bundle.transcript.entries))
    assert len(found["head_words"].split()) == len(found["fingerprint"].split()) == 32
    assert [[each["has_signed"] for each in quorum["signers"]] for quorum in found["quorums"]] == [[True] * 3] * 3
    assert found["is_complete"]
