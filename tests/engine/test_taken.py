"""An enrolment made away from the room is checked like a stranger's, and taken in."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.rooms import Desk

from ceremony.core.machine_rules import Machine
from ceremony.core.policy import Policy
from ceremony.core.transcript import Transcript
from ceremony.engine import questions as q
from ceremony.engine.bundle import Bundle, open_bundle, pack
from ceremony.engine.enrol_alone import enrol_alone
from ceremony.engine.opening import Agenda
from ceremony.engine.sitting import sit
from ceremony.engine.verify import verify
from ceremony.errors import RefusedError, StoppedError, TamperedError
from hsm.errors import DeviceAbsentError


def away(table: Desk, name: str = "bob") -> Agenda:
    """Where `name` was enrolled away from the room, just now."""
    agenda = table.alone(name)
    enrol_alone(table.room, agenda, name)
    table.operator.asked.clear()
    return agenda


def asked(table: Desk) -> list[q.TakeEnrolment]:
    """The questions about enrolments made elsewhere."""
    return [each for each in table.operator.asked if isinstance(each, q.TakeEnrolment)]


def without_bob(question: q.RollCall) -> tuple[str, ...]:
    """Bob is elsewhere."""
    return tuple(name for name, _does in question.names if name != "bob")


def test_an_enrolment_alone_leaves_a_bundle_of_its_own(table: Desk) -> None:
    """It holds the plan, one enrolment and its record; anybody can check it."""
    enrolment = enrol_alone(table.room, table.alone("bob"), "bob")

    found = open_bundle(table.alone("bob").folder)
    assert (found.purpose, found.roster.enrolments, found.files) == ("enrolment", (enrolment,), ())
    assert verify(table.alone("bob").folder, Policy()).is_good


def test_an_enrolment_alone_can_be_gone_on_with(table: Desk) -> None:
    """Who keeps the device keeps the enrolment."""
    first = enrol_alone(table.room, table.alone("bob"), "bob")

    again = enrol_alone(table.room, table.alone("bob"), "bob")

    assert again == first
    assert isinstance(table.operator.asked[-1], q.KeepEnrolment)


def test_a_sitting_does_not_go_on_with_an_enrolment_bundle_nor_the_other_way_round(table: Desk) -> None:
    """BUNDLE-OPEN: each kind has its own way on."""
    enrolment = away(table).folder
    with pytest.raises(RefusedError) as refused:
        sit(table.room, replace(table.agenda(), folder=enrolment))
    assert refused.value.rule == "BUNDLE-OPEN"
    table.operator.answers = {q.ReviewPage: stop}
    with pytest.raises(StoppedError):
        sit(table.room, table.agenda())
    with pytest.raises(RefusedError) as refused:
        enrol_alone(table.room, table.agenda(), "bob")
    assert refused.value.rule == "BUNDLE-OPEN"


def test_nobody_is_enrolled_whom_the_plan_does_not_know(table: Desk) -> None:
    """KEYHOLDER-PLANNED: a stranger gets no enrolment and no bundle."""
    with pytest.raises(RefusedError) as refused:
        enrol_alone(table.room, table.agenda(), "somebody else")

    assert refused.value.rule == "KEYHOLDER-PLANNED"
    assert not table.bundle.exists()


def test_an_enrolment_alone_refuses_a_machine_with_a_network_before_any_pin(table: Desk) -> None:
    """AIR-GAP: a PIN is typed there as well."""
    table.edit_plan("rehearsal = true", "rehearsal = false")
    table.machine = Machine(("eth0",))

    with pytest.raises(RefusedError) as refused:
        enrol_alone(table.room, table.agenda(), "bob")

    assert refused.value.rule == "AIR-GAP"
    assert table.operator.asked == []


def test_going_back_from_an_enrolment_alone_stops_it(table: Desk) -> None:
    """There is no page before the first: Back stops."""

    def back(_question: q.PlugIn) -> str:
        raise q.GoBack

    table.operator.answers = {q.PlugIn: back}

    with pytest.raises(StoppedError):
        enrol_alone(table.room, table.agenda(), "ann")


def test_a_device_that_fails_an_enrolment_alone_is_on_record(table: Desk) -> None:
    """The error comes out, and the bundle tells of it."""
    table.operator.answers = {q.PlugIn: lambda _question: "practice-9"}

    with pytest.raises(DeviceAbsentError):
        enrol_alone(table.room, table.agenda(), "ann")

    assert open_bundle(table.bundle).transcript.entries[-1].action == "DeviceAbsent"


@pytest.mark.parametrize("carried", ["named", "on a stick", "a stick of its own"])
def test_who_is_away_is_enrolled_by_the_bundle(table: Desk, carried: str) -> None:
    """Named beforehand, or found on a stick; the release then holds the very enrolment, and where it came from."""
    agenda = away(table)
    stick = table.folder / "stick"
    shutil.copytree(agenda.folder, stick if carried == "a stick of its own" else stick / "from bob")
    table.sticks = () if carried == "named" else (stick,)
    table.operator.answers = {q.RollCall: without_bob}

    sit(table.room, table.agenda(enrolments=(agenda.folder,) if carried == "named" else ()))

    (question,) = asked(table)
    assert (question.person, len(question.places)) == ("bob", 1)
    release = open_bundle(table.release)
    assert release.roster.of("bob") == open_bundle(agenda.folder).roster.of("bob")
    entry = next(each for each in release.transcript.entries if each.action == "took in")
    assert entry.inputs["transcript"] == open_bundle(agenda.folder).transcript.head


def test_who_is_here_may_bring_one_too(table: Desk) -> None:
    """Nothing is made anew on the device then; it signs as enrolled."""
    agenda = away(table)

    sit(table.room, table.agenda(enrolments=(agenda.folder,)))

    assert open_bundle(table.release).roster.of("bob") == open_bundle(agenda.folder).roster.of("bob")


def test_who_is_here_and_brings_none_is_not_asked(table: Desk) -> None:
    """A page that concerns nobody is no page."""
    sit(table.room, table.agenda())

    assert asked(table) == []


def test_who_is_away_without_one_leaves_the_review_waiting(table: Desk) -> None:
    """ENROLMENT-COMPLETE: No is an answer, and nothing is drafted without everybody's key."""
    table.operator.answers = {q.RollCall: without_bob}

    with pytest.raises(RefusedError) as refused:
        sit(table.room, table.agenda())

    assert refused.value.rule == "ENROLMENT-COMPLETE"
    assert [each.places for each in asked(table)] == [()]


def other_plan(bundle: Bundle) -> Bundle:
    """The same people, a year later."""
    text = bundle.plan_text.replace(b'id = "rehearsal-', b'id = "another-')
    return replace(bundle, plan_text=text, plan=replace(bundle.plan, id=bundle.plan.id.replace("rehearsal", "another")))


def of_ann(bundle: Bundle) -> Bundle:
    """Bob's key under ann's name."""
    (bob,) = bundle.roster.enrolments
    return replace(bundle, roster=bundle.roster.without("bob").replace(replace(bob, keyholder="ann")))


def unproved(bundle: Bundle) -> Bundle:
    """A proof for another nonce."""
    (bob,) = bundle.roster.enrolments
    return replace(bundle, roster=bundle.roster.replace(replace(bob, nonce="0" * 32)))


def unrecorded(bundle: Bundle) -> Bundle:
    """A record that is about nothing."""
    return replace(bundle, transcript=Transcript())


@pytest.mark.parametrize(
    ("forge", "why"),
    [
        (other_plan, "ENROLMENT-SAME-PLAN"),
        (of_ann, "ENROLMENT-SAME-PLAN"),
        (unproved, "the enrolment of bob"),
        (unrecorded, "transcript.jsonl"),
    ],
)
def test_a_bundle_that_is_not_bob_s_for_this_ceremony_is_refused(
    table: Desk, forge: Callable[[Bundle], Bundle], why: str
) -> None:
    """By name; the page comes again, and nothing of it is kept."""
    agenda = away(table)
    forged = table.folder / "forged"
    pack(forge(open_bundle(agenda.folder)), forged)
    places = iter([forged, agenda.folder])
    table.operator.patient = True
    table.operator.answers = {q.RollCall: without_bob, q.TakeEnrolment: lambda _question: next(places)}

    sit(table.room, table.agenda())

    first, second = asked(table)
    assert first.trouble is None
    assert isinstance(second.trouble, RefusedError | TamperedError)
    assert why in {getattr(second.trouble, "rule", ""), getattr(second.trouble, "where", "")}
    assert open_bundle(table.release).roster.of("bob") == open_bundle(agenda.folder).roster.of("bob")


def test_a_device_that_is_somebody_else_s_is_not_taken_in(table: Desk) -> None:
    """DEVICE-ENROLLED: one device is one keyholder's, wherever it was enrolled."""
    table.operator.answers = {q.PlugIn: lambda _question: "practice-1", q.AskPin: lambda _question: pin(table)}
    agenda = away(table)
    table.operator.answers = {}

    with pytest.raises(RefusedError) as refused:
        sit(table.room, table.agenda(enrolments=(agenda.folder,)))

    assert refused.value.rule == "DEVICE-ENROLLED"


@pytest.mark.parametrize("name", ["nothing", "a file", "a broken bundle", "a link"])
def test_what_is_no_enrolment_on_a_stick_is_passed_over(table: Desk, name: str) -> None:
    """A stick may hold anything; links on it are not followed."""
    bundle = away(table).folder
    stick = table.folder / "stick"
    stick.mkdir()
    match name:
        case "a file":
            (stick / "manifest.json").write_text("{}", encoding="utf-8")
        case "a broken bundle":
            shutil.copytree(bundle, stick / "bob")
            (stick / "bob" / "roster.json").write_bytes(b"{}")
        case "a link":
            (stick / "bob").symlink_to(bundle)
    table.sticks = (stick, Path(table.folder / "pulled out"))

    sit(table.room, table.agenda())

    assert asked(table) == []


def stop(question: q.Question[object]) -> object:
    """The answer of somebody who stops."""
    raise StoppedError(question.person, question.step)


def pin(table: Desk) -> q.Pin:
    """Ann's PIN."""
    return table.practice.pins["practice-1"]
