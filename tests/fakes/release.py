"""Sealed releases made in memory, the first and those that follow it, by ann, bob and cyd with software keys.

first = release(online_key(ONLINE))
second = following(first, Then(keys={"cyd": NEW}))            # cyd's device is another from now on
third = following(second, Then(roles=("bins",)))              # bins alone, with another end
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from securesystemslib.signer import CryptoSigner

from ceremony.core import strict_json
from ceremony.core.delivery_case import DeliveryCase, Receiver
from ceremony.core.draft import draft
from ceremony.core.keys import fields_of, key_of
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.online_key import online_key_of
from ceremony.core.plan import Bins, Delegation, Keyholder, OnlineKey, Plan, TrustedRoot, Window, write_plan
from ceremony.core.plan_values import offline_roles
from ceremony.core.policy import OFFLINE_ROLES, Policy
from ceremony.core.possession import enrolment_message, online_message
from ceremony.core.review import fingerprint_of
from ceremony.core.roster import Enrolment, Roster
from ceremony.core.tally import quorums_of, sound
from ceremony.engine.bundle import Bundle
from ceremony.engine.own import after
from ceremony.online.delivery import delivery_of

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
PEOPLE = ("ann", "bob", "cyd")
REPOSITORY = "packages.example.org"
DEVICE_KEYS: Mapping[str, CryptoSigner] = {name: CryptoSigner.generate_ecdsa() for name in PEOPLE}
ONLINE = CryptoSigner.generate_ecdsa()
STRANGER_KEYS: Mapping[str, CryptoSigner] = {name: CryptoSigner.generate_ecdsa() for name in PEOPLE}

KEYCHAIN: dict[str, CryptoSigner] = {}
"""Every key that was ever enrolled here, by keyid: releases that follow are signed with them."""


@dataclass(frozen=True)
class Wanted:
    """What a test wants of a release; everything else is the usual. `thresholds` are those that differ, by role."""

    repository: str = REPOSITORY
    is_rehearsal: bool = True
    bins: Bins = field(default_factory=lambda: Bins(4, "succinct"))
    delegations: tuple[Delegation, ...] = ()
    now: datetime = NOW
    threshold: int = 2
    thresholds: Mapping[str, int] = field(default_factory=dict)
    signers: Sequence[str] = ("ann", "bob")
    keys: Mapping[str, CryptoSigner] = field(default_factory=lambda: DEVICE_KEYS)
    lifetimes: Mapping[str, timedelta] = field(
        default_factory=lambda: {
            "bin-n": timedelta(days=7),
            "snapshot": timedelta(days=1),
            "timestamp": timedelta(days=1),
        }
    )


@dataclass(frozen=True)
class Then:
    """What a test wants of a release that follows another: `roles` get their next version, the rest stays.

    `keys` are the new keys of those who have one, `online` the online signer's, if it changes.
    """

    roles: Sequence[str] = OFFLINE_ROLES
    keys: Mapping[str, CryptoSigner] = field(default_factory=dict)
    online: OnlineKey | None = None
    now: datetime = NOW
    signers: Sequence[str] = PEOPLE


def online_key(signer: CryptoSigner, repository: str = REPOSITORY) -> OnlineKey:
    """The online key as a plan holds it, with its proof of possession."""
    key = key_of(fields_of(signer.public_key))
    proof = signer.sign(online_message(repository, key.keyid)).signature
    return online_key_of(fields_of(key), proof)


def plan_for(key: OnlineKey, wanted: Wanted) -> Plan:
    """A plan of an initial ceremony, an hour before `wanted.now`."""
    roles = offline_roles(wanted.delegations)
    return Plan(
        id="first-ceremony",
        kind="initial",
        repository=wanted.repository,
        is_rehearsal=wanted.is_rehearsal,
        window=Window(wanted.now - timedelta(hours=2), wanted.now - timedelta(hours=1)),
        keyholders=tuple(Keyholder(name, roles) for name in PEOPLE),
        thresholds={**dict.fromkeys(roles, wanted.threshold), **wanted.thresholds},
        expires=dict.fromkeys(roles, wanted.now + timedelta(days=365)),
        bins=wanted.bins,
        delegations=wanted.delegations,
        lifetimes=wanted.lifetimes,
        online_key=key,
    )


def roster_for(plan: Plan, wanted: Wanted) -> Roster:
    """Each keyholder enrolled with a software key, and the proof of it."""
    return Roster(tuple(_enrol(plan, holder, wanted.keys[holder.name]) for holder in plan.keyholders))


def release(key: OnlineKey, wanted: Wanted | None = None) -> Bundle:
    """A sealed release of an initial ceremony for this online key."""
    wanted = wanted or Wanted()
    plan = plan_for(key, wanted)
    roster = roster_for(plan, wanted)
    files = tuple(sign(each, [wanted.keys[name] for name in wanted.signers]) for each in draft(plan, roster).files)
    return Bundle("release", plan, write_plan(plan).encode(), roster, files)


def following(bundle: Bundle, then: Then | None = None) -> Bundle:
    """A sealed release that follows this one; whoever leaves signs root a last time with the key that goes."""
    then = then or Then()
    before = after(bundle)
    plan = plan_after(
        bundle,
        "rotation" if then.keys or then.online else "refresh",
        window=Window(then.now - timedelta(hours=2), then.now - timedelta(hours=1)),
        expires={role: then.now + timedelta(days=400) for role in OFFLINE_ROLES if role in then.roles},
        online_key=then.online or bundle.plan.online_key,
    )
    plan = replace(
        plan, keyholders=tuple(replace(it, keyid="") if it.name in then.keys else it for it in plan.keyholders)
    )
    roster = before.roster
    for holder in plan.keyholders:
        if holder.name in then.keys:
            roster = roster.replace(_enrol(plan, holder, then.keys[holder.name]))
    drafted = draft(plan, roster, before).files
    hands = [KEYCHAIN[each.keyid] for it in (roster, before.roster) for each in _of(it, then.signers)]
    quorums = quorums_of(drafted, before.files)
    files = tuple(sound(sign(each, hands), quorums) for each in drafted)
    return Bundle("release", plan, write_plan(plan).encode(), roster, files, before=before)


def plan_after(bundle: Bundle, kind: str, **changes: Any) -> Plan:  # noqa: ANN401  # any field of a plan
    """A plan that follows this release and keeps everything but what `changes` says; everybody keeps their key."""
    before = after(bundle)
    held = {each.keyholder: each.keyid for each in before.roster.enrolments}
    root = before.trusted.root
    usual = replace(
        bundle.plan,
        id=f"{kind}-after-root-{root.version}",
        kind=kind,
        keyholders=tuple(replace(each, keyid=held[each.name]) for each in bundle.plan.keyholders),
        trusted=TrustedRoot(root.version, sha256(root.payload).hexdigest()),
    )
    return replace(usual, **changes)


def sign(file: MetadataFile, signers: Sequence[CryptoSigner]) -> MetadataFile:
    """The file with these signatures and no others."""
    bare = replace(file, signatures=MappingProxyType({}))
    for signer in signers:
        bare = bare.with_signature(signer.sign(bare.payload))
    return bare


def words(bundle: Bundle) -> str:
    """The fingerprint that the keyholders read aloud."""
    return " ".join(fingerprint_of(bundle.files).words)


def _of(roster: Roster, names: Sequence[str]) -> tuple[Enrolment, ...]:
    return tuple(each for each in roster.enrolments if each.keyholder in names)


def _enrol(plan: Plan, holder: Keyholder, signer: CryptoSigner) -> Enrolment:
    key = key_of(fields_of(signer.public_key))
    KEYCHAIN[key.keyid] = signer
    nonce = "00" * 16
    message = enrolment_message(plan.id, nonce, key.keyid, holder.name, holder.roles)
    return Enrolment(
        keyholder=holder.name,
        roles=holder.roles,
        key=fields_of(key),
        key_label="ceremony",
        driver="software",
        maker="Ceremony",
        model="software device",
        serial=f"SW-{holder.name}",
        label=holder.name,
        firmware="1",
        is_generated_inside=True,
        is_extractable=False,
        nonce=nonce,
        proof=signer.sign(message).signature,
    )


def delivery_case(bundle: Bundle | None = None, trusted: Bundle | None = None, **changes: object) -> DeliveryCase:
    """A delivery of `bundle` to the signer of ONLINE, which trusts all up to `trusted`; `changes` replace fields."""
    bundle = bundle or release(online_key(ONLINE))
    known = after(trusted).trusted if trusted else None
    roots, files = (known.roots, dict(known.targets)) if known else ((), {})
    keyid = online_key(ONLINE).keyid()
    receiver = Receiver(REPOSITORY, is_rehearsal=True, online_keyid=keyid)
    followed = delivery_of(bundle, "").followed
    case = DeliveryCase("release", bundle.files, roots, files, receiver, words(bundle), NOW, Policy(), followed)
    return replace(case, **changes)  # type: ignore[arg-type]  # a test names the fields it changes


def altered(
    bundle: Bundle, role: str, change: Callable[[dict[str, Any]], object], signers: Sequence[str] = ("ann", "bob")
) -> Bundle:
    """The bundle with the payload of one role changed in place by `change`, and signed again by these people."""
    files = tuple(_altered(each, change, signers) if each.role == role else each for each in bundle.files)
    return replace(bundle, files=files)


def successor(bundle: Bundle, role: str, change: Callable[[dict[str, Any]], object] = lambda _: None) -> Bundle:
    """The bundle with one role at its next version, changed by `change`; the same people sign."""

    def advance(signed: dict[str, Any]) -> None:
        signed["version"] += 1
        change(signed)

    return altered(bundle, role, advance)


def _altered(file: MetadataFile, change: Callable[[dict[str, Any]], object], signers: Sequence[str]) -> MetadataFile:
    signed: Any = strict_json.decode_canonical(file.payload, file.name)
    change(signed)
    changed = MetadataFile(file.role, signed["version"], strict_json.encode(signed))
    return sign(changed, [DEVICE_KEYS[name] for name in signers])
