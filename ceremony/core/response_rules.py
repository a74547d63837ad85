"""The rules between places: what may be asked of another place, what it may be asked to sign, what may come back."""

from dataclasses import dataclass, replace
from types import MappingProxyType

from securesystemslib.signer import Signature

from ceremony.core.before import Before
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.response import Request, Response
from ceremony.core.review import Fingerprint, Reviewed, fingerprint_of
from ceremony.core.roster import Enrolment
from ceremony.core.rules import Objection, RuleBook
from ceremony.core.sitting_rules import add_signature
from ceremony.core.tally import merge, sound
from ceremony.core.transcript import Transcript
from ceremony.core.withdrawal import withdrawal


@dataclass(frozen=True, slots=True)
class SentCase:
    """A bundle that is to go to another place, or came from one: its files and its record."""

    files: tuple[MetadataFile, ...]
    transcript: Transcript


@dataclass(frozen=True, slots=True)
class CarriedCase:
    """A request that came from another place, reviewed here anew, beside what this machine knows itself.

    `own` is what this machine trusts itself, None for nothing. `begun` is the fingerprint of what was signed here
    already, `scanned` the ceremony and the fingerprint that came by another way; None for nothing of the kind.
    """

    reviewed: Reviewed
    own: Before | None = None
    begun: Fingerprint | None = None
    scanned: tuple[str, Fingerprint] | None = None


@dataclass(frozen=True, slots=True)
class ResponseCase:
    """A response beside what was asked for here; `records` are the transcripts that may tell of a withdrawal."""

    response: Response
    request: Request
    records: tuple[Transcript, ...] = ()


SENT_RULES: RuleBook[SentCase] = RuleBook()
CARRIED_RULES: RuleBook[CarriedCase] = RuleBook()
RESPONSE_RULES: RuleBook[ResponseCase] = RuleBook()


@SENT_RULES.rule("REQUEST-REVIEWED", "only what was reviewed is signed, at every place")
def request_reviewed(case: SentCase) -> None:
    """What other places are asked to sign was drafted and agreed to in a review, which is on record."""
    if not case.files:
        raise Objection("a ceremony in which nothing is drafted", "one that was reviewed")
    wanted = fingerprint_of(case.files).digest.hex()
    if not any(
        each.action == "reviewed" and each.outputs.get("fingerprint") == wanted for each in case.transcript.entries
    ):
        raise Objection("drafts to which nobody agreed", "a review of these very files, on record")


@CARRIED_RULES.rule("REQUEST-CURRENT", "TUF 5.3.5, 7.1: nobody signs what would take clients back")
def request_current(case: CarriedCase) -> None:
    """A request starts from the newest metadata that this machine trusts; only where it trusts none is one initial."""
    before = case.reviewed.draft.before
    for role, own in (case.own.files if case.own else {}).items():
        there = before.file(role) if before else None
        if there is None:
            raise Objection(f"no {role} as what is trusted", f"{own.name}, which this machine trusts, or a later one")
        if there.version < own.version or (there.version == own.version and there.payload != own.payload):
            raise Objection(f"{there.name} as what is trusted", f"{own.name} as this machine has it, or a later one")


@CARRIED_RULES.rule(
    "REQUEST-HOLDERS", "a roster is signed by nobody; what this machine has on record vouches for names"
)
def request_holders(case: CarriedCase) -> None:
    """A request calls nobody the holder of a key that this machine knows as somebody else's, or on another device."""
    drafted = case.reviewed.draft
    known = {each.keyid: each for each in case.own.roster.enrolments} if case.own else {}
    told = (*drafted.roster.enrolments, *(drafted.before.roster.enrolments if drafted.before else ()))
    for each in told:
        own = known.get(each.keyid)
        if own is not None and (own.keyholder, own.serial) != (each.keyholder, each.serial):
            raise Objection(_held(each), _held(own))


@CARRIED_RULES.rule("REQUEST-SAME", "TUF 4.2: a signature counts for one payload alone")
def request_same(case: CarriedCase) -> None:
    """A request is gone on with as it was: what was signed at this place counts for it still."""
    if case.begun is not None and case.begun != case.reviewed.fingerprint:
        raise Objection(
            f"a request with the fingerprint {_words(case.reviewed.fingerprint)}",
            f"the one begun here, {_words(case.begun)}",
        )


@CARRIED_RULES.rule("REQUEST-SCANNED", "what comes by two ways is compared")
def request_scanned(case: CarriedCase) -> None:
    """Where the fingerprint came by another way too, such as a QR code, it is that of the request."""
    found = (case.reviewed.draft.plan.id, case.reviewed.fingerprint)
    if case.scanned is not None and case.scanned != found:
        ceremony, fingerprint = case.scanned
        raise Objection(f"{found[0]}, {_words(found[1])}", f"{ceremony}, {_words(fingerprint)}, as the code says")


@RESPONSE_RULES.rule("RESPONSE-CEREMONY", "a signature made for one ceremony is no answer in another")
def response_ceremony(case: ResponseCase) -> None:
    """A response is for this ceremony and this repository."""
    found = (case.response.ceremony, case.response.repository)
    wanted = (case.request.ceremony, case.request.repository)
    if found != wanted:
        raise Objection(f"a response for {' of '.join(found)}", f"one for {' of '.join(wanted)}")


@RESPONSE_RULES.rule("RESPONSE-WITHDRAWN", "an abandoned ceremony is marked, so that nobody finishes it by mistake")
def response_withdrawn(case: ResponseCase) -> None:
    """No response is taken in a ceremony that was withdrawn, here or where the response was made."""
    for record in case.records:
        entry = withdrawal(record)
        if entry is not None:
            raise Objection(f"a ceremony that was withdrawn: {entry.note.rstrip('.')}", "one that goes on")


@RESPONSE_RULES.rule("RESPONSE-FINGERPRINT", "TUF 4.2: a signature counts for one payload alone")
def response_fingerprint(case: ResponseCase) -> None:
    """A response signs what was reviewed here: the same fingerprint, and no file that is not under it."""
    wanted = case.request.fingerprint
    if case.response.fingerprint != wanted.digest.hex():
        found = Fingerprint(bytes.fromhex(case.response.fingerprint))
        raise Objection(f"a response to the fingerprint {_words(found)}", f"one to {_words(wanted)}")
    files = {(each.role, each.version) for each in case.request.files}
    for each in case.response.signatures:
        if (each.role, each.version) not in files:
            raise Objection(f"a signature of {each.version}.{each.role}", "signatures of what is asked for")


@RESPONSE_RULES.rule("RESPONSE-SIGNED", "an answer that says nothing may hide one that got lost")
def response_signed(case: ResponseCase) -> None:
    """A response carries at least one signature."""
    if not case.response.signatures:
        raise Objection("a response without a signature", "one that somebody signed")


def verified_files(response: Response, request: Request) -> tuple[MetadataFile, ...]:
    """The files that were asked for, each with what the response brings: every signature verified over our own bytes.

    Raises: RefusedError (SIGNER-KNOWN, SIGNATURE-VALID) for the first that does not count; then none of it does.
    """
    files = {each.role: replace(each, signatures=MappingProxyType({})) for each in request.files}
    for each in response.signatures:
        files[each.role] = add_signature(files[each.role], Signature(each.keyid, each.sig_hex), request.quorums)
    return tuple(files.values())


def take(
    files: tuple[MetadataFile, ...], response: Response, request: Request, records: tuple[Transcript, ...] = ()
) -> tuple[MetadataFile, ...]:
    """The files with the response's signatures; the order of responses does not matter, nor does taking one again.

    Raises: RefusedError by a rule of RESPONSE_RULES, or SIGNER-KNOWN or SIGNATURE-VALID; TamperedError if `files` are
    others than those asked for.
    """
    RESPONSE_RULES.check(ResponseCase(response, request, records))
    brought = verified_files(response, request)
    return tuple(merge(sound(ours, request.quorums), theirs) for ours, theirs in zip(files, brought, strict=True))


def _held(each: Enrolment) -> str:
    return f"key {each.keyid[:16]} held by {each.keyholder} on {each.serial}"


def _words(found: Fingerprint) -> str:
    return f"{' '.join(found.words[:4])} ..."
