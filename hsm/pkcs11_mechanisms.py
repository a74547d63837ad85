"""Which schemes a token can sign with, and by which of its mechanisms."""

from collections.abc import Mapping
from dataclasses import dataclass

from pkcs11.constants import MechanismFlag
from pkcs11.exceptions import FunctionNotSupported, MechanismInvalid
from pkcs11.mechanisms import MGF, Mechanism
from pkcs11.types import Slot

from hsm.device import Scheme

Offered = Mapping[int, tuple[int, int, int]]
"""Mechanisms by number: the shortest and the longest key in bits, and the flags; zeros where a module does not say."""

RSA_BITS = (4096, 3072)
"""How long a new RSA key is: the first that the token can make."""

_SALT_BYTES = 32  # as long as the digest, which is how securesystemslib 1.6 signs; it verifies any length
_PSS = (Mechanism.SHA256, MGF.SHA256, _SALT_BYTES)
_BITS = {Scheme.P256: 256, Scheme.P384: 384, Scheme.P521: 521, Scheme.RSA_PSS: RSA_BITS[-1]}


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a signature: `hashed` names the hash that is made here first, "" where the token makes it."""

    mechanism: Mechanism
    hashed: str = ""
    parameter: tuple[Mechanism, MGF, int] | None = None


# The raw mechanisms come first: SoftHSM 2.6 has no others for ECDSA, and a message of any length fits through.
_WAYS: Mapping[Scheme, tuple[Way, ...]] = {
    Scheme.P256: (Way(Mechanism.ECDSA, "sha256"), Way(Mechanism.ECDSA_SHA256)),
    Scheme.P384: (Way(Mechanism.ECDSA, "sha384"), Way(Mechanism.ECDSA_SHA384)),
    Scheme.P521: (Way(Mechanism.ECDSA, "sha512"), Way(Mechanism.ECDSA_SHA512)),
    Scheme.ED25519: (Way(Mechanism.EDDSA),),
    # The parameter is never left out: tokens take SHA-1 then.
    Scheme.RSA_PSS: (
        Way(Mechanism.RSA_PKCS_PSS, "sha256", _PSS),
        Way(Mechanism.SHA256_RSA_PKCS_PSS, parameter=_PSS),
    ),
}
_MAKERS: Mapping[Scheme, Mechanism] = {
    Scheme.P256: Mechanism.EC_KEY_PAIR_GEN,
    Scheme.P384: Mechanism.EC_KEY_PAIR_GEN,
    Scheme.P521: Mechanism.EC_KEY_PAIR_GEN,
    Scheme.ED25519: Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
    Scheme.RSA_PSS: Mechanism.RSA_PKCS_KEY_PAIR_GEN,
}


_OURS = {way.mechanism for ways in _WAYS.values() for way in ways} | set(_MAKERS.values())


def offered(slot: Slot) -> Offered:
    """Those of our mechanisms that the token in the slot has.

    Raises: PKCS11Error.
    """
    return {mechanism: _told(slot, mechanism) for mechanism in slot.get_mechanisms() & _OURS}


def schemes(offers: Offered) -> tuple[Scheme, ...]:
    """What the token can sign with."""
    return tuple(scheme for scheme in Scheme if ways(scheme, offers))


def ways(scheme: Scheme, offers: Offered) -> tuple[Way, ...]:
    """Every way to a signature of this scheme, the best one first; () where there is none."""
    return tuple(way for way in _WAYS[scheme] if _signs(scheme, offers.get(way.mechanism)))


def maker(scheme: Scheme, offers: Offered) -> Mechanism | None:
    """What makes a key for the scheme, None where the token cannot."""
    mechanism = _MAKERS[scheme]
    told = offers.get(mechanism)
    return mechanism if told is not None and _fits(scheme, told) else None


def rsa_bits(offers: Offered) -> int:
    """How long an RSA key the token is to make, where it has a maker for them."""
    _, longest, _ = offers[Mechanism.RSA_PKCS_KEY_PAIR_GEN]
    return next(bits for bits in RSA_BITS if bits <= longest or not longest)


def _told(slot: Slot, mechanism: Mechanism) -> tuple[int, int, int]:
    try:
        info = slot.get_mechanism_info(mechanism)
    except (FunctionNotSupported, MechanismInvalid):
        return 0, 0, 0
    return info.min_key_length or 0, info.max_key_length or 0, info.flags


def _signs(scheme: Scheme, told: tuple[int, int, int] | None) -> bool:
    return told is not None and _fits(scheme, told) and bool(told[2] & MechanismFlag.SIGN or not told[2])


def _fits(scheme: Scheme, told: tuple[int, int, int]) -> bool:
    shortest, longest, _ = told
    bits = _BITS.get(scheme)  # of Ed25519 modules tell 255, 256, or the bytes
    if bits is None or not longest:
        return True
    return bits <= longest and (shortest <= bits or scheme is Scheme.RSA_PSS)
