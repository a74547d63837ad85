"""A request on its way: sent from one place, and judged at another as if nothing in it were true."""

from pathlib import Path

from ceremony.core.before import Before
from ceremony.core.draft import draft
from ceremony.core.own_rules import OWN_RULES, OwnCase
from ceremony.core.plan_rules import PLAN_RULES, PlanCase
from ceremony.core.policy import Policy
from ceremony.core.qr_text import request_of_qr_text
from ceremony.core.response_rules import CARRIED_RULES, SENT_RULES, CarriedCase, SentCase
from ceremony.core.review import Reviewed, fingerprint_of, review
from ceremony.core.seal import SealCase, payload_frozen, signatures_own
from ceremony.core.sitting_rules import KEYHOLDER_RULES, KeyholderCase, ResumeCase, bundle_open
from ceremony.core.words import words_of
from ceremony.engine.attest import check_enrolment
from ceremony.engine.bundle import Bundle, bundle_digest, held, open_bundle, pack, settle
from ceremony.engine.opening import SENT
from ceremony.engine.record import Record
from ceremony.engine.recorded import check_recorded
from ceremony.engine.room import Room, Step


def send(room: Room, folder: Path, path: Path) -> Bundle:
    """The request in `folder`, as it stands, is copied to a new folder at `path`, synced and read back.

    One that was withdrawn can be sent too: it tells the other places.
    Raises: RefusedError (BUNDLE-OPEN, REQUEST-REVIEWED); TamperedError; SettingsError; StorageError.
    """
    with held(folder):
        settle(folder)
        bundle = open_bundle(folder)
        bundle_open.check(ResumeCase(bundle.purpose, b"", b""))
        return send_from(Record(room, folder, bundle, (Step("send", "Send the request"),)), path)


def send_from(record: Record, path: Path) -> Bundle:
    """The same, from a record that is open.

    Raises: RefusedError (REQUEST-REVIEWED); StorageError.
    """
    SENT_RULES.check(SentCase(record.bundle.files, record.bundle.transcript))
    record.note("send", f"The request goes to {path.name}.")
    sent = record.bundle
    pack(sent, path)
    digest = bundle_digest(sent)
    words = " ".join(words_of(digest)[:8])
    said = f"The request was written, read back and found whole. The first words of its manifest: {words}."
    record.note(SENT, said, outputs={"manifest.json": digest.hex()})
    return sent


def judge(carried: Bundle, own: Before | None, policy: Policy, begun: Bundle | None, scanned: str) -> Reviewed:
    """What the request asks to be signed, drafted and reviewed again on this machine: the same bytes, every rule kept.

    `own` is what this machine trusts itself, `begun` the copy in which somebody signed here already, `scanned` what a
    scanner typed of the request's code, "" for nothing.
    Raises: RefusedError; TamperedError.
    """
    plan, before = carried.plan, carried.before
    PLAN_RULES.check(PlanCase(plan, policy))
    SENT_RULES.check(SentCase(carried.files, carried.transcript))
    check_recorded(carried)
    OWN_RULES.check(OwnCase(plan.kind, own.trusted if own else None, before.trusted if before else None))
    for each in carried.roster.enrolments:
        KEYHOLDER_RULES.check(KeyholderCase(plan, each.keyholder))
        check_enrolment(plan, each, before)
    reviewed = review(draft(plan, carried.roster, before), policy)
    for rule in (payload_frozen, signatures_own):
        rule.check(SealCase(reviewed, carried.files))
    first = fingerprint_of(begun.files) if begun else None
    CARRIED_RULES.check(CarriedCase(reviewed, own, first, request_of_qr_text(scanned) if scanned else None))
    return reviewed
