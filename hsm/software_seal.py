"""Private keys of software devices: made, sealed under a key derived from the PIN, opened to sign."""

import os
from dataclasses import replace
from typing import cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from hsm.algorithms import ECDSA, RSA_BITS, RSA_EXPONENT
from hsm.device import Pin, Scheme
from hsm.errors import DeviceError
from hsm.software_file import StoredKey

_SCRYPT_COST = 2**13  # some 15 ms: a wrong PIN is answered at once, and these keys guard rehearsals only
_NONCE_BYTES = 12


def wrapping_key(pin: Pin, salt: bytes) -> bytes:
    """The AES key that the keys of one device are sealed under."""
    return Scrypt(salt=salt, length=32, n=_SCRYPT_COST, r=8, p=1).derive(pin.secret.encode(errors="surrogatepass"))


def seal(under: bytes, plain: bytes, name: str) -> str:
    """`plain` sealed for the thing called `name`, in hex."""
    nonce = os.urandom(_NONCE_BYTES)
    return (nonce + AESGCM(under).encrypt(nonce, plain, name.encode())).hex()


def unseal(under: bytes, sealed_hex: str, name: str, otherwise: DeviceError) -> bytes:
    """What was sealed for the thing called `name`.

    Raises: `otherwise`, where the key is another or the sealed bytes were touched.
    """
    sealed = bytes.fromhex(sealed_hex)
    try:
        return AESGCM(under).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], name.encode())
    except (InvalidTag, ValueError) as error:
        raise otherwise from error


def sealed_key(under: bytes, label: str, scheme: Scheme) -> StoredKey:
    """A new key pair, its private half sealed."""
    private = _fresh(scheme)
    pkcs8 = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    unsealed = StoredKey(label, os.urandom(16).hex(), scheme.value, public.hex(), "")
    return replace(unsealed, sealed=seal(under, pkcs8, _name(unsealed)))


def resealed_key(under: bytes, anew: bytes, key: StoredKey, otherwise: DeviceError) -> StoredKey:
    """The same key pair, its private half sealed under another key.

    Raises: `otherwise`, where the private half does not open, or was sealed for another public one.
    """
    return replace(key, sealed=seal(anew, unseal(under, key.sealed, _name(key), otherwise), _name(key)))


def sign_with(under: bytes, key: StoredKey, message: bytes, otherwise: DeviceError) -> bytes:
    """The signature of the whole `message`; ECDSA and Ed25519 give the same each time.

    Raises: `otherwise`, where the private half does not open, or was sealed for another public one.
    """
    private = load_der_private_key(unseal(under, key.sealed, _name(key), otherwise), password=None)
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return private.sign(message, ec.ECDSA(ECDSA[Scheme(key.scheme)][1], deterministic_signing=True))
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(message, padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH), SHA256())
    return cast("Ed25519PrivateKey", private).sign(message)


def _fresh(scheme: Scheme) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | Ed25519PrivateKey:
    if scheme in ECDSA:
        return ec.generate_private_key(ECDSA[scheme][0])
    if scheme is Scheme.RSA_PSS:  # the shortest will do: these keys guard rehearsals only
        return rsa.generate_private_key(RSA_EXPONENT, RSA_BITS[0])
    return Ed25519PrivateKey.generate()


def _name(key: StoredKey) -> str:
    return f"{key.key_id} {key.scheme} {key.public_der}"
