"""What was signed at other places is taken in: from files and from scanned codes, in any order, however often."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from ceremony.core.changes import listed
from ceremony.core.draft import draft
from ceremony.core.other_records import is_about
from ceremony.core.qr_text import SCANNED, response_of_qr_text
from ceremony.core.response import Response, encode_response, given, request_of
from ceremony.core.response_rules import SENT_RULES, SentCase, take
from ceremony.core.review import Reviewed, review
from ceremony.core.seal import SealCase, payload_frozen, signatures_own
from ceremony.core.signers import signers_of
from ceremony.core.tally import Standing, tally
from ceremony.core.transcript import BEGINNING, Transcript
from ceremony.core.withdrawal import STANDING_RULES
from ceremony.engine.bundle import Bundle, held, open_bundle, settle
from ceremony.engine.opening import Agenda, open_record
from ceremony.engine.questions import TakeResponse
from ceremony.engine.record import Record
from ceremony.engine.response_files import Brought, Unreadable, responses_at
from ceremony.engine.room import Room, Step
from ceremony.errors import CeremonyError, RefusedError, StorageError, TamperedError

_MOST_RECORDS = 64
"""How many transcripts of other places a bundle keeps at most."""

_BROUGHT = "signatures"


@dataclass(frozen=True, slots=True)
class Gathered:
    """What became of one response: whose signatures it brought, how many of them were new, or why it was refused.

    `where` is its file's name, or says that it was scanned.
    """

    where: str
    people: tuple[str, ...] = ()
    added: int = 0
    error: CeremonyError | None = None


def gather_alone(
    room: Room, agenda: Agenda, paths: Iterable[Path] = (), scanned: Iterable[str] = ()
) -> tuple[Gathered, ...]:
    """What became of each response at these paths, and of what a scanner typed, without a sitting; the bundle keeps it.

    The request was reviewed before, in a sitting; here it is drafted again, and has to be what was reviewed.
    Raises: what `open_record` raises; RefusedError (CEREMONY-WITHDRAWN, REQUEST-REVIEWED, PAYLOAD-FROZEN).
    """
    with held(agenda.folder):
        settle(agenda.folder)
        bundle = open_bundle(agenda.folder)
        STANDING_RULES.check(bundle.transcript)
        SENT_RULES.check(SentCase(bundle.files, bundle.transcript))
        reviewed = review(draft(bundle.plan, bundle.roster, bundle.before), agenda.policy)
        for rule in (payload_frozen, signatures_own):
            rule.check(SealCase(reviewed, bundle.files))
        record = open_record(room, agenda, steps=(Step("gather", "Take in responses"),))
        return (*gather(record, reviewed, paths), *(gather_scanned(record, reviewed, text) for text in scanned))


def gather(record: Record, reviewed: Reviewed, paths: Iterable[Path]) -> tuple[Gathered, ...]:
    """What became of each response at these paths: files, or folders in which they are looked for.

    One that is refused is on record and keeps no other from being taken in; nothing of it is kept. Of many that one
    folder has, refused alike, one entry tells.
    Raises: RefusedError (BUNDLE-FITS) or StorageError if the bundle cannot be saved.
    """
    return tuple(each for path in paths for each in _gather_at(record, reviewed, path))


def gather_scanned(record: Record, reviewed: Reviewed, text: str) -> Gathered:
    """What became of the response in the text that a scanner typed.

    Raises: RefusedError (BUNDLE-FITS) or StorageError if the bundle cannot be saved.
    """
    found: Brought | Unreadable
    try:
        found = Brought(SCANNED, response_of_qr_text(text, request_of(reviewed)))
    except (RefusedError, TamperedError) as error:
        found = Unreadable(SCANNED, error)
    taken = _take(record, reviewed, found)
    if taken.error is not None:
        record.trouble(taken.error)
    return taken


def ask_for_responses(record: Record, room: Room, reviewed: Reviewed, brought: tuple[Path, ...] = ()) -> None:
    """Everything that was signed elsewhere and is at hand is taken in; people are asked while signatures are missing.

    What was `brought` beforehand is taken in without a question. Once every quorum is complete, only what is found on
    a stick leads to one.
    Raises: GoBack; StoppedError; RefusedError (BUNDLE-FITS); StorageError.
    """
    trouble = _first_error(gather(record, reviewed, brought))
    while any(each.missing for each in _standings(record, reviewed)):
        places = tuple(_new_ones(record, reviewed, room.sticks()))
        if not places and all(each.is_complete for each in _standings(record, reviewed)):
            return
        answer = record.ask(_question(record, reviewed, places, trouble))
        if answer is None:
            return
        if isinstance(answer, str):
            found: tuple[Gathered, ...] = (gather_scanned(record, reviewed, answer),)
        else:
            found = gather(record, reviewed, (answer,))
        trouble = _first_error(found)


def _first_error(found: tuple[Gathered, ...]) -> CeremonyError | None:
    return next((each.error for each in found if each.error), None)


def _standings(record: Record, reviewed: Reviewed) -> tuple[Standing, ...]:
    return tally(record.bundle.files, reviewed.quorums)


def _gather_at(record: Record, reviewed: Reviewed, path: Path) -> tuple[Gathered, ...]:
    found = tuple(_take(record, reviewed, each) for each in responses_at(path))
    record.troubles((each.error for each in found if each.error), path.name)
    return found


def _take(record: Record, reviewed: Reviewed, found: Brought | Unreadable) -> Gathered:
    """What became of it; what is on record already and brings nothing new changes nothing, nor does what is refused."""
    if isinstance(found, Unreadable):
        return Gathered(found.where, error=found.error)
    try:
        return _enter(record, reviewed, found)
    except (RefusedError, TamperedError) as error:
        return Gathered(found.where, error=error)


def _enter(record: Record, reviewed: Reviewed, found: Brought) -> Gathered:
    bundle, response = record.bundle, found.response
    others = (found.beside,) if found.beside else ()
    files = take(bundle.files, response, request_of(reviewed), (bundle.transcript, *others))
    _check_beside(bundle, reviewed, found)
    added = len(given(files, bundle.files))
    people = tuple(_people(bundle, response))
    inputs = {"response": sha256(encode_response(response)).hexdigest(), "transcript": response.transcript}
    # The mark of an entry that brought something: the transcript that it names is the one of these signatures.
    outputs = {_BROUGHT: sha256(encode_response(replace(response, transcript=BEGINNING))).hexdigest()} if added else {}
    why_not = _why_not_kept(bundle, found, is_first=bool(added) or _brought(bundle, response.transcript))
    elsewhere = bundle.elsewhere if why_not else _with_others(bundle.elsewhere, others)
    on_record = [each.inputs for each in bundle.transcript.entries if "response" in each.inputs]
    if added or inputs not in on_record or elsewhere != bundle.elsewhere:
        record.bundle = replace(bundle, elsewhere=elsewhere)
        try:
            said = _said(people, added, why_not)
            record.note("took response", said, inputs=inputs, outputs=outputs, files=files)
        except (RefusedError, StorageError):
            record.bundle = bundle
            raise
    return Gathered(found.where, people, added)


def _brought(bundle: Bundle, head: str) -> bool:
    """True for the head of a transcript that was named by a response which brought signatures."""
    entries = bundle.transcript.entries
    return any(_BROUGHT in each.outputs and each.inputs.get("transcript") == head for each in entries)


def _check_beside(bundle: Bundle, reviewed: Reviewed, found: Brought) -> None:
    """The transcript beside the response, if there is one, tells of a sitting over this plan, with this review."""
    plan, fingerprint = sha256(bundle.plan_text).hexdigest(), reviewed.fingerprint.digest.hex()
    if found.beside is not None and not is_about(found.beside, plan, fingerprint):
        raise TamperedError("the transcript beside it is about another plan, or another review", found.where)


def _why_not_kept(bundle: Bundle, found: Brought, *, is_first: bool) -> str:
    """Why the transcript beside a response is not kept; "" if it is, or if there is none."""
    if found.beside is None:
        return ""
    if not is_first:
        return "these signatures were here before, from another sitting"
    heads = {each.head for each in bundle.elsewhere}
    if found.beside.head not in heads and len(heads) >= _MOST_RECORDS:
        return f"there are {_MOST_RECORDS} already"
    return ""


def _said(people: tuple[str, ...], added: int, why_not: str) -> str:
    brought = f"{added} signatures, each verified over the bytes that were reviewed here" if added else "nothing new"
    beside = f" The transcript beside it was not kept: {why_not}." if why_not else ""
    return f"A response from another place, signed by {_all_of(people)}, brought {brought}.{beside}"


def _all_of(people: Sequence[str]) -> str:
    return listed(people) if people else "somebody who is not on record"


def _with_others(kept: tuple[Transcript, ...], more: tuple[Transcript, ...]) -> tuple[Transcript, ...]:
    """Those that are kept, and more, in the order of heads."""
    by_head = {each.head: each for each in (*kept, *more)}
    return tuple(by_head[head] for head in sorted(by_head))


def _people(bundle: Bundle, response: Response) -> Iterator[str]:
    for each in signers_of(bundle.plan, bundle.roster, bundle.before):
        if each.enrolment is not None and each.enrolment.keyid in response.keyids:
            yield each.holder.name


def _new_ones(record: Record, reviewed: Reviewed, folders: tuple[Path, ...]) -> Iterator[Path]:
    """The files of responses in these folders that would bring something; what cannot be taken in is none."""
    bundle = record.bundle
    for found in (each for folder in folders for each in responses_at(folder)):
        if isinstance(found, Brought) and found.path is not None:
            with contextlib.suppress(RefusedError, TamperedError):
                if take(bundle.files, found.response, request_of(reviewed)) != bundle.files:
                    yield found.path


def _question(
    record: Record, reviewed: Reviewed, places: tuple[Path, ...], trouble: CeremonyError | None
) -> TakeResponse:
    bundle = record.bundle
    keyids = {keyid for each in _standings(record, reviewed) for keyid in each.missing}
    signers = signers_of(bundle.plan, bundle.roster, bundle.before)
    names = dict.fromkeys(each.id for each in signers if each.enrolment and each.enrolment.keyid in keyids)
    return TakeResponse(
        step=record.step,
        person="the operator",
        title="Signed elsewhere?",
        action="Choose a response that came from another place, scan its code, or say that there is no more today.",
        expect=f"Still to sign: {_all_of([*names])}.",
        explain="A response holds signatures alone. Each is verified over the bytes that were reviewed here; whatever "
        "else lies on the stick is not looked at. The same response may be taken in as often as you like, and in any "
        "order with others. Without enough signatures the ceremony ends here for today, and loses nothing.",
        trouble=trouble,
        places=places,
    )
