"""Responses are taken in: verified over our own bytes, in any order, as often as one likes, refused by name."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import pytest
from fakes.places import Place, Places, again, initial_places, leave, places, together
from fakes.rooms import NAMES, NOW, Desk, desk

from ceremony.core.draft import draft
from ceremony.core.policy import Policy
from ceremony.core.qr_text import response_as_qr_text
from ceremony.core.response import RESPONSE_SIZE_LIMIT, Response, encode_response, split
from ceremony.core.review import Reviewed, review
from ceremony.core.transcript import Entry, Transcript, decode_transcript
from ceremony.core.withdrawal import WITHDREW
from ceremony.engine import questions as q
from ceremony.engine import record as record_module
from ceremony.engine.bundle import Bundle, open_bundle, pack, save
from ceremony.engine.elsewhere import Answered
from ceremony.engine.gather import Gathered, ask_for_responses, gather, gather_alone
from ceremony.engine.opening import open_record
from ceremony.engine.qr import response_codes
from ceremony.engine.record import Record
from ceremony.engine.room import Step
from ceremony.engine.sitting import sit
from ceremony.engine.verify import verify
from ceremony.engine.withdraw import withdraw
from ceremony.errors import RefusedError, StoppedError, StorageError, TamperedError


@dataclass
class World:
    """A ceremony that was reviewed, and signed at three places. Read only."""

    table: Desk
    apart: Places
    back: dict[str, Answered]


@pytest.fixture(name="world", scope="module")
def _world(_quick_disk: None, tmp_path_factory: pytest.TempPathFactory) -> World:
    table = together(tmp_path_factory.mktemp("together"))
    apart = places(table, tmp_path_factory.mktemp("apart"))
    return World(table, apart, {name: apart.at[name].sign(apart.request) for name in NAMES})


@pytest.fixture(name="here")
def _here(world: World, tmp_path: Path) -> Places:
    """The place where the ceremony is held, which nothing has reached yet."""
    return again(world.table, world.apart, tmp_path)


def file_of(answered: Answered) -> Path:
    """The response itself."""
    (found,) = answered.place.glob("*.response.json")
    return found


def ann(here: Places) -> Place:
    """Whoever takes responses in."""
    return here.at["ann"]


def took(here: Places, *paths: Path, scanned: tuple[str, ...] = ()) -> tuple[Gathered, ...]:
    """What became of these responses."""
    return gather_alone(ann(here).room, here.agenda, paths, scanned)


def signed(bundle: Bundle) -> dict[str, int]:
    """How many signatures each file has."""
    return {each.role: len(each.signatures) for each in bundle.files}


def manifest(folder: Path) -> bytes:
    """What stands for every byte of a bundle."""
    return (folder / "manifest.json").read_bytes()


# ---- what is taken in


def test_a_response_is_taken_in_with_the_record_of_its_sitting(world: World, here: Places) -> None:
    """By name, with its digest; the bundle holds the transcript of that sitting, and a stranger finds it good."""
    (found,) = took(here, file_of(world.back["bob"]))

    assert found == Gathered("the-rotation-bob.response.json", ("bob",), 3)
    bundle = open_bundle(here.bundle)
    assert signed(bundle) == {"root": 1, "targets": 1, "bins": 1}
    entry = bundle.transcript.entries[-1]
    response = world.back["bob"].response
    digest = sha256(file_of(world.back["bob"]).read_bytes()).hexdigest()
    assert (entry.action, dict(entry.inputs)) == (
        "took response",
        {"response": digest, "transcript": response.transcript},
    )
    assert [each.head for each in bundle.elsewhere] == [response.transcript]
    assert verify(here.bundle, Policy()).is_good


def test_replaying_a_response_changes_nothing(world: World, here: Places) -> None:
    """Not one byte but that the bundle was opened again."""
    took(here, world.back["bob"].place)
    record = opened(here)
    before = manifest(here.bundle)

    found = gather(record, reviewed(record), [world.back["bob"].place, file_of(world.back["bob"])])

    assert [(each.people, each.added, each.error) for each in found] == [(("bob",), 0, None)] * 2
    assert manifest(here.bundle) == before


def opened(here: Places) -> Record:
    """The ceremony's record, open."""
    return open_record(ann(here).room, here.agenda)


def reviewed(record: Record) -> Reviewed:
    """What its bundle asks for."""
    bundle = record.bundle
    return review(draft(bundle.plan, bundle.roster, bundle.before), Policy())


@pytest.mark.parametrize("where", ["file", "folder", "stick", "every"])
def test_responses_are_found_where_people_put_them(world: World, here: Places, where: str) -> None:
    """A file, its folder, or the stick on which folders lie; what else is there is not looked at."""
    stick = here.folder / "stick"
    stick.mkdir()
    for name in ("bob", "cyd"):
        shutil.copytree(world.back[name].place, stick / f"from {name}")
    (stick / "._the-rotation-bob.response.json").write_bytes(b"what some systems leave behind")
    (stick / "holiday.jpg").write_bytes(b"\xff\xd8")
    (stick / "a link").symlink_to(world.back["ann"].place)
    given = {
        "file": [file_of(world.back["bob"])],
        "folder": [stick / "from bob"],
        "stick": [stick],
        "every": [stick, stick / "from bob", file_of(world.back["cyd"])],
    }[where]

    found = took(here, *given)

    assert [each.error for each in found if each.error] == []
    count = 1 if where in {"file", "folder"} else 2
    assert signed(open_bundle(here.bundle)) == dict.fromkeys(("root", "targets", "bins"), count)


def test_a_response_without_its_transcript_is_taken_in_all_the_same(world: World, here: Places) -> None:
    """The head is on record; the transcript can follow, and is kept then."""
    alone = here.folder / "the-rotation-bob.response.json"
    shutil.copy(file_of(world.back["bob"]), alone)
    took(here, alone)
    assert open_bundle(here.bundle).elsewhere == ()

    (found,) = took(here, world.back["bob"].place)

    assert found.added == 0
    assert [each.head for each in open_bundle(here.bundle).elsewhere] == [world.back["bob"].response.transcript]


def test_scanned_codes_bring_what_files_bring(world: World, here: Places, tmp_path: Path) -> None:
    """One code for each keyholder, in whatever order, seals the same bytes."""
    codes = [code for each in world.back.values() for code in response_codes(each.response, each.request)]
    found = took(here, scanned=(*reversed(codes), codes[0]))
    assert [each.error for each in found if each.error] == []
    by_code = sit(world.table.room, here.agenda).bundle.files

    other = again(world.table, world.apart, tmp_path / "other")
    took(other, *(each.place for each in world.back.values()))
    by_file = sit(world.table.room, other.agenda).bundle.files

    assert [each.encode() for each in by_code] == [each.encode() for each in by_file]


def test_a_sitting_goes_on_from_what_came_back(world: World, here: Places) -> None:
    """Bob signed at home; ann and cyd sign in the room, and the release holds all three."""
    took(here, world.back["bob"].place)
    table = world.table
    table.operator.asked.clear()

    outcome = sit(table.room, here.agenda)

    assert signed(outcome.bundle) == {"root": 3, "targets": 3, "bins": 3}
    assert [each.person for each in table.operator.asked if isinstance(each, q.TypeWords)] == ["ann", "cyd"]
    assert verify(outcome.release, Policy()).is_good


def test_nothing_new_is_on_record_once(world: World, here: Places) -> None:
    """The same signatures in another piece: somebody brought it, and it brought nothing."""
    took(here, world.back["bob"].place)
    piece = here.folder / "piece.response.json"
    piece.write_bytes(encode_response(split(world.back["bob"].response, by_file=True)[0]))

    (first,) = took(here, piece)
    record = opened(here)
    (second,) = gather(record, reviewed(record), [piece])

    assert (first.added, second.added, second.error) == (0, 0, None)
    notes = [each.note for each in record.bundle.transcript.entries if each.action == "took response"]
    assert len(notes) == 2
    assert "brought nothing new" in notes[-1]


# ---- what is refused


def forged(here: Places, response: Response, name: str = "forged") -> Path:
    """A response that somebody else wrote."""
    path = here.folder / f"{name}.response.json"
    path.write_bytes(encode_response(response))
    return path


def other_ceremony(response: Response) -> Response:
    """For another ceremony."""
    return replace(response, ceremony="another-rotation")


def other_repository(response: Response) -> Response:
    """For another repository."""
    return replace(response, repository="other.example.org")


def other_payload(response: Response) -> Response:
    """For other bytes."""
    return replace(response, fingerprint="0" * 64)


def unknown_signer(response: Response) -> Response:
    """By a key of nobody's."""
    return replace(response, signatures=(replace(response.signatures[0], keyid="0" * 64),))


def invalid_signature(response: Response) -> Response:
    """The last of three is wrong."""
    *others, last = response.signatures
    return replace(response, signatures=(*others, replace(last, sig_hex=others[0].sig_hex)))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (other_ceremony, "RESPONSE-CEREMONY"),
        (other_repository, "RESPONSE-CEREMONY"),
        (other_payload, "RESPONSE-FINGERPRINT"),
        (unknown_signer, "SIGNER-KNOWN"),
        (invalid_signature, "SIGNATURE-VALID"),
    ],
)
def test_what_does_not_belong_here_is_refused_by_name(
    world: World, here: Places, change: Callable[[Response], Response], rule: str
) -> None:
    """It is on record; nothing of it is kept, and what came with it is taken in all the same."""
    path = forged(here, change(world.back["bob"].response))

    wrong, right = took(here, path, world.back["cyd"].place)

    assert isinstance(wrong.error, RefusedError)
    assert (wrong.where, wrong.error.rule, wrong.added) == (path.name, rule, 0)
    assert (right.people, right.error) == (("cyd",), None)
    bundle = open_bundle(here.bundle)
    assert signed(bundle) == {"root": 1, "targets": 1, "bins": 1}
    assert [each.action for each in bundle.transcript.entries[-2:]] == [rule, "took response"]


def lost(here: Places) -> Path:
    """A path at which nothing is."""
    return here.folder / "nowhere"


def empty(here: Places) -> Path:
    """A stick with nothing on it."""
    path = here.folder / "empty"
    path.mkdir()
    return path


def cut_off(here: Places) -> Path:
    """Half a response."""
    path = here.folder / "half.response.json"
    path.write_bytes(b'{"ceremony":"the-rotation"')
    return path


def large(here: Places) -> Path:
    """One that would fill the memory."""
    path = here.folder / "large.response.json"
    path.write_bytes(b" " * (RESPONSE_SIZE_LIMIT + 1))
    return path


def linked(here: Places) -> Path:
    """A link that leads elsewhere."""
    path = here.folder / "linked.response.json"
    path.symlink_to("/etc/passwd")
    return path


def pipe(here: Places) -> Path:
    """A pipe in which nobody writes."""
    path = here.folder / "pipe.response.json"
    os.mkfifo(path)
    return path


@pytest.mark.parametrize("made", [lost, empty, cut_off, large, linked, pipe])
def test_what_is_no_response_is_refused(world: World, here: Places, made: Callable[[Places], Path]) -> None:
    """Nobody waits for it, and the others are taken in."""
    wrong, right = took(here, made(here), world.back["cyd"].place)
    assert isinstance(wrong.error, TamperedError | StorageError)
    assert right.error is None


def test_a_folder_of_endless_responses_is_not_looked_through(world: World, here: Places) -> None:
    """Somebody wants to keep us busy."""
    folder = empty(here)
    for number in range(300):
        (folder / f"{number}.response.json").symlink_to(file_of(world.back["bob"]))
    (found,) = took(here, folder)
    assert isinstance(found.error, TamperedError)


@pytest.mark.parametrize("name", ["ann", "cyd"])
def test_a_transcript_of_another_sitting_beside_a_response_is_refused(world: World, here: Places, name: str) -> None:
    """It is not the one that the response names."""
    folder = here.folder / "mixed"
    shutil.copytree(world.back["bob"].place, folder)
    (theirs,) = world.back[name].place.glob("*.transcript.jsonl")
    shutil.copy(theirs, folder / "the-rotation-bob.transcript.jsonl")

    (found,) = took(here, folder)

    assert isinstance(found.error, TamperedError)
    assert signed(open_bundle(here.bundle)) == {"root": 0, "targets": 0, "bins": 0}


def test_a_scanned_text_that_is_none_is_refused_by_name(world: World, here: Places) -> None:
    """SCAN-WHOLE: cut off; and RESPONSE-CEREMONY, of another ceremony."""
    bob = world.back["bob"]
    code = response_as_qr_text(bob.response, bob.request)
    elsewhere = replace(bob.request, ceremony="another-rotation")
    other = response_as_qr_text(other_ceremony(bob.response), elsewhere)

    half, strange = took(here, scanned=(code[:-1], other))

    assert [getattr(each.error, "rule", "") for each in (half, strange)] == ["SCAN-WHOLE", "RESPONSE-CEREMONY"]
    assert half.where == "the scanned text"


# ---- what strangers would like to have on record


def entries(here: Places) -> tuple[Entry, ...]:
    """What is on record."""
    return open_bundle(here.bundle).transcript.entries


def test_many_that_are_refused_alike_are_one_entry(world: World, here: Places) -> None:
    """A stick full of them, one good response among them; everybody is told of each."""
    folder = empty(here)
    for number in range(50):
        (folder / f"a{number}.response.json").write_bytes(b'{"%s":1}' % (b"A" * 200_000))
    for number in range(3):
        forged(replace(here, folder=folder), other_ceremony(world.back["bob"].response), f"b{number}")
    shutil.copy(file_of(world.back["cyd"]), folder / "c.response.json")
    before = len(entries(here))

    found = took(here, folder)

    assert [each.added for each in found if not each.error] == [3]
    assert len([each for each in found if each.error]) == 53
    told = [(each.action, each.result) for each in entries(here)[before:]]
    refused = [("Tampered", "refused"), ("RESPONSE-CEREMONY", "refused")]
    assert told == [("resumed", "done"), ("took response", "done"), *refused]
    assert entries(here)[-2].note.startswith("50 files in empty were refused alike. The first: ")
    assert sum(len(each.note) for each in entries(here)[before:]) < 3000


def told_otherwise(response: Response, folder: Path, name: str, *lies: Entry, since: Transcript | None = None) -> None:
    """The response, with another transcript beside it, as whoever carried it can write one."""
    found = since or Transcript()
    for lie in lies:
        found = found.add(lie)
    (folder / f"{name}.response.json").write_bytes(encode_response(replace(response, transcript=found.head)))
    (folder / f"{name}.transcript.jsonl").write_bytes(found.encode())


LIE = Entry(NOW, "roll", "cyd", "roll call", "Bob was not here.")


def transcript_of(answered: Answered) -> Transcript:
    """The record of that sitting."""
    (file,) = answered.place.glob("*.transcript.jsonl")
    return decode_transcript(file.read_bytes(), "it")


def test_the_first_transcript_of_signatures_is_the_only_one(world: World, here: Places) -> None:
    """Others can be written for the same signatures: none of them is kept, however often it comes, and that is said."""
    bob = world.back["bob"]
    took(here, bob.place)
    folder = empty(here)
    for number in range(70):
        told_otherwise(bob.response, folder, f"{number}", replace(LIE, note=str(number)), since=transcript_of(bob))

    first, second = took(here, folder), took(here, folder)

    assert {each.added for each in (*first, *second)} == {0}
    assert [each.head for each in open_bundle(here.bundle).elsewhere] == [bob.response.transcript]
    assert "was not kept: these signatures were here before, from another sitting." in entries(here)[-2].note
    took(here, world.back["cyd"].place)
    assert world.back["cyd"].response.transcript in {each.head for each in open_bundle(here.bundle).elsewhere}


def other_plan(lines: Transcript) -> tuple[Entry, ...]:
    """The same, and somebody goes on from another plan."""
    return (*lines.entries, Entry(NOW, "check", "", "resumed", "It goes on.", inputs={"plan": "0" * 64}))


def without_review(lines: Transcript) -> tuple[Entry, ...]:
    """Nobody has agreed to anything."""
    return tuple(each for each in lines.entries if each.action != "reviewed")


def nothing_said(_lines: Transcript) -> tuple[Entry, ...]:
    """One line."""
    return (LIE,)


@pytest.mark.parametrize("told", [other_plan, without_review, nothing_said])
def test_a_transcript_that_is_about_something_else_is_refused(
    world: World, here: Places, told: Callable[[Transcript], tuple[Entry, ...]]
) -> None:
    """With the response that it lies beside, which takes no place of the true one: that is kept, record and all."""
    bob = world.back["bob"]
    folder = empty(here)
    told_otherwise(bob.response, folder, "bob", *told(transcript_of(bob)))

    wrong, right = took(here, folder, bob.place)

    assert isinstance(wrong.error, TamperedError)
    assert "about another plan, or another review" in wrong.error.what
    assert (right.added, right.error) == (3, None)
    assert [each.head for each in open_bundle(here.bundle).elsewhere] == [bob.response.transcript]


def test_the_transcript_of_what_was_scanned_before_is_kept(world: World, here: Places) -> None:
    """The code names it, in each of its pieces."""
    bob = world.back["bob"]
    took(here, scanned=tuple(response_as_qr_text(each, bob.request) for each in split(bob.response, by_file=True)))
    took(here, bob.place)
    assert [each.head for each in open_bundle(here.bundle).elsewhere] == [bob.response.transcript]


def test_a_stranger_is_told_that_nobody_signs_transcripts(world: World, here: Places) -> None:
    """Where some came from other places."""
    assert "nobody signs" not in verify(here.bundle, Policy()).checks[1].detail
    took(here, world.back["bob"].place)
    assert "1 of other places, which nobody signs" in verify(here.bundle, Policy()).checks[1].detail


def test_a_transcript_of_another_plan_in_a_bundle_is_no_good(world: World, here: Places) -> None:
    """Somebody has put it there, and on record."""
    took(here, world.back["bob"].place)
    bundle = open_bundle(here.bundle)
    lie = Transcript().add(LIE)
    entry = Entry(NOW, "gather", "", "took response", "It came.", inputs={"transcript": lie.head})
    others = tuple(sorted((*bundle.elsewhere, lie), key=lambda each: each.head))
    pack(replace(bundle, elsewhere=others, transcript=bundle.transcript.add(entry)), here.folder / "forged")

    last = verify(here.folder / "forged", Policy()).checks[-1]

    assert (type(last.error), last.name) == (TamperedError, "the transcript is about this plan and these files")


def test_a_record_that_is_full_stops_and_can_be_opened(world: World, here: Places) -> None:
    """BUNDLE-FITS: nothing changed, on disk or off."""
    record = opened(here)
    record.bundle = replace(record.bundle, transcript=filled(record.bundle.transcript))
    save(record.bundle, here.bundle)
    before, on_disk = record.bundle, manifest(here.bundle)

    with pytest.raises(RefusedError) as refused:
        gather(record, reviewed(record), [world.back["bob"].place])

    assert refused.value.rule == "BUNDLE-FITS"
    assert refused.value.found.startswith("transcript.jsonl of ")
    assert (record.bundle, manifest(here.bundle)) == (before, on_disk)
    assert open_bundle(here.bundle) == before


def filled(transcript: Transcript) -> Transcript:
    """The record, with no room for one entry more."""
    size = len(transcript.encode())
    for note in ("\U00020000" * 4096, "x" * 512, "x"):
        while size + len((longer := transcript.add(replace(LIE, note=note))).lines[-1]) < 16 << 20:
            size, transcript = size + len(longer.lines[-1]) + 1, longer
    return transcript


# ---- withdrawn


def test_nothing_is_taken_in_where_a_ceremony_was_withdrawn(world: World, here: Places) -> None:
    """CEREMONY-WITHDRAWN without a sitting, RESPONSE-WITHDRAWN in one that is open already."""
    record = opened(here)
    agreed = reviewed(record)
    assert withdraw_now(here)
    with pytest.raises(RefusedError) as refused:
        took(here, world.back["bob"].place)
    assert refused.value.rule == "CEREMONY-WITHDRAWN"

    record = Record(ann(here).room, here.bundle, open_bundle(here.bundle), (Step("gather", "Gather"),))
    (found,) = gather(record, agreed, [world.back["bob"].place])
    assert getattr(found.error, "rule", "") == "RESPONSE-WITHDRAWN"
    assert signed(open_bundle(here.bundle)) == {"root": 0, "targets": 0, "bins": 0}


def withdraw_now(here: Places) -> bool:
    """The ceremony is given up."""
    return withdraw(ann(here).room, here.bundle)


def test_a_place_that_knows_of_a_withdrawal_tells_it(world: World, here: Places) -> None:
    """RESPONSE-WITHDRAWN: the transcript beside the response bears the mark."""
    bob = world.back["bob"]
    (theirs,) = bob.place.glob("*.transcript.jsonl")
    marked = decode_transcript(theirs.read_bytes(), "it").add(
        Entry(NOW, "withdraw", "", WITHDREW, "The ceremony is withdrawn: a mistake.")
    )
    folder = empty(here)
    response = replace(bob.response, transcript=marked.head)
    (folder / "x.response.json").write_bytes(encode_response(response))
    (folder / "x.transcript.jsonl").write_bytes(marked.encode())

    (found,) = took(here, folder)

    assert getattr(found.error, "rule", "") == "RESPONSE-WITHDRAWN"


# ---- before anything is taken in


def test_responses_wait_for_the_review(tmp_path: Path) -> None:
    """REQUEST-REVIEWED: nobody here has agreed to anything yet."""
    table = desk(tmp_path)
    table.operator.answers[q.ReviewPage] = leave
    with pytest.raises(StoppedError):
        sit(table.room, table.agenda())
    with pytest.raises(RefusedError) as refused:
        gather_alone(table.room, table.agenda(), [])
    assert refused.value.rule == "REQUEST-REVIEWED"


def test_responses_begin_no_ceremony(here: Places) -> None:
    """Where there is no bundle, none is made."""
    with pytest.raises(StorageError):
        gather_alone(ann(here).room, here.held(folder=here.folder / "none"), [])
    assert not (here.folder / "none").exists()


def test_the_plan_is_the_one_that_was_reviewed(here: Places) -> None:
    """BUNDLE-SAME-PLAN."""
    agenda = here.held(plan_text=here.agenda.plan_text + b"\n")
    with pytest.raises(RefusedError) as refused:
        gather_alone(ann(here).room, agenda, [])
    assert refused.value.rule == "BUNDLE-SAME-PLAN"


def test_a_disk_that_is_full_loses_nothing_and_takes_nothing(
    world: World, here: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """StorageError comes out; record and bundle are as before."""
    record = opened(here)
    before, on_disk = record.bundle, manifest(here.bundle)

    def full(_bundle: Bundle, path: Path) -> None:
        raise StorageError(str(path), "ENOSPC")

    monkeypatch.setattr(record_module, "save", full)
    with pytest.raises(StorageError):
        gather(record, reviewed(record), [world.back["bob"].place])

    assert record.bundle == before
    assert manifest(here.bundle) == on_disk


def test_nobody_fills_a_bundle_with_transcripts(world: World, here: Places) -> None:
    """It holds no more than can be read again; of what comes after, the head alone is on record."""
    record = opened(here)
    bob = world.back["bob"]
    many = tuple(Transcript().add(Entry(NOW, "", "", "noted", str(number))) for number in range(64))
    record.bundle = replace(record.bundle, elsewhere=tuple(sorted(many, key=lambda each: each.head)))

    (found,) = gather(record, reviewed(record), [bob.place])

    assert found.added == 3
    assert len(record.bundle.elsewhere) == 64
    assert record.bundle.transcript.entries[-1].inputs["transcript"] == bob.response.transcript
    assert record.bundle.transcript.entries[-1].note.endswith("was not kept: there are 64 already.")


# ---- the page


def asking(here: Places, *answers: object, sticks: tuple[Path, ...] = (), brought: tuple[Path, ...] = ()) -> Record:
    """The record after people gave these answers to the page."""
    place = ann(here)
    given = iter(answers)
    place.operator.patient = True
    place.operator.answers[q.TakeResponse] = lambda _page: next(given)
    place.desk.sticks = sticks
    record = opened(here)
    ask_for_responses(record, place.room, reviewed(record), brought)
    return record


def asked(here: Places) -> list[q.TakeResponse]:
    """The pages that came."""
    return [each for each in ann(here).operator.asked if isinstance(each, q.TakeResponse)]


def test_people_are_asked_until_enough_have_signed(world: World, here: Places) -> None:
    """A path, then a scanned text: each page says who has not signed yet."""
    bob, cyd = world.back["bob"], world.back["cyd"]

    record = asking(here, bob.place, response_as_qr_text(cyd.response, cyd.request))

    assert signed(record.bundle) == {"root": 2, "targets": 2, "bins": 2}
    assert [each.expect for each in asked(here)] == [
        "Still to sign: ann, bob and cyd.",
        "Still to sign: ann and cyd.",
    ]


def test_no_more_is_an_answer(here: Places) -> None:
    """The ceremony ends for today, and loses nothing."""
    record = asking(here, None)
    assert (len(asked(here)), signed(record.bundle)) == (1, {"root": 0, "targets": 0, "bins": 0})


def test_what_was_refused_stands_on_the_next_page(world: World, here: Places) -> None:
    """With its name."""
    asking(here, forged(here, other_ceremony(world.back["bob"].response)), "CEREMONY1:no", None)
    assert [getattr(each.trouble, "rule", "") for each in asked(here)] == ["", "RESPONSE-CEREMONY", "SCAN-WHOLE"]


def test_what_lies_on_a_stick_is_offered(world: World, here: Places) -> None:
    """Only what would bring something; what was taken in is not offered again."""
    stick = empty(here)
    for name in ("bob", "cyd"):
        shutil.copytree(world.back[name].place, stick / name)
    forged(replace(here, folder=stick), other_ceremony(world.back["ann"].response))

    asking(here, file_of(world.back["bob"]), None, sticks=(stick, here.folder / "pulled out"))

    assert [[each.parent.name for each in page.places] for page in asked(here)] == [["bob", "cyd"], ["cyd"]]


def test_who_is_complete_is_asked_only_about_what_is_there(world: World, here: Places) -> None:
    """Two are enough; a third response on a stick is worth a page, an empty stick is not."""
    brought = (world.back["ann"].place, world.back["bob"].place)
    asking(here, brought=brought, sticks=(empty(here),))
    assert asked(here) == []

    stick = here.folder / "stick"
    shutil.copytree(world.back["cyd"].place, stick)
    record = asking(here, file_of(world.back["cyd"]), sticks=(stick,))
    assert len(asked(here)) == 1
    assert signed(record.bundle) == {"root": 3, "targets": 3, "bins": 3}


def test_of_a_first_ceremony_too(tmp_path: Path) -> None:
    """Enrolled together, signed apart."""
    table = desk(tmp_path / "table")
    apart = initial_places(table, tmp_path / "apart")
    back = [apart.at[name].sign(apart.request).place for name in ("cyd", "ann")]

    found = gather_alone(table.room, apart.agenda, back)

    assert [(each.people, each.added) for each in found] == [(("cyd",), 3), (("ann",), 3)]
    table.operator.asked.clear()
    assert verify(sit(table.room, apart.agenda).release, Policy()).is_good
