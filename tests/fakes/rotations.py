"""A root that follows another, all in memory: who held keys before, who does from now on, and how many have to sign."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256

from fakes.people import P256, enrolment, plan, roster, signature, signer
from securesystemslib.signer import Signature

from ceremony.core.before import Before
from ceremony.core.draft import draft
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import Keyholder, Plan, TrustedRoot
from ceremony.core.policy import OFFLINE_ROLES, Policy
from ceremony.core.response import GivenSignature, Request, Response, request_of, response_to
from ceremony.core.review import Reviewed, review
from ceremony.core.roster import Enrolment, Roster
from ceremony.core.trusted import trust

HEAD = "5" * 64
"""The head of some transcript."""


@dataclass(frozen=True)
class Holder:
    """Somebody with a key of some scheme; the same name and scheme are the same key."""

    name: str
    scheme: str = P256


@dataclass(frozen=True)
class Rotation:
    """Who may sign what, before and after, and how many have to; the same in every role."""

    old: tuple[Holder, ...]
    old_threshold: int
    new: tuple[Holder, ...]
    new_threshold: int

    @property
    def everybody(self) -> tuple[Holder, ...]:
        """Those who stay, those who come, those who leave."""
        return tuple(dict.fromkeys((*self.new, *self.old)))


def reviewed_rotation(rotation: Rotation) -> Reviewed:
    """Its metadata, drafted upon a root that the old holders signed, and reviewed."""
    before = _before(rotation.old, rotation.old_threshold)
    return review(draft(_next_plan(rotation, before), _next_roster(rotation, before), before), Policy())


def signed_by(request: Request, holder: Holder, *, again: bool = False) -> tuple[GivenSignature, ...]:
    """What this holder's key signs of the request; `again` gives other signatures, where a scheme signs by chance."""
    found = []
    for file in request.files:
        made = _made(holder, file.payload, again=again)
        if any(quorum.role == file.role and made.keyid in quorum.keys for quorum in request.quorums):
            found.append(GivenSignature(file.role, file.version, made.keyid, made.signature))
    return tuple(found)


def response_by(request: Request, *holders: Holder, head: str = HEAD) -> Response:
    """The response of a place where these people signed."""
    return response_to(request, tuple(each for holder in holders for each in signed_by(request, holder)), head)


def signed_root(request: Request, holders: Iterable[Holder]) -> MetadataFile:
    """The root that was asked for, signed by these people alone."""
    (file,) = (each for each in request.files if each.role == "root")
    for holder in holders:
        file = file.with_signature(_made(holder, file.payload))
    return file


def trusted_root(reviewed: Reviewed) -> MetadataFile:
    """The root that this follows."""
    assert reviewed.draft.before is not None
    return reviewed.draft.before.trusted.root


def asked(rotation: Rotation) -> Request:
    """What every place is asked to sign."""
    return request_of(reviewed_rotation(rotation))


def _made(holder: Holder, message: bytes, *, again: bool = False) -> Signature:
    if again:
        return signer(holder.name, holder.scheme).sign(message)
    return signature(holder.name, message, holder.scheme)


@cache
def _before(old: tuple[Holder, ...], threshold: int) -> Before:
    holders = tuple(Keyholder(each.name, OFFLINE_ROLES, each.scheme) for each in old)
    first = plan(keyholders=holders, thresholds=dict.fromkeys(OFFLINE_ROLES, threshold))
    known = roster(first)
    files = list(draft(first, known).files)
    for place, file in enumerate(files):
        for each in old:
            file = file.with_signature(_made(each, file.payload))  # noqa: PLW2901  # one more each time
        files[place] = file
    return Before(trust(files[0].encode(), {each.name: each.encode() for each in files}), known)


def _next_plan(rotation: Rotation, before: Before) -> Plan:
    kept = {each: before.roster.of(each.name) for each in rotation.old}
    holders = []
    for each in rotation.new:
        known = kept.get(each)
        holders.append(Keyholder(each.name, OFFLINE_ROLES, each.scheme, keyid=known.keyid if known else ""))
    root = before.trusted.root
    return plan(
        id="next-root",
        kind="rotation",
        keyholders=tuple(holders),
        thresholds=dict.fromkeys(OFFLINE_ROLES, rotation.new_threshold),
        trusted=TrustedRoot(root.version, sha256(root.payload).hexdigest()),
    )


def _next_roster(rotation: Rotation, before: Before) -> Roster:
    found = _next_plan(rotation, before)
    known = {each.keyid: each for each in before.roster.enrolments}
    made = (known[holder.keyid] if holder.keyid else _enrolled(found, holder) for holder in found.keyholders)
    return Roster(tuple(made))


def _enrolled(found: Plan, holder: Keyholder) -> Enrolment:
    return replace(enrolment(found, holder), serial=f"new-serial-of-{holder.name}")
