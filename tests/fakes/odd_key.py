"""An online key in a service that does as a file says: it signs, is slow, refuses, or signs something else.

`oddkms:FOLDER` is its URI; FOLDER has the private key in `key.pem`, and in `mode` one of the words below. Whoever
imports this module has registered the scheme with securesystemslib.
"""

import time
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from securesystemslib.signer import SIGNER_FOR_URI_SCHEME, CryptoSigner, Key, SecretsHandler, Signature, Signer

from ceremony.online.key import make_key

SCHEME = "oddkms"
WELL, SLOW, REFUSING, WRONG = "well", "slow", "refusing", "wrong"
SLOW_SECONDS = 0.1


class AccessDeniedError(Exception):
    """What a vendor's library raises; it is of no family that we know."""


class OddSigner(Signer):
    """Signs as the mode says that holds at that moment."""

    def __init__(self, folder: Path, key: Key) -> None:
        """Bound to the key in `folder`."""
        self._folder = folder
        self._key = key

    @property
    def public_key(self) -> Key:
        """The public half."""
        return self._key

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None
    ) -> "OddSigner":
        """The signer behind the URI."""
        del secrets_handler
        return cls(Path(priv_key_uri.removeprefix(f"{SCHEME}:")), public_key)

    def sign(self, payload: bytes) -> Signature:
        """A signature, perhaps.

        Raises: AccessDeniedError.
        """
        mode = (self._folder / "mode").read_text()
        if mode == REFUSING:
            raise AccessDeniedError
        if mode == SLOW:
            time.sleep(SLOW_SECONDS)
        private = load_pem_private_key((self._folder / "key.pem").read_bytes(), None)
        made = CryptoSigner(private, self._key).sign(payload + b" " if mode == WRONG else payload)  # type: ignore[arg-type]  # a key of ECDSA
        return Signature(self._key.keyid, made.signature)


class OddKey:
    """The service's own side."""

    def __init__(self, folder: Path) -> None:
        """A new key, which signs well."""
        folder.mkdir()
        self.folder = folder
        make_key(folder / "key.pem", "ecdsa-sha2-nistp256")
        private = load_pem_private_key((folder / "key.pem").read_bytes(), None)
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / "key.pub").write_bytes(public)
        self.be(WELL)

    @property
    def uri(self) -> str:
        """Its URI."""
        return f"{SCHEME}:{self.folder}"

    @property
    def public_key(self) -> Path:
        """The file with its public half."""
        return self.folder / "key.pub"

    def be(self, mode: str) -> None:
        """From now on it does so."""
        beside = self.folder / ".mode"
        beside.write_text(mode)
        beside.replace(self.folder / "mode")


SIGNER_FOR_URI_SCHEME[SCHEME] = OddSigner
