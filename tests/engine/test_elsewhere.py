"""At another place: a request is judged by what that machine trusts itself, signed there, and answered."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from fakes.places import Places, again, following, initial_places, leave, places, reviewed_only, together
from fakes.rooms import NAMES, NOW, Desk, desk, later, make_device

from ceremony.core.plan import Plan, write_plan
from ceremony.core.policy import OFFLINE_ROLES, Policy
from ceremony.core.qr_text import request_as_qr_text
from ceremony.core.response import Request, decode_response
from ceremony.core.review import fingerprint_of
from ceremony.core.roster import Roster
from ceremony.core.transcript import Entry, Transcript, decode_transcript
from ceremony.core.withdrawal import WITHDREW, withdrawal
from ceremony.engine import questions as q
from ceremony.engine.bundle import Bundle, open_bundle, pack
from ceremony.engine.carried import send
from ceremony.engine.elsewhere import agenda_for, sign_elsewhere
from ceremony.engine.sitting import sit
from ceremony.engine.withdraw import withdraw
from ceremony.errors import CeremonyError, PausedError, RefusedError, StoppedError, StorageError, TamperedError
from hsm import Pin


@dataclass
class World:
    """A first ceremony held together, and the next one, which was reviewed and sent out. Read only."""

    table: Desk
    first: Places


@pytest.fixture(name="world", scope="module")
def _world(_quick_disk: None, tmp_path_factory: pytest.TempPathFactory) -> World:
    table = together(tmp_path_factory.mktemp("together"))
    return World(table, places(table, tmp_path_factory.mktemp("apart")))


@pytest.fixture(name="apart")
def _apart(world: World, tmp_path: Path) -> Places:
    """The next ceremony, with machines that nobody has touched."""
    return again(world.table, world.first, tmp_path)


def pages(found: Places, name: str) -> list[str]:
    """The titles of the pages that were asked at this place."""
    return [each.title for each in found.at[name].operator.asked]


# ---- one place


def test_a_place_signs_and_gives_back_signatures_alone(apart: Places) -> None:
    """Two files: a response with bob's signatures, no payload in it, and the record of that sitting."""
    answered = apart.at["bob"].sign(apart.request)

    names = sorted(each.name for each in answered.place.iterdir())
    assert names == ["the-rotation-bob.response.json", "the-rotation-bob.transcript.jsonl"]
    data = (answered.place / names[0]).read_bytes()
    assert decode_response(data, "it") == answered.response
    bob = open_bundle(apart.request).roster.of("bob")
    assert bob is not None
    assert {(each.role, each.keyid) for each in answered.response.signatures} == {
        (role, bob.keyid) for role in OFFLINE_ROLES
    }
    assert not any(each.payload in data for each in open_bundle(apart.request).files)


def test_the_transcript_beside_the_response_is_the_one_it_names(apart: Places) -> None:
    """It begins with the record of the request, and tells of bob's signatures."""
    answered = apart.at["bob"].sign(apart.request)

    data = (answered.place / "the-rotation-bob.transcript.jsonl").read_bytes()
    found = decode_transcript(data, "it")
    assert found.head == answered.response.transcript
    asked = open_bundle(apart.request).transcript
    assert found.lines[: len(asked.lines)] == asked.lines
    actions = [(each.action, each.person) for each in found.entries[len(asked.lines) :]]
    assert ("received", "") in actions
    assert actions.count(("signed", "bob")) == 3


def test_the_same_pages_come_as_in_any_sitting_and_the_same_words(apart: Places) -> None:
    """Nobody is enrolled; the review shows the fingerprint that was read aloud at the other place."""
    apart.at["bob"].sign(apart.request)

    assert pages(apart, "bob") == [
        "Check the machine",
        "Roll call",
        "Call those who sent the request",
        "Review",
        "bob signs root, targets, bins",
        "bob: plug in your device",
        "bob: PIN",
    ]
    (page,) = (each for each in apart.at["bob"].operator.asked if isinstance(each, q.ReviewPage))
    assert page.reviewed.fingerprint == fingerprint_of(open_bundle(apart.request).files)
    last = apart.at["bob"].operator.scenes[-1]
    assert [each.id for each in last.steps] == [
        "check",
        "roll",
        "review",
        *(f"sign {name}" for name in NAMES),
        "respond",
    ]


def test_the_request_on_the_stick_stays_as_it_was(apart: Places) -> None:
    """This place keeps a copy of its own, and writes to that alone."""
    before = {each: each.read_bytes() for each in apart.request.rglob("*") if each.is_file()}

    apart.at["bob"].sign(apart.request)

    assert {each: each.read_bytes() for each in apart.request.rglob("*") if each.is_file()} == before
    assert len(open_bundle(apart.at["bob"].copy).transcript.lines) > len(open_bundle(apart.request).transcript.lines)


def test_what_the_request_goes_back_to_is_told(apart: Places) -> None:
    """The root that this machine trusts itself, by version and by words."""
    apart.at["bob"].sign(apart.request)

    told = next(each for each in apart.at["bob"].operator.entries if each.action == "received")
    assert "It goes back to 1.root.json, which this machine trusts itself" in told.note


def test_two_at_one_place_give_one_response(world: World, apart: Places) -> None:
    """It bears both names."""
    bob = apart.at["bob"]
    shutil.copy(world.table.device_of("cyd"), bob.desk.practice.devices)
    bob.operator.answers[q.RollCall] = lambda _page: ("bob", "cyd")

    answered = bob.sign(apart.request)

    assert len(answered.response.keyids) == 2
    assert (answered.place / "the-rotation-bob-cyd.response.json").is_file()


def test_only_what_was_signed_here_goes_back(apart: Places) -> None:
    """Ann has signed at her place before the request was sent on: bob answers for himself."""
    ann = apart.at["ann"]
    with pytest.raises(PausedError):
        sit(ann.room, apart.held(export=None))
    send(ann.room, apart.bundle, apart.folder / "request 2")

    answered = apart.at["bob"].sign(apart.folder / "request 2")

    assert len(answered.response.keyids) == 1
    assert all(len(each.signatures) == 2 for each in open_bundle(answered.folder).files)


def test_a_key_that_leaves_signs_root_at_its_own_place(world: World, tmp_path: Path) -> None:
    """Cyd gets another device: the old one signs root for the last time, wherever it is."""
    make_device(world.table.practice.devices, "practice-9", "cyd", Pin("135790"))
    world.table.practice.pins["practice-9"] = Pin("135790")  # type: ignore[index]  # a dict, in a test

    def with_new_device(plan: Plan) -> Plan:
        ann, bob, cyd = plan.keyholders
        return replace(plan, keyholders=(ann, bob, replace(cyd, keyid="", device="practice-9")))

    try:
        found = places(world.table, tmp_path / "apart", with_new_device)
    finally:
        (world.table.practice.devices / "practice-9.json").unlink()
    cyd = found.at["cyd"]
    cyd.operator.answers[q.PlugIn] = lambda page: page.wanted if page.wanted == "practice-3" else q.Missing.NOT_TODAY

    answered = cyd.sign(found.request)

    assert [each.role for each in answered.response.signatures] == ["root"]
    assert "cyd with practice-3 signs a last time" in [each.title for each in cyd.operator.scenes[-1].steps]


# ---- a first ceremony, where no machine trusts anything


@pytest.fixture(name="beginning")
def _beginning(tmp_path: Path) -> Places:
    return initial_places(desk(tmp_path / "table"), tmp_path / "apart")


def test_where_nothing_is_trusted_the_words_by_voice_are_all_there_is(beginning: Places) -> None:
    """The page says so, and the record too."""
    answered = beginning.at["bob"].sign(beginning.request)

    assert len(answered.response.signatures) == 3
    page = beginning.at["bob"].operator.asked[2]
    assert (type(page), page.title) == (q.Confirm, "Call those who sent the request")
    assert "only proof" in page.explain
    told = {each.action: each.note for each in beginning.at["bob"].operator.entries}
    assert "the words compared by voice are all that vouches for it" in told["received"]
    assert "by voice" in told["called"]


def test_without_a_call_nobody_signs(beginning: Places) -> None:
    """The page rests on No; what is different is noted, and it comes again."""
    answers = iter([True, False, True])
    operator = beginning.at["bob"].operator
    operator.answers[q.Confirm] = lambda _page: next(answers)
    operator.answers[q.Describe] = lambda _page: "nobody answers the telephone"

    beginning.at["bob"].sign(beginning.request)

    assert pages(beginning, "bob")[2:5] == [
        "Call those who sent the request",
        "What is different?",
        "Call those who sent the request",
    ]
    assert any("nobody answers the telephone" in each.note for each in operator.entries)


def test_a_first_ceremony_is_none_where_a_root_is_trusted(beginning: Places, world: World) -> None:
    """REQUEST-CURRENT: who trusts a root is not led to another beginning."""
    place = replace(beginning.at["bob"], trusted=world.table.release)
    refused_by("REQUEST-CURRENT", lambda: place.sign(beginning.request))
    assert not place.copy.exists()


# ---- what is refused, before anybody is asked anything


def refused_by(rule: str, act: Callable[[], object]) -> None:
    """It is refused by this rule."""
    with pytest.raises(RefusedError) as refused:
        act()
    assert refused.value.rule == rule


def forged(found: Places, change: Callable[[Bundle], Bundle]) -> Path:
    """A request that somebody changed on its way, whole in itself, its record written to fit."""
    path = found.folder / "forged"
    pack(change(open_bundle(found.request)), path)
    return path


def rewritten(bundle: Bundle, files: Any) -> Bundle:  # noqa: ANN401  # metadata files
    """Other drafts, and a record of them to which everybody seems to have agreed."""
    digests = {each.name: sha256(each.payload).hexdigest() for each in files}
    plan = {"plan": sha256(bundle.plan_text).hexdigest()}
    agreed = {"fingerprint": fingerprint_of(files).digest.hex()}
    transcript = (
        Transcript()
        .add(Entry(NOW, "check", "", "began", "", inputs=plan))
        .add(Entry(NOW, "review", "", "drafted", "", outputs=digests))
        .add(Entry(NOW, "review", "", "reviewed", "", outputs=agreed))
    )
    return replace(bundle, files=files, transcript=transcript)


def other_payload(bundle: Bundle) -> Bundle:
    """A root that lives for another hundred days."""
    year = str((NOW + timedelta(days=400)).year).encode()
    root, *others = bundle.files
    changed = replace(root, payload=root.payload.replace(b'"expires":"' + year, b'"expires":"2099'))
    assert changed != root
    return rewritten(bundle, (changed, *others))


def stray_signature(bundle: Bundle) -> Bundle:
    """A signature by nobody."""
    root, *others = bundle.files
    return replace(bundle, files=(replace(root, signatures={"0" * 64: "00"}), *others))


def other_holder(bundle: Bundle) -> Bundle:
    """Ann's key under bob's name, and the other way round, in plan order."""
    assert bundle.before is not None
    ann, bob, cyd = bundle.before.roster.enrolments
    swapped = (replace(ann, keyholder="bob"), replace(bob, keyholder="ann"), cyd)
    return replace(bundle, before=replace(bundle.before, roster=Roster(swapped)))


def unreviewed(bundle: Bundle) -> Bundle:
    """The record ends before anybody agreed."""
    entries = [each for each in bundle.transcript.entries if each.action != "reviewed"]
    transcript = Transcript()
    for each in entries:
        transcript = transcript.add(each)
    return replace(bundle, transcript=transcript)


def undrafted(bundle: Bundle) -> Bundle:
    """Nothing to sign."""
    return replace(bundle, files=())


def enrolment(bundle: Bundle) -> Bundle:
    """Something else altogether."""
    return replace(bundle, purpose="enrolment")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (other_payload, "PAYLOAD-FROZEN"),
        (stray_signature, "SIGNATURES-OWN"),
        (other_holder, "REQUEST-HOLDERS"),
        (unreviewed, "REQUEST-REVIEWED"),
        (undrafted, "REQUEST-REVIEWED"),
        (enrolment, "BUNDLE-OPEN"),
    ],
)
def test_a_request_that_was_changed_on_its_way_is_refused(
    apart: Places, change: Callable[[Bundle], Bundle], rule: str
) -> None:
    """By name, before anybody is asked anything; nothing is left on this machine."""
    path = forged(apart, change)
    bob = apart.at["bob"]
    refused_by(rule, lambda: bob.sign(path))
    assert bob.operator.asked == []
    assert not bob.copy.exists()


def unrecorded(bundle: Bundle) -> Bundle:
    """Other drafts to which somebody seems to have agreed, and the record of the true ones."""
    found = other_payload(bundle)
    return replace(bundle, files=found.files, transcript=bundle.transcript.add(found.transcript.entries[-1]))


def without_its_past(bundle: Bundle) -> Bundle:
    """What it follows is left out."""
    return replace(bundle, before=None)


@pytest.mark.parametrize(
    ("change", "family"), [(unrecorded, TamperedError), (without_its_past, RefusedError)], ids=["drafts", "past"]
)
def test_a_request_that_does_not_fit_together_is_refused(
    apart: Places, change: Callable[[Bundle], Bundle], family: type[CeremonyError]
) -> None:
    """Whoever changed it has forgotten something."""
    path = forged(apart, change)
    with pytest.raises(family):
        apart.at["bob"].sign(path)


def test_a_machine_without_a_root_of_its_own_signs_nothing_that_follows_one(apart: Places) -> None:
    """TRUSTED-OWN: what comes with the request vouches for nothing."""
    refused_by("TRUSTED-OWN", lambda: replace(apart.at["bob"], trusted=None).sign(apart.request))


def test_a_machine_that_trusts_another_root_signs_nothing(apart: Places, tmp_path: Path) -> None:
    """TRUSTED-OWN: another ceremony of the same people."""
    other = together(tmp_path / "other")
    refused_by("TRUSTED-OWN", lambda: replace(apart.at["bob"], trusted=other.release).sign(apart.request))


def test_a_machine_that_knows_more_is_not_led_back(world: World, apart: Places) -> None:
    """TRUSTED-OWN: another ceremony has made root 2 already."""
    plan = following(world.table.release, "refresh", expires={"root": NOW + timedelta(days=500)})
    text = write_plan(plan).encode()
    agenda = replace(
        apart.agenda, plan_text=text, folder=apart.folder / "faster", export=apart.folder / "faster release"
    )
    operator = replace(world.table.operator, answers={})
    sit(replace(world.table.room, operator=operator), agenda)
    bob = apart.at["bob"]

    refused_by("TRUSTED-OWN", lambda: replace(bob, trusted=apart.folder / "faster release").sign(apart.request))
    assert not bob.copy.exists()


def test_a_root_file_is_enough_to_trust(apart: Places) -> None:
    """It names nobody, and vouches for keys."""
    (root,) = (each for each in open_bundle(apart.at["bob"].trusted or Path()).files if each.role == "root")
    path = apart.folder / "root.json"
    path.write_bytes(root.encode())

    assert len(replace(apart.at["bob"], trusted=path).sign(apart.request).response.signatures) == 3


def test_a_plan_that_everybody_read_beforehand_is_the_plan_of_the_request(apart: Places) -> None:
    """BUNDLE-SAME-PLAN: byte for byte."""
    bob = apart.at["bob"]
    agenda = replace(bob.agenda(apart.request), plan_text=write_plan(apart.plan).encode() + b"\n")
    refused_by("BUNDLE-SAME-PLAN", lambda: sign_elsewhere(bob.room, agenda, apart.request))


def test_outside_the_window_nobody_signs_anywhere(apart: Places) -> None:
    """CLOCK-WINDOW: the plan says until when."""
    bob = apart.at["bob"]
    bob.desk.clock = later(days=30)
    refused_by("CLOCK-WINDOW", lambda: bob.sign(apart.request))
    assert not bob.copy.exists()


# ---- what came by another way


def test_a_scanned_code_is_compared(apart: Places) -> None:
    """The same ceremony and fingerprint; it is on record that they were compared."""
    bundle = open_bundle(apart.request)
    answered = apart.at["ann"].sign(apart.request)
    code = request_as_qr_text(answered.request)

    apart.at["bob"].sign(apart.request, scanned=code)

    told = next(each for each in apart.at["bob"].operator.entries if each.action == "received")
    assert "that of the code that was scanned" in told.note
    assert fingerprint_of(bundle.files).digest == answered.request.fingerprint.digest


def test_a_scanned_code_of_another_request_is_refused(apart: Places, beginning: Places) -> None:
    """REQUEST-SCANNED; and half a code is none."""
    other = request_as_qr_text(beginning.at["ann"].sign(beginning.request).request)
    bob = apart.at["bob"]
    refused_by("REQUEST-SCANNED", lambda: bob.sign(apart.request, scanned=other))
    refused_by("SCAN-WHOLE", lambda: bob.sign(apart.request, scanned=other[:-1]))
    assert not bob.copy.exists()


def test_what_was_scanned_stands_for_the_call(apart: Places) -> None:
    """The machine has judged everything else itself; whoever scans nothing is asked to call, and it is on record."""
    code = request_as_qr_text(apart.at["ann"].sign(apart.request).request)

    apart.at["bob"].sign(apart.request, scanned=code)

    assert "Call those who sent the request" not in pages(apart, "bob")
    assert "called" not in {each.action for each in apart.at["bob"].operator.entries}
    page = next(each for each in apart.at["ann"].operator.asked if each.title == "Call those who sent the request")
    assert (type(page), "well made" in page.explain, "only proof" in page.explain) == (q.Confirm, True, False)
    assert "called" in {each.action for each in apart.at["ann"].operator.entries}
    assert cautions(apart, "bob") == cautions(apart, "ann") == ()


def test_in_a_first_ceremony_the_call_comes_whatever_was_scanned(beginning: Places) -> None:
    """There is nothing else to judge it by."""
    code = request_as_qr_text(beginning.at["ann"].sign(beginning.request).request)
    beginning.at["bob"].sign(beginning.request, scanned=code)
    assert "Call those who sent the request" in pages(beginning, "bob")


def cautions(found: Places, name: str) -> tuple[str, ...]:
    """What the review page told there that this machine cannot tell."""
    (page,) = (each for each in found.at[name].operator.asked if isinstance(each, q.ReviewPage))
    assert all(each.is_caution for each in page.cautions)
    return tuple(each.sentence for each in page.cautions)


@pytest.mark.parametrize("is_scanned", [False, True])
def test_a_machine_that_has_seen_no_targets_says_so_and_people_call(apart: Places, *, is_scanned: bool) -> None:
    """A root file tells nothing of targets: somebody may show what has been replaced since, code and all."""
    bundle = open_bundle(apart.request)
    code = request_as_qr_text(Request(apart.plan.id, apart.plan.repository, bundle.files, bundle.quorums))
    (root,) = (each for each in open_bundle(apart.at["bob"].trusted or Path()).files if each.role == "root")
    path = apart.folder / "root.json"
    path.write_bytes(root.encode())

    replace(apart.at["bob"], trusted=path).sign(apart.request, scanned=code if is_scanned else "")

    assert "Call those who sent the request" in pages(apart, "bob")
    (said,) = cautions(apart, "bob")
    assert said.startswith("This machine has never seen targets and bins.")
    assert "1.targets.json and 1.bins.json, from which the change starts, are the newest" in said
    assert [each.note for each in apart.at["bob"].operator.entries if each.action == "unseen"] == [said]


# ---- stopping and going on


def test_a_sitting_that_was_stopped_goes_on_where_it_was(apart: Places) -> None:
    """What bob signed is kept in his copy; he is not asked again."""
    bob = apart.at["bob"]
    stopped = replace(bob.agenda(apart.request), export=None)
    bob.operator.answers[q.ChoosePlace] = leave
    with pytest.raises(StoppedError):
        sign_elsewhere(bob.room, stopped, apart.request)
    bob.operator.asked.clear()

    answered = bob.sign(apart.request)

    assert len(answered.response.signatures) == 3
    assert pages(apart, "bob") == ["Check the machine", "Roll call", "Call those who sent the request", "Review"]
    assert [each.action for each in bob.operator.entries].count("signed") == 3


def test_a_response_can_be_written_again(apart: Places) -> None:
    """For another stick; the same signatures."""
    first = apart.at["bob"].sign(apart.request)
    second = apart.at["bob"].sign(apart.request, "back again")
    assert first.response.signatures == second.response.signatures
    assert first.place != second.place


def test_what_is_there_is_never_written_over(apart: Places) -> None:
    """StorageError (EEXIST), where a place was named; the signatures are kept."""
    bob = apart.at["bob"]
    (bob.desk.folder / "back").mkdir(parents=True)
    with pytest.raises(StorageError) as refused:
        bob.sign(apart.request)
    assert refused.value.reason == "EEXIST"
    assert all(len(each.signatures) == 1 for each in open_bundle(bob.copy).files)


def test_a_stick_that_takes_nothing_is_asked_for_again(apart: Places) -> None:
    """With what went wrong on the page; No goes back to the page before."""
    bob = apart.at["bob"]
    taken, free = bob.desk.folder / "taken", bob.desk.folder / "free"
    taken.mkdir(parents=True)
    answers = iter([None, taken, free])
    bob.operator.patient = True
    bob.operator.answers[q.ChoosePlace] = lambda _page: next(answers)

    answered = sign_elsewhere(bob.room, replace(bob.agenda(apart.request), export=None), apart.request)

    found = [each for each in bob.operator.asked if isinstance(each, q.ChoosePlace)]
    assert [type(each.trouble) for each in found] == [type(None), type(None), StorageError]
    assert answered.place == free
    assert found[0].suggested.name == "the-rotation-bob-response"


def test_whoever_does_not_sign_gives_no_response(apart: Places) -> None:
    """RESPONSE-SIGNED: the device was left at home."""
    bob = apart.at["bob"]
    bob.operator.answers[q.PlugIn] = lambda _page: q.Missing.NOT_TODAY
    refused_by("RESPONSE-SIGNED", lambda: bob.sign(apart.request))
    assert not (bob.desk.folder / "back").exists()
    assert open_bundle(bob.copy).transcript.entries[-1].action == "RESPONSE-SIGNED"


def test_a_request_that_changed_meanwhile_is_not_gone_on_with(tmp_path: Path) -> None:
    """REQUEST-SAME: a key was enrolled anew at the other place, and what was signed here counts for nothing."""
    table = desk(tmp_path / "table")
    found = initial_places(table, tmp_path / "apart")
    found.at["bob"].sign(found.request)
    again_enrolled = tmp_path / "enrolled again"
    agenda = replace(table.agenda(), folder=again_enrolled)
    (table.practice.devices / "practice-1.json").unlink()
    make_device(table.practice.devices, "practice-1", "ann", table.practice.pins["practice-1"])
    reviewed_only(table, agenda)
    send(table.room, again_enrolled, tmp_path / "other request")

    refused_by("REQUEST-SAME", lambda: found.at["bob"].sign(tmp_path / "other request", "back again"))


# ---- withdrawn


def test_a_withdrawn_request_is_signed_nowhere(apart: Places) -> None:
    """CEREMONY-WITHDRAWN, with the reason; nothing is left on this machine."""
    withdrawn = withdrawn_request(apart)
    bob = apart.at["bob"]
    refused_by("CEREMONY-WITHDRAWN", lambda: bob.sign(withdrawn))
    assert not bob.copy.exists()


def test_whoever_has_seen_the_mark_keeps_it(apart: Places) -> None:
    """From then on the old request is refused there too."""
    bob = apart.at["bob"]
    bob.sign(apart.request)
    withdrawn = withdrawn_request(apart)
    refused_by("CEREMONY-WITHDRAWN", lambda: bob.sign(withdrawn, "later"))
    assert "the plan was wrong" in getattr(withdrawal(open_bundle(bob.copy).transcript), "note", "")
    entries = len(open_bundle(bob.copy).transcript.lines)

    refused_by("CEREMONY-WITHDRAWN", lambda: bob.sign(apart.request, "later"))
    refused_by("CEREMONY-WITHDRAWN", lambda: bob.sign(withdrawn, "later"))
    assert len(open_bundle(bob.copy).transcript.lines) == entries


@pytest.fixture(name="marked")
def _marked(apart: Places) -> Path:
    """The request, in which somebody on its way has written a mark, at great length."""
    bundle = open_bundle(apart.request)
    entry = Entry(NOW, "withdraw", "", WITHDREW, "x" * 4000)
    pack(replace(bundle, transcript=bundle.transcript.add(entry)), apart.folder / "marked")
    return apart.folder / "marked"


def test_a_mark_that_nobody_confirms_marks_nothing(apart: Places, marked: Path) -> None:
    """That stick is refused; the true request is gone on with, and the doubt is on record."""
    bob = apart.at["bob"]
    bob.sign(apart.request)
    bob.operator.answers[q.Confirm] = lambda page: page.title != "Was it withdrawn?"
    bob.operator.asked.clear()

    refused_by("CEREMONY-WITHDRAWN", lambda: bob.sign(marked, "later"))

    (page,) = bob.operator.asked
    assert (type(page), page.title) == (q.Confirm, "Was it withdrawn?")
    assert len(page.expect) < 300
    transcript = open_bundle(bob.copy).transcript
    assert (withdrawal(transcript), transcript.entries[-1].action) == (None, "doubted")
    assert len(bob.sign(apart.request, "later").response.signatures) == 3


def test_a_mark_that_is_confirmed_is_kept_shortly(apart: Places, marked: Path) -> None:
    """Whoever wrote it does not fill the record."""
    bob = apart.at["bob"]
    bob.sign(apart.request)
    refused_by("CEREMONY-WITHDRAWN", lambda: bob.sign(marked, "later"))
    entry = withdrawal(open_bundle(bob.copy).transcript)
    assert entry is not None
    assert len(entry.note) < 300


def test_a_mark_on_what_is_refused_anyway_is_asked_of_nobody(apart: Places) -> None:
    """What came is judged first: another payload, and a mark besides."""
    bob = apart.at["bob"]
    bob.sign(apart.request)
    found = other_payload(open_bundle(apart.request))
    marked = replace(found, transcript=found.transcript.add(Entry(NOW, "withdraw", "", WITHDREW, "It is.")))
    pack(marked, apart.folder / "other and marked")
    bob.operator.asked.clear()

    with pytest.raises((RefusedError, TamperedError)) as refused:
        bob.sign(apart.folder / "other and marked", "later")

    assert getattr(refused.value, "rule", "") != "CEREMONY-WITHDRAWN"
    assert bob.operator.asked == []
    assert withdrawal(open_bundle(bob.copy).transcript) is None


def withdrawn_request(found: Places) -> Path:
    """The ceremony was given up where it was held, and the request sent once more, to tell."""
    ann = found.at["ann"]
    ann.operator.answers[q.Describe] = lambda _page: "the plan was wrong"
    assert withdraw(ann.room, found.bundle)
    send(ann.room, found.bundle, found.folder / "withdrawn")
    return found.folder / "withdrawn"


# ---- sending


def test_what_nobody_reviewed_is_not_sent(tmp_path: Path) -> None:
    """REQUEST-REVIEWED."""
    table = desk(tmp_path)
    table.operator.answers[q.ReviewPage] = leave
    with pytest.raises(StoppedError):
        sit(table.room, table.agenda())
    refused_by("REQUEST-REVIEWED", lambda: send(table.room, table.bundle, tmp_path / "request"))
    assert not (tmp_path / "request").exists()


def test_a_release_is_not_sent_for_signing(world: World, tmp_path: Path) -> None:
    """BUNDLE-OPEN: it is finished."""
    shutil.copytree(world.table.release, tmp_path / "release")
    refused_by("BUNDLE-OPEN", lambda: send(world.table.room, tmp_path / "release", tmp_path / "request"))


def test_that_a_request_was_sent_is_on_record(apart: Places) -> None:
    """In the ceremony's own bundle, with words to read to the other place."""
    bundle = open_bundle(apart.bundle)
    assert [each.action for each in bundle.transcript.entries[-2:]] == ["send", "sent"]
    assert "first words of its manifest" in bundle.transcript.entries[-1].note


# ---- names


@pytest.mark.parametrize(
    ("name", "written"), [("ann o'neil", "ann-o-neil"), ("bob  b.", "bob-b"), ("日本", "keyholder")]
)
def test_names_of_files_suit_any_stick(tmp_path: Path, name: str, written: str) -> None:
    """Small letters, digits and dashes."""
    table = desk(tmp_path / "table", (name, "cyd"))
    table.operator.answers[q.RollCall] = lambda page: tuple(each for each, _does in page.names)
    reviewed_only(table, table.agenda())
    send(table.room, table.bundle, tmp_path / "request")
    agenda = agenda_for(tmp_path / "request", tmp_path / "copy", Policy(), None, tmp_path / "back")
    table.operator.answers[q.RollCall] = lambda _page: (name,)

    answered = sign_elsewhere(table.room, agenda, tmp_path / "request")

    id_ = open_bundle(tmp_path / "request").plan.id
    assert (answered.place / f"{id_}-{written}.response.json").is_file()
