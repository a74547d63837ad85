"""The online key: a URI in, a signer out whose every signature is verified before anybody uses it.

A key in a file signs deterministically (RFC 6979 for ECDSA), so that a publication done again after a crash gives the
same bytes.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
from securesystemslib.signer import Key, SecretsHandler, Signature, Signer, SSlibKey

from ceremony.core.keys import fields_of, key_of
from ceremony.core.metadata_file import SIGNATURE_HEX, MetadataFile
from ceremony.core.signer_rules import KEY_FILE_RULES, KeyFileCase
from ceremony.engine.disk import create_file, named, sync_folder
from ceremony.errors import CeremonyError, Problem, SettingsError, StorageError, TamperedError
from ceremony.online.device_key import DEVICE_SCHEME, DeviceKeySigner
from ceremony.online.key_place import FILE_SCHEME, KeyPlace, place_of, read_pin
from ceremony.online.key_use import tell_signature

_ED25519_SIG_HEX = 128
_SIGNING = ECDSA(SHA256(), deterministic_signing=True)
_VERIFYING = ECDSA(SHA256())
SCHEMES = ("ecdsa-sha2-nistp256", "ed25519")

Payload = bytes | bytearray
"""Canonical bytes to sign; who is handed a bytearray reads it before it returns."""


class FileSigner(Signer):
    """Signs with a private key in memory, deterministically."""

    def __init__(self, private: EllipticCurvePrivateKey | Ed25519PrivateKey, scheme: str) -> None:
        """Bound to `private`, which is of `scheme`."""
        self._private = private
        self._raw = _signing_of(private)
        self._public = _true_key(SSlibKey.from_crypto(private.public_key(), scheme=scheme))

    @property
    def public_key(self) -> SSlibKey:
        """The TUF public key this signer signs with."""
        return self._public

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None
    ) -> "FileSigner":
        """The signer for the PEM file that the URI names.

        Raises: StorageError, SettingsError, RefusedError (KEY-FILE-PRIVATE).
        """
        del secrets_handler
        return _read_signer(KeyPlace(Path(priv_key_uri.removeprefix(f"{FILE_SCHEME}:"))), public_key.scheme)

    def sign(self, payload: bytes) -> Signature:
        """The signature of `payload`; the same payload gives the same signature."""
        return Signature(self._public.keyid, self._raw(payload).hex())


class CheckedSigner:
    """The online key as the publisher sees it: it signs, and what it signed verifies."""

    def __init__(self, signer: Signer, key: Key, where: str) -> None:
        """`where` is the URI, which errors name."""
        self._signer = signer
        self._where = where
        self._verify = _verifier_of(key)
        self.key = key

    @property
    def uri(self) -> str:
        """Where the private half is."""
        return self._where

    @property
    def sig_hex_length(self) -> int | None:
        """How many hex digits every signature of this key has, None where they differ."""
        return _ED25519_SIG_HEX if self.key.scheme == "ed25519" else None

    def sign(self, payload: bytes) -> Signature:
        """The signature of `payload`, verified with the public key that the keyholders signed.

        Raises: TamperedError if it does not verify; StorageError if the key does not answer.
        """
        signature = self.sign_unchecked(payload)
        self.check(signature, payload)
        return signature

    def sign_unchecked(self, payload: Payload) -> Signature:
        """The signature of `payload`, which is good for nothing before `check` has seen it.

        Raises: StorageError if the key does not answer.
        """
        try:
            # Our own signer takes any buffer, and is spared a copy of half a megabyte.
            is_ours = isinstance(self._signer, FileSigner)
            signature = self._signer.sign(cast("bytes", payload) if is_ours else bytes(payload))
        except CeremonyError:
            raise
        except Exception as error:
            # Each kind of signer raises errors of its vendor; whichever it is, the key gave no signature.
            raise StorageError(self._where, type(error).__name__) from error
        # Whether or not it turns out to be good: the key was used.
        tell_signature(signature, payload)
        return signature

    def check(self, signature: Signature, payload: Payload) -> None:
        """The signature is one of `payload` by this key.

        Raises: TamperedError if it is not.
        """
        if not self.is_signature(signature, payload):
            raise TamperedError("a signature of the online key that does not verify", self._where)

    def is_signature(self, signature: Signature, payload: Payload) -> bool:
        """True when `signature` is one of `payload` by this key."""
        try:
            self._verify(signature, payload)
        except (UnverifiedSignatureError, VerificationError, InvalidSignature, ValueError):
            return False
        # Blanks between hex digits would verify too.
        return signature.keyid == self.key.keyid and SIGNATURE_HEX.fullmatch(signature.signature) is not None

    def has_signed(self, file: MetadataFile) -> bool:
        """True when this file bears a signature by this key."""
        keyid = self.key.keyid
        return self.is_signature(Signature(keyid, file.signatures.get(keyid, "")), file.payload)


def make_key(path: Path, scheme: str) -> SSlibKey:
    """A new private key stands at `path`, readable by its owner alone; an existing file is never touched.

    Raises: StorageError (EEXIST, ...).
    """
    private = Ed25519PrivateKey.generate() if scheme == "ed25519" else generate_private_key(SECP256R1())
    create_file(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    sync_folder(path.parent)
    return FileSigner(private, scheme).public_key


def read_key(path: Path, scheme: str) -> SSlibKey:
    """The public half of the private key at `path`.

    Raises: StorageError, SettingsError, RefusedError (KEY-FILE-PRIVATE).
    """
    return _read_signer(KeyPlace(path), scheme).public_key


def read_public_key(path: Path, scheme: str) -> SSlibKey:
    """The public key in the PEM file at `path`, to be used with `scheme`.

    Raises: StorageError, SettingsError.
    """
    try:
        return _true_key(SSlibKey.from_crypto(load_pem_public_key(_read(path)), scheme=scheme))
    except ValueError as error:
        raise SettingsError(
            str(path), (Problem("", "no public key", f"a PEM file with a key for {scheme}"),)
        ) from error


def open_signer(uri: str, key: Key, home: Path) -> CheckedSigner:
    """The signer behind `uri`; a file is sought from `home` on. It has not signed yet, so it may be another key's.

    Raises: StorageError if it cannot be reached; SettingsError if there is no such signer; RefusedError.
    """
    place = place_of(uri, home)
    if place is not None:
        return CheckedSigner(_read_signer(place, key.scheme), key, uri)
    if uri.startswith(f"{DEVICE_SCHEME}:"):
        return CheckedSigner(DeviceKeySigner.from_priv_key_uri(uri, key, lambda _what: read_pin(home)), key, uri)
    try:
        return CheckedSigner(Signer.from_priv_key_uri(uri, key, lambda _what: read_pin(home)), key, uri)
    except ValueError as error:
        raise SettingsError(uri, (Problem("key-uri", uri, "the URI of a securesystemslib signer"),)) from error
    except Exception as error:
        # As above: vendors' errors have no common family.
        raise StorageError(uri, type(error).__name__) from error


def _signing_of(private: EllipticCurvePrivateKey | Ed25519PrivateKey) -> Callable[[bytes], bytes]:
    """What signs with this key; of which kind it is was looked at once, not for each signature."""
    if isinstance(private, Ed25519PrivateKey):
        return private.sign
    return lambda payload: private.sign(payload, _SIGNING)


def _verifier_of(key: Key) -> Callable[[Signature, Payload], None]:
    """What raises unless a signature is one by this key; its public half is read once, not for each signature."""
    if isinstance(key, SSlibKey) and key.scheme == "ed25519" and key.keytype == "ed25519":
        raw = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.keyval["public"]))
        return lambda signature, payload: raw.verify(bytes.fromhex(signature.signature), payload)
    if isinstance(key, SSlibKey) and key.scheme == "ecdsa-sha2-nistp256" and key.keytype == "ecdsa":
        public = load_pem_public_key(key.keyval["public"].encode())
        if isinstance(public, EllipticCurvePublicKey) and isinstance(public.curve, SECP256R1):
            curve = public
            return lambda signature, payload: curve.verify(bytes.fromhex(signature.signature), payload, _VERIFYING)
    return lambda signature, payload: key.verify_signature(signature, bytes(payload))


def _true_key(key: SSlibKey) -> SSlibKey:
    return key_of(fields_of(key))


def _read_signer(place: KeyPlace, scheme: str) -> FileSigner:
    path = place.path
    try:
        private = load_pem_private_key(_read_private(place), password=None)
    except (ValueError, TypeError) as error:
        problem = Problem("", "no private key", "a PEM file with a key that has no password")
        raise SettingsError(str(path), (problem,)) from error
    if not isinstance(private, EllipticCurvePrivateKey | Ed25519PrivateKey):
        raise SettingsError(str(path), (Problem("", "another kind of key", " or ".join(SCHEMES)),))
    if not _fits(private, scheme):
        raise SettingsError(str(path), (Problem("", "another kind of key", f"a key for {scheme}"),))
    return FileSigner(private, scheme)


def _fits(private: EllipticCurvePrivateKey | Ed25519PrivateKey, scheme: str) -> bool:
    if isinstance(private, Ed25519PrivateKey):
        return scheme == "ed25519"
    return scheme == "ecdsa-sha2-nistp256" and isinstance(private.curve, SECP256R1)


def _read_private(place: KeyPlace) -> bytes:
    if not place.path.exists():
        # By its URI: advice about disks and sticks leads nowhere.
        raise StorageError(f"{FILE_SCHEME}:{place.path}", errno.errorcode[errno.ENOENT])
    with named(place.path), place.path.open("rb") as file:
        # Of the very file that is read, and before it is.
        KEY_FILE_RULES.check(KeyFileCase(str(place.path), place.counting(os.fstat(file.fileno()).st_mode)))
        return file.read()


def _read(path: Path) -> bytes:
    with named(path):
        return path.read_bytes()
