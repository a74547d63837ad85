"""A sealed release made in memory: plan, roster and signed files of ann, bob and cyd, with software keys."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from securesystemslib.signer import CryptoSigner

from ceremony.core import strict_json
from ceremony.core.delivery_rules import DeliveryCase, Receiver
from ceremony.core.draft import draft
from ceremony.core.keys import fields_of, key_of
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.online_key import online_key_of
from ceremony.core.plan import Bins, Keyholder, OnlineKey, Plan, Window, write_plan
from ceremony.core.policy import OFFLINE_ROLES, Policy
from ceremony.core.possession import enrolment_message, online_message
from ceremony.core.review import fingerprint_of
from ceremony.core.roster import Enrolment, Roster
from ceremony.engine.bundle import Bundle

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
PEOPLE = ("ann", "bob", "cyd")
REPOSITORY = "packages.example.org"
DEVICE_KEYS: Mapping[str, CryptoSigner] = {name: CryptoSigner.generate_ecdsa() for name in PEOPLE}
ONLINE = CryptoSigner.generate_ecdsa()
STRANGER_KEYS: Mapping[str, CryptoSigner] = {name: CryptoSigner.generate_ecdsa() for name in PEOPLE}


@dataclass(frozen=True)
class Wanted:
    """What a test wants of a release; everything else is the usual."""

    repository: str = REPOSITORY
    is_rehearsal: bool = True
    bins: Bins = field(default_factory=lambda: Bins(4, "succinct"))
    now: datetime = NOW
    threshold: int = 2
    signers: Sequence[str] = ("ann", "bob")
    keys: Mapping[str, CryptoSigner] = field(default_factory=lambda: DEVICE_KEYS)
    lifetimes: Mapping[str, timedelta] = field(
        default_factory=lambda: {
            "bin-n": timedelta(days=7),
            "snapshot": timedelta(days=1),
            "timestamp": timedelta(days=1),
        }
    )


def online_key(signer: CryptoSigner, repository: str = REPOSITORY) -> OnlineKey:
    """The online key as a plan holds it, with its proof of possession."""
    key = key_of(fields_of(signer.public_key))
    proof = signer.sign(online_message(repository, key.keyid)).signature
    return online_key_of(fields_of(key), proof)


def plan_for(key: OnlineKey, wanted: Wanted) -> Plan:
    """A plan of an initial ceremony, an hour before `wanted.now`."""
    return Plan(
        id="first-ceremony",
        kind="initial",
        repository=wanted.repository,
        is_rehearsal=wanted.is_rehearsal,
        window=Window(wanted.now - timedelta(hours=2), wanted.now - timedelta(hours=1)),
        keyholders=tuple(Keyholder(name, OFFLINE_ROLES) for name in PEOPLE),
        thresholds=dict.fromkeys(OFFLINE_ROLES, wanted.threshold),
        expires=dict.fromkeys(OFFLINE_ROLES, wanted.now + timedelta(days=365)),
        bins=wanted.bins,
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


def sign(file: MetadataFile, signers: Sequence[CryptoSigner]) -> MetadataFile:
    """The file with these signatures and no others."""
    bare = replace(file, signatures=MappingProxyType({}))
    for signer in signers:
        bare = bare.with_signature(signer.sign(bare.payload))
    return bare


def words(bundle: Bundle) -> str:
    """The fingerprint that the keyholders read aloud."""
    return " ".join(fingerprint_of(bundle.files).words)


def _enrol(plan: Plan, holder: Keyholder, signer: CryptoSigner) -> Enrolment:
    key = key_of(fields_of(signer.public_key))
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
    """A delivery of `bundle` to the signer of ONLINE, which trusts what `trusted` holds; `changes` replace fields."""
    bundle = bundle or release(online_key(ONLINE))
    known = {each.role: each for each in (trusted.files if trusted else ())}
    roots = (known.pop("root"),) if known else ()
    keyid = online_key(ONLINE).keyid()
    receiver = Receiver(REPOSITORY, is_rehearsal=True, online_keyid=keyid)
    case = DeliveryCase("release", bundle.files, roots, known, receiver, words(bundle), NOW, Policy())
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
