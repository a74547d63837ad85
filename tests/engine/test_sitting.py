"""A sitting walks its script from the plan to a release, and stops where it must."""

from dataclasses import replace

import pytest
from fakes.rooms import NAMES, NOW, Desk, desk, later

from ceremony.core.machine_rules import Machine
from ceremony.core.policy import Policy
from ceremony.engine import questions as q
from ceremony.engine.bundle import held, open_bundle, save
from ceremony.engine.enrol_alone import enrol_alone
from ceremony.engine.opening import script_of
from ceremony.engine.sitting import sit
from ceremony.engine.verify import verify
from ceremony.errors import PausedError, RefusedError, SettingsError, StoppedError, StorageError, TamperedError
from hsm.errors import DeviceAbsentError, KeyExistsError, PinBlockedError, WrongPinError


def stop(question: q.Question[object]) -> object:
    """The answer of somebody who stops."""
    raise StoppedError(question.person, question.step)


def back_once(answer: object) -> object:
    """An answerer that goes back the first time and answers `answer` of the question after that."""
    seen: list[object] = []

    def answer_it(question: object) -> object:
        seen.append(question)
        if len(seen) == 1:
            raise q.GoBack
        return answer(question) if callable(answer) else answer

    return answer_it


def test_a_willing_room_ends_with_a_release_that_a_stranger_can_verify(table: Desk) -> None:
    """Plan in, release out, and every check of `verify` holds."""
    outcome = sit(table.room, table.agenda())

    assert outcome.release == table.release
    assert verify(table.release, Policy()).is_good
    assert all(len(each.signatures) == len(NAMES) for each in open_bundle(table.release).files)


def test_each_keyholder_is_asked_for_a_device_a_pin_and_two_words(table: Desk) -> None:
    """Confirmation, not data entry: with a plan, a keyholder has three pages and the room four."""
    sit(table.room, table.agenda(table.release))

    asked = [(type(each), each.person) for each in table.operator.asked]
    for name in NAMES:
        assert [kind for kind, person in asked if person == name] == [q.PlugIn, q.AskPin, q.TypeWords]
    assert [kind for kind, person in asked if person not in NAMES] == [q.Confirm, q.RollCall, q.ReviewPage]


def test_every_page_has_an_action_an_expectation_and_an_explanation(table: Desk) -> None:
    """One action, one expected observation, one confirmation; and an answer to "what is this?"."""
    sit(table.room, table.agenda())

    assert all(each.action and each.expect and each.explain and each.title for each in table.operator.asked)


def test_everybody_types_other_words(table: Desk) -> None:
    """The words that people type are spread over the fingerprint."""
    sit(table.room, table.agenda())

    places = [each.place for each in table.operator.asked if isinstance(each, q.TypeWords | q.ReviewPage)]
    assert len(set(places)) == len(places) == len(NAMES) + 1


def test_the_script_marks_what_is_done(table: Desk) -> None:
    """The scene carries the script: everything before the current step is done."""
    sit(table.room, table.agenda())

    last = table.operator.scenes[-1]
    assert [step.id for step in last.steps] == [step.id for step in script_of(open_bundle(table.bundle))]
    assert [step.state for step in last.steps] == ["done"] * (len(last.steps) - 1) + ["current"]


def test_two_of_three_are_enough_to_seal(table: Desk) -> None:
    """A keyholder who does not sign today is passed over; a threshold is a threshold."""
    willing = table.operator.willing
    signing = [False]

    def plug(question: q.PlugIn) -> object:
        return q.Missing.NOT_TODAY if question.person == "cyd" and question.may_skip else willing(question)

    def words(question: q.TypeWords) -> object:
        if question.person == "cyd":
            table.device_of("cyd").rename(table.folder / "cyd in the corridor")
            signing[0] = True
        return willing(question)

    table.operator.patient = True
    table.operator.answers = {q.PlugIn: plug, q.TypeWords: words}
    sit(table.room, table.agenda())

    assert signing == [True]
    assert {len(each.signatures) for each in open_bundle(table.release).files} == {2}
    assert verify(table.release, Policy()).is_good


def test_one_signature_short_is_not_sealed(table: Desk) -> None:
    """The sitting pauses: what is missing can be given in another one."""
    willing = table.operator.willing
    only_ann = {q.RollCall: lambda _question: ("ann",) if len(table.operator.scenes[-1].enrolled) == 3 else NAMES}
    table.operator.answers = {q.ReviewPage: stop}
    with pytest.raises(StoppedError):
        sit(table.room, table.agenda())

    table.operator.answers = only_ann
    with pytest.raises(PausedError):
        sit(table.room, table.agenda())
    assert not table.release.exists()

    table.operator.answers = {q.PlugIn: willing}
    sit(table.room, table.agenda())
    assert verify(table.release, Policy()).is_good


def test_a_keyholder_who_is_missing_on_the_first_day_stops_the_draft(table: Desk) -> None:
    """ENROLMENT-COMPLETE: root v1 names every keyholder, so all have to be enrolled."""
    table.operator.answers = {q.RollCall: lambda _question: ("ann", "bob")}

    with pytest.raises(RefusedError) as refused:
        sit(table.room, table.agenda())

    assert refused.value.rule == "ENROLMENT-COMPLETE"
    assert [each.keyholder for each in open_bundle(table.bundle).roster.enrolments] == ["ann", "bob"]


@pytest.mark.parametrize("kind", [q.Confirm, q.RollCall, q.PlugIn, q.AskPin, q.ReviewPage, q.TypeWords, q.ChoosePlace])
def test_stopping_at_any_question_keeps_everything_and_resumes(table: Desk, kind: type) -> None:
    """Quitting stops cleanly; the same plan goes on from the bundle, and the same keys sign."""
    table.operator.answers = {kind: stop}
    with pytest.raises(StoppedError):
        sit(table.room, table.agenda())
    before = open_bundle(table.bundle)
    assert before.transcript.entries[-1].result == "stopped"

    table.operator.answers = {}
    sit(table.room, table.agenda())

    after = open_bundle(table.bundle)
    assert after.roster.enrolments[: len(before.roster.enrolments)] == before.roster.enrolments
    assert after.transcript.lines[: len(before.transcript.lines)] == before.transcript.lines
    for old, new in zip(before.files, after.files, strict=False):
        assert new.payload == old.payload
        assert old.signatures.items() <= new.signatures.items()
    assert verify(table.release, Policy()).is_good


def test_a_resumed_ceremony_asks_nobody_twice_for_a_signature(table: Desk) -> None:
    """What is signed is signed: after a stop at bob's words, ann is not asked again."""
    willing = table.operator.willing
    table.operator.answers = {q.TypeWords: lambda each: stop(each) if each.person == "bob" else willing(each)}
    with pytest.raises(StoppedError):
        sit(table.room, table.agenda())
    table.operator.answers = {}
    table.operator.asked.clear()

    sit(table.room, table.agenda())

    assert not [each for each in table.operator.asked if each.person == "ann"]


@pytest.mark.parametrize("kind", [q.RollCall, q.PlugIn, q.AskPin, q.ReviewPage, q.TypeWords, q.ChoosePlace])
def test_back_returns_to_an_earlier_page_and_then_goes_on(table: Desk, kind: type) -> None:
    """Back is possible on every page but the first, and loses nothing."""
    table.operator.answers = {kind: back_once(table.operator.willing)}

    sit(table.room, table.agenda())

    kinds = [type(each) for each in table.operator.asked]
    assert kinds.count(kind) > (len(NAMES) if kind in {q.PlugIn, q.AskPin, q.TypeWords} else 1)
    assert verify(table.release, Policy()).is_good


def test_back_can_enrol_another_device(table: Desk) -> None:
    """Until somebody has signed, a keyholder can be enrolled anew: No to "keep this device"."""
    table.operator.answers = {
        q.ReviewPage: back_once(table.operator.willing),
        q.KeepEnrolment: lambda _question: False,
    }

    sit(table.room, table.agenda())

    notes = [each.note for each in table.operator.entries if each.action == "enrolled" and each.person == "cyd"]
    assert len(notes) == 2
    assert verify(table.release, Policy()).is_good


def test_no_leads_to_a_note_of_what_was_seen_instead(table: Desk) -> None:
    """A deviation is on record in somebody's own words, and the question comes again."""
    answers = iter([False, True])
    table.operator.answers = {
        q.Confirm: lambda _question: next(answers),
        q.Describe: lambda _question: "the clock is three minutes slow",
    }

    sit(table.room, table.agenda())

    noted = [each for each in table.operator.entries if each.action == "deviation"]
    assert len(noted) == 1
    assert "three minutes slow" in noted[0].note


@pytest.mark.parametrize("kind", [q.RollCall, q.ReviewPage, q.TypeWords])
def test_an_empty_answer_agrees_to_nothing(table: Desk, kind: type) -> None:
    """Every question rests on No: nothing typed, nothing marked, nothing done."""
    willing = table.operator.willing
    answers = iter([()] if kind is q.RollCall else [""])
    table.operator.answers = {kind: lambda question: _once(answers, question, willing)}

    sit(table.room, table.agenda())

    assert [type(each) for each in table.operator.asked].count(q.Describe) == 1


def _once(answers: object, question: object, willing: object) -> object:
    first = next(answers, question)  # type: ignore[call-overload]
    return willing(question) if first is question else first  # type: ignore[operator]


@pytest.mark.parametrize("kind", [q.ReviewPage, q.TypeWords])
def test_wrong_words_are_refused_and_on_record(table: Desk, kind: type) -> None:
    """WORDS-TYPED: whoever agrees has read the fingerprint."""
    table.operator.answers = {kind: lambda _question: "aardvark adroitness"}

    with pytest.raises(RefusedError) as refused:
        sit(table.room, table.agenda())

    assert refused.value.rule == "WORDS-TYPED"
    assert "WORDS-TYPED" in [each.action for each in table.operator.entries]
    assert not table.release.exists()


def test_another_plan_does_not_resume_the_bundle(table: Desk) -> None:
    """BUNDLE-SAME-PLAN: a foreign bundle is refused and left as it is."""
    table.operator.answers = {q.RollCall: stop}
    with pytest.raises(StoppedError):
        sit(table.room, table.agenda())
    before = (table.bundle / "manifest.json").read_bytes()
    table.edit_plan("[thresholds]\nroot = 2", "[thresholds]\nroot = 3")

    with pytest.raises(RefusedError) as refused:
        sit(table.room, table.agenda())

    assert refused.value.rule == "BUNDLE-SAME-PLAN"
    assert (table.bundle / "manifest.json").read_bytes() == before


def test_a_release_is_not_sat_over(table: Desk) -> None:
    """BUNDLE-OPEN: a release is finished."""
    sit(table.room, table.agenda())

    with pytest.raises(RefusedError) as refused:
        sit(table.room, replace(table.agenda(), folder=table.release))

    assert refused.value.rule == "BUNDLE-OPEN"


@pytest.mark.parametrize("lapse", [{"days": -2}, {"days": 2}])
def test_a_clock_outside_the_window_is_refused_before_anything_is_made(table: Desk, lapse: dict[str, float]) -> None:
    """CLOCK-WINDOW: a wrong clock stops the ceremony, and nothing is on the disk."""
    table.clock = later(**lapse)

    with pytest.raises(RefusedError) as refused:
        sit(table.room, table.agenda())

    assert refused.value.rule == "CLOCK-WINDOW"
    assert not table.bundle.exists()


def test_a_clock_behind_the_record_is_refused(table: Desk) -> None:
    """CLOCK-FORWARD: time on record does not run backwards."""
    table.operator.answers = {q.RollCall: stop}
    with pytest.raises(StoppedError):
        sit(table.room, table.agenda())
    table.clock = later(seconds=-5)

    with pytest.raises(RefusedError) as refused:
        sit(table.room, table.agenda())

    assert refused.value.rule in {"CLOCK-FORWARD", "CLOCK-WINDOW"}


def test_a_malformed_plan_makes_nothing(table: Desk) -> None:
    """A plan that cannot be read is refused with its fields, and no bundle is begun."""
    table.edit_plan("[thresholds]\nroot = 2", '[thresholds]\nroot = "two"')

    with pytest.raises(SettingsError) as refused:
        sit(table.room, table.agenda())

    assert [each.field for each in refused.value.problems] == ["thresholds.root"]
    assert not table.bundle.exists()


def test_a_contradictory_plan_makes_nothing(table: Desk) -> None:
    """A plan that breaks a rule is refused by its name before any bundle is begun."""
    table.edit_plan("bins = 2", "bins = 1")

    with pytest.raises(RefusedError) as refused:
        sit(table.room, table.agenda())

    assert refused.value.rule == "THRESHOLD-FLOOR"
    assert not table.bundle.exists()


def test_a_real_ceremony_refuses_software_devices_before_any_pin(table: Desk) -> None:
    """DEVICE-HARDWARE: without the rehearsal mark, a software device is never asked for a PIN."""
    table.edit_plan("rehearsal = true", "rehearsal = false")

    with pytest.raises(RefusedError) as refused:
        sit(table.room, table.agenda())

    assert refused.value.rule == "DEVICE-HARDWARE"
    assert not [each for each in table.operator.asked if isinstance(each, q.AskPin)]


def test_a_real_ceremony_refuses_a_machine_with_a_network(table: Desk) -> None:
    """AIR-GAP: production stops where a network is up; a rehearsal only says so."""
    table.edit_plan("rehearsal = true", "rehearsal = false")
    table.machine = Machine(("eth0",))

    with pytest.raises(RefusedError) as refused:
        sit(table.room, table.agenda())

    assert refused.value.rule == "AIR-GAP"
    assert open_bundle(table.bundle).transcript.entries[-1].action == "AIR-GAP"


def test_an_enrolment_alone_refuses_a_machine_with_a_network_before_any_pin(table: Desk) -> None:
    """AIR-GAP: a PIN is typed there as well."""
    table.edit_plan("rehearsal = true", "rehearsal = false")
    table.machine = Machine(("eth0",))

    with pytest.raises(RefusedError) as refused:
        enrol_alone(table.room, table.agenda(), "bob")

    assert refused.value.rule == "AIR-GAP"
    assert table.operator.asked == []


def test_a_rehearsal_tells_what_a_real_ceremony_would_refuse(table: Desk) -> None:
    """The page of the clock names the network and the swap."""
    table.machine = Machine(("eth0",), ("/dev/sda2",))

    sit(table.room, table.agenda())

    assert "eth0" in table.operator.asked[0].explain
    assert "/dev/sda2" in table.operator.asked[0].explain


def test_a_wrong_pin_is_on_record_without_its_digits(table: Desk) -> None:
    """The wrong PIN costs a try, is asked again, and appears nowhere."""
    willing = table.operator.willing
    wrong = iter(["741852", "963852"])
    table.operator.patient = True
    table.operator.answers = {q.AskPin: lambda each: q.Pin(pin) if (pin := next(wrong, "")) else willing(each)}

    sit(table.room, table.agenda())

    troubles = [each.trouble for each in table.operator.asked if isinstance(each.trouble, WrongPinError)]
    assert [each.attempts_left for each in troubles] == [2, 1]
    record = b"".join(path.read_bytes() for path in table.folder.rglob("*") if path.is_file())
    assert b"741852" not in record
    assert b"WrongPin" in (table.bundle / "transcript.jsonl").read_bytes()


def test_a_blocked_pin_has_its_own_error(table: Desk) -> None:
    """Three wrong PINs block the device; the room is told so and asked for another device."""
    table.operator.patient = True
    tries = iter(["1", "2", "3"])

    def pin(_question: object) -> object:
        table.operator.patient = (found := next(tries)) != "3"
        return q.Pin(f"00000{found}")

    table.operator.answers = {q.AskPin: pin}
    with pytest.raises((PinBlockedError, WrongPinError)):
        sit(table.room, table.agenda())
    table.operator.answers = {}
    with pytest.raises(PinBlockedError):
        sit(table.room, table.agenda())


def test_no_to_the_pin_goes_back(table: Desk) -> None:
    """Whoever will not give a PIN gets the page before."""
    willing = table.operator.willing
    answers = iter([None])
    table.operator.answers = {q.AskPin: lambda each: _once(answers, each, willing)}

    sit(table.room, table.agenda())

    assert [type(each) for each in table.operator.asked].count(q.RollCall) == 2


def test_a_device_pulled_out_while_it_signs_loses_nothing(table: Desk) -> None:
    """No partial signature is kept; what was signed before stays; the device is asked for again by its serial."""
    willing = table.operator.willing
    table.operator.patient = True
    away = table.folder / "bob's pocket"

    def words(question: q.TypeWords) -> object:
        if question.person == "bob":
            table.device_of("bob").rename(away)
        return willing(question)

    def plug(question: q.PlugIn) -> object:
        if away.exists() and question.trouble is not None:
            assert isinstance(question.trouble, DeviceAbsentError)
            assert question.wanted == "practice-2"
            away.rename(table.device_of("bob"))
        return willing(question)

    table.operator.answers = {q.TypeWords: words, q.PlugIn: plug}
    sit(table.room, table.agenda())

    assert "DeviceAbsent" in [each.action for each in table.operator.entries]
    assert verify(table.release, Policy()).is_good


def test_the_wrong_device_is_refused_before_its_pin(table: Desk) -> None:
    """DEVICE-ENROLLED: bob's device does not enrol ann as well, nor ann's bob."""
    table.operator.answers = {q.PlugIn: lambda _question: "practice-1"}

    with pytest.raises(RefusedError) as refused:
        sit(table.room, table.agenda())

    assert refused.value.rule == "DEVICE-ENROLLED"
    assert [each.person for each in table.operator.asked if isinstance(each, q.AskPin)] == ["ann"]


def test_a_device_that_the_plan_does_not_name_is_refused(table: Desk) -> None:
    """DEVICE-PLANNED: where the plan names a serial, no other will do."""
    table.edit_plan('name = "ann"', 'name = "ann"\ndevice = "practice-9"')

    with pytest.raises(RefusedError) as refused:
        sit(table.room, table.agenda())

    assert refused.value.rule == "DEVICE-PLANNED"


def test_a_serial_that_is_not_plugged_in_is_told_so(table: Desk) -> None:
    """An answer that names no device present is a missing device."""
    table.operator.answers = {q.PlugIn: lambda _question: "practice-77"}

    with pytest.raises(DeviceAbsentError):
        sit(table.room, table.agenda())


def test_looking_again_asks_again(table: Desk) -> None:
    """Whoever wants to look again may, without trouble."""
    willing = table.operator.willing
    answers = iter([q.Missing.LOOK_AGAIN])
    table.operator.answers = {q.PlugIn: lambda each: _once(answers, each, willing)}

    sit(table.room, table.agenda())

    assert [type(each) for each in table.operator.asked].count(q.PlugIn) == len(NAMES) + 1


def test_a_key_of_another_scheme_under_the_same_label_is_never_overwritten(table: Desk) -> None:
    """KeyExistsError: the plan asks for Ed25519, the device has a P-256 key of that name."""
    table.operator.answers = {q.RollCall: stop}
    sits = desk(table.folder / "other")
    sit(sits.room, sits.agenda())
    sits.edit_plan('scheme = "ecdsa-sha2-nistp256"', 'scheme = "ed25519"')

    with pytest.raises(KeyExistsError):
        sit(sits.room, replace(sits.agenda(), folder=sits.folder / "second"))


def test_the_same_devices_and_plan_give_the_same_payloads(table: Desk) -> None:
    """A draft is a function of plan and keys: sitting again with the same devices signs the same bytes."""
    first = sit(table.room, table.agenda())
    second = sit(table.room, replace(table.agenda(table.folder / "again"), folder=table.folder / "bundle two"))

    assert [each.payload for each in first.bundle.files] == [each.payload for each in second.bundle.files]
    assert "found key" in [each.action for each in table.operator.entries]


def test_a_bundle_whose_payload_was_changed_is_not_signed_further(table: Desk) -> None:
    """A changed payload is noticed although its manifest was made to fit."""
    willing = table.operator.willing
    table.operator.answers = {q.TypeWords: lambda each: stop(each) if each.person == "cyd" else willing(each)}
    with pytest.raises(StoppedError):
        sit(table.room, table.agenda())
    bundle = open_bundle(table.bundle)
    root = replace(bundle.files[0], payload=bundle.files[0].payload.replace(b'"threshold":2', b'"threshold":1'))
    save(replace(bundle, files=(root, *bundle.files[1:])), table.bundle)
    table.operator.answers = {}

    with pytest.raises(TamperedError):
        sit(table.room, table.agenda())


def test_a_bundle_with_a_false_signature_is_not_signed_further(table: Desk) -> None:
    """SIGNATURES-OWN: a signature that does not verify stops the sitting at the review."""
    willing = table.operator.willing
    table.operator.answers = {q.TypeWords: lambda each: stop(each) if each.person == "cyd" else willing(each)}
    with pytest.raises(StoppedError):
        sit(table.room, table.agenda())
    bundle = open_bundle(table.bundle)
    keyid = next(iter(bundle.files[0].signatures))
    other = bundle.files[1].signatures[keyid]
    root = replace(bundle.files[0], signatures={**bundle.files[0].signatures, keyid: other})
    save(replace(bundle, files=(root, *bundle.files[1:])), table.bundle)
    table.operator.answers = {}

    with pytest.raises(RefusedError) as refused:
        sit(table.room, table.agenda())

    assert refused.value.rule == "SIGNATURES-OWN"


def test_two_sittings_over_one_bundle_do_not_happen(table: Desk) -> None:
    """Somebody else at the same bundle is told that it is busy."""
    with held(table.bundle), pytest.raises(StorageError) as refused:
        sit(table.room, table.agenda())

    assert refused.value.reason == "EBUSY"


def test_an_export_never_overwrites(table: Desk) -> None:
    """EEXIST: a folder that is there stays as it is, and another place is asked for."""
    table.release.mkdir()
    table.operator.patient = True
    places = iter([table.release, table.folder / "elsewhere"])
    table.operator.answers = {q.ChoosePlace: lambda _question: next(places)}

    outcome = sit(table.room, table.agenda())

    assert outcome.release == table.folder / "elsewhere"
    assert not list(table.release.iterdir())


def test_an_export_that_was_asked_for_in_advance_fails_with_its_reason(table: Desk) -> None:
    """With a place given beforehand there is nobody to ask: the storage error comes out."""
    table.release.mkdir()

    with pytest.raises(StorageError) as refused:
        sit(table.room, table.agenda(table.release))

    assert refused.value.reason == "EEXIST"


def test_times_on_record_are_the_clock_s(table: Desk) -> None:
    """Entries carry the room's clock, in UTC at whole seconds."""
    sit(table.room, table.agenda())

    assert {each.time for each in open_bundle(table.bundle).transcript.entries} == {NOW}


def test_no_place_for_the_release_goes_back(table: Desk) -> None:
    """Whoever chooses no place gets the page before, and then the question again."""
    answers = iter([None])
    table.operator.answers = {q.ChoosePlace: lambda each: _once(answers, each, table.operator.willing)}

    sit(table.room, table.agenda())

    assert [type(each) for each in table.operator.asked].count(q.ChoosePlace) == 2
    assert verify(table.release, Policy()).is_good


def test_a_second_sitting_leaves_the_work_of_the_first_alone(table: Desk) -> None:
    """What the first is writing beside its bundle is not tidied away by one that is not let in."""
    half = table.folder / ".bundle.new"
    half.mkdir()
    with held(table.bundle), pytest.raises(StorageError):
        sit(table.room, table.agenda())

    assert half.exists()


def test_a_pin_typed_into_the_wrong_page_is_not_on_record(table: Desk) -> None:
    """What was typed instead of the words is repeated nowhere."""
    willing = table.operator.willing
    table.operator.patient = True
    first = iter(["852741963"])
    table.operator.answers = {q.TypeWords: lambda each: next(first, "") or willing(each)}

    sit(table.room, table.agenda())

    record = b"".join(path.read_bytes() for path in table.folder.rglob("*") if path.is_file())
    assert b"852741963" not in record
