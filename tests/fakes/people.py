"""Ann, bob and cyd with keys in software, and the ceremony that they hold: every value valid until a test changes it.

Keys are made once per process, so two calls give the same keyids and the same signatures. Start
from `plan()`, and go on to `roster(plan)`, `drafted()`, `reviewed()`, `signed(files, "ann", ...)` and `sealed()`,
whichever stage a test is about:

    drafted(bins=Bins(256, "explicit"))          # any field of the plan can be changed
    signed(drafted().files, "ann", "bob")        # the same files, signed by these people
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from securesystemslib.signer import CryptoSigner, Signature

from ceremony.core.attestation import Attestation
from ceremony.core.draft import Draft, draft
from ceremony.core.keys import fields_of
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import Bins, Keyholder, OnlineKey, Plan, Window
from ceremony.core.policy import OFFLINE_ROLES, ONLINE_ROLES, Policy
from ceremony.core.possession import enrolment_message, online_message
from ceremony.core.review import Reviewed, review
from ceremony.core.roster import Enrolment, Roster
from ceremony.core.seal import Sealed, seal

P256 = "ecdsa-sha2-nistp256"
P384 = "ecdsa-sha2-nistp384"
P521 = "ecdsa-sha2-nistp521"
RSA = "rsassa-pss-sha256"
ED25519 = "ed25519"

NAMES = ("ann", "bob", "cyd")
SCHEMES = {"ann": P256, "bob": ED25519, "cyd": P384, "online": ED25519}
"""Which scheme each of them has unless a test says otherwise: one of each kind."""

REPOSITORY = "packages.example.org"
OPENS = datetime(2030, 3, 1, 9, tzinfo=UTC)
NOW = OPENS + timedelta(hours=3)
"""A moment inside the window of `plan()`, far enough ahead that a real client takes nothing for expired."""

_MAKERS: Mapping[str, Callable[[], PrivateKeyTypes]] = {
    P256: lambda: ec.generate_private_key(ec.SECP256R1()),
    P384: lambda: ec.generate_private_key(ec.SECP384R1()),
    P521: lambda: ec.generate_private_key(ec.SECP521R1()),
    RSA: lambda: rsa.generate_private_key(65537, 2048),
    ED25519: Ed25519PrivateKey.generate,
}


def signer(name: str, scheme: str = "") -> CryptoSigner:
    """The key of `name` in its usual scheme or another; every name has one, "online" too."""
    return _signer(name, scheme or SCHEMES.get(name, P256))


def signature(name: str, message: bytes, scheme: str = "") -> Signature:
    """The signature of the message by that key: the same one each time, also in schemes that sign by chance."""
    return _signature(name, message, scheme or SCHEMES.get(name, P256))


def keyid(name: str, scheme: str = "") -> str:
    """The keyid of that key."""
    return signer(name, scheme).public_key.keyid


def online_key(repository: str = REPOSITORY, name: str = "online", scheme: str = "") -> OnlineKey:
    """The online signer's public key with its proof of possession for this repository."""
    key = signer(name, scheme).public_key
    proof = signature(name, online_message(repository, key.keyid), scheme).signature
    return OnlineKey(key.keytype, key.scheme, key.keyval["public"], proof)


def keyholders(*names: str) -> tuple[Keyholder, ...]:
    """These people as keyholders who sign every offline role."""
    return tuple(Keyholder(name, OFFLINE_ROLES, SCHEMES.get(name, P256)) for name in names)


def plan(**changes: Any) -> Plan:  # noqa: ANN401  # any field of a plan
    """A rehearsal by ann, bob and cyd, two of whom sign each role; `changes` are fields of the plan.

    A change of `repository` brings a new proof of the online key, unless `online_key` is given too.
    """
    repository = str(changes.get("repository", REPOSITORY))
    usual = Plan(
        id="first-root",
        kind="initial",
        repository=repository,
        is_rehearsal=True,
        window=Window(OPENS, OPENS + timedelta(days=2)),
        keyholders=keyholders(*NAMES),
        thresholds=dict.fromkeys(OFFLINE_ROLES, 2),
        expires={role: OPENS + timedelta(days=days) for role, days in zip(OFFLINE_ROLES, (365, 180, 90), strict=True)},
        bins=Bins(16, "succinct"),
        lifetimes={role: timedelta(hours=hours) for role, hours in zip(ONLINE_ROLES, (336, 168, 24), strict=True)},
        online_key=_online_key(repository),
    )
    return replace(usual, **changes)


def enrolment(found: Plan, holder: Keyholder, key_of: str = "") -> Enrolment:
    """A valid enrolment of this keyholder, with a proof; `key_of` is whose key it is, the keyholder's own if empty."""
    owner = key_of or holder.name
    key = signer(owner, holder.scheme).public_key
    nonce = "5" * 32
    message = enrolment_message(found.id, nonce, key.keyid, holder.name, holder.roles)
    return Enrolment(
        keyholder=holder.name,
        roles=holder.roles,
        key=fields_of(key),
        key_label=holder.key or found.repository,
        driver="software" if found.is_rehearsal else "pkcs11",
        maker="Acme",
        model="Model 5",
        serial=holder.device or f"serial-of-{holder.name}",
        label=f"device of {holder.name}",
        firmware="5.7.1",
        is_generated_inside=True,
        is_extractable=False,
        nonce=nonce,
        proof=signature(owner, message, holder.scheme).signature,
    )


def attested(found: Enrolment, **changes: Any) -> Enrolment:  # noqa: ANN401  # any field of an attestation
    """The same key on a YubiKey, whose maker attests it; `changes` are fields of the attestation.

    Its certificates are none: nothing in the core follows a chain.
    """
    usual = Attestation(
        maker="Yubico",
        root="a" * 64,
        device="YubiKey",
        serial=found.serial,
        firmware="5.7.4",
        form_factor="Keychain (USB-C)",
        slot="9c",
        is_generated_inside=True,
        is_extractable=False,
        pin_policy="always",
        touch_policy="always",
        keyid=found.keyid,
        certificates=("MIIB" * 20, "MIIC" * 20),
    )
    on_yubikey = {"driver": "yubikey", "maker": "Yubico", "model": "YubiKey 5 NFC", "firmware": "5.7.4"}
    return replace(found, attestation=replace(usual, **changes), **on_yubikey)


def roster(found: Plan) -> Roster:
    """Everybody in this plan, enrolled."""
    return Roster(tuple(enrolment(found, holder) for holder in found.keyholders))


def drafted(**changes: Any) -> Draft:  # noqa: ANN401  # any field of a plan
    """The draft of `plan(**changes)` with everybody enrolled."""
    found = plan(**changes)
    return draft(found, roster(found))


def reviewed(**changes: Any) -> Reviewed:  # noqa: ANN401  # any field of a plan
    """That draft, reviewed under the usual policy."""
    return review(drafted(**changes), Policy())


def signed(files: Iterable[MetadataFile], *names: str) -> tuple[MetadataFile, ...]:
    """The files, each with a signature by every one of these people."""
    found = []
    for file in files:
        for name in names:
            file = file.with_signature(signature(name, file.payload))  # noqa: PLW2901  # one more each time
        found.append(file)
    return tuple(found)


def sealed(**changes: Any) -> Sealed:  # noqa: ANN401  # any field of a plan
    """That review, signed by ann and bob, sealed."""
    found = reviewed(**changes)
    return seal(found, signed(found.draft.files, "ann", "bob"))


@cache
def _signer(name: str, scheme: str) -> CryptoSigner:
    del name  # only tells one key from another
    return CryptoSigner(_MAKERS[scheme]())  # for RSA it takes PSS with SHA-256


@lru_cache(maxsize=10_000)
def _signature(name: str, message: bytes, scheme: str) -> Signature:
    return signer(name, scheme).sign(message)


@cache
def _online_key(repository: str) -> OnlineKey:
    return online_key(repository)
