"""A device key as a securesystemslib Signer: raw signature in, TUF signature out."""

from typing import NoReturn

from cryptography.hazmat.primitives.serialization import load_der_public_key
from securesystemslib.signer import Key, SecretsHandler, Signature, Signer, SSlibKey

from hsm.device import DeviceKey, Unlocked


def public_key_of(key: DeviceKey) -> SSlibKey:
    """The TUF public key of a device key; its keyid is the hash of its canonical form."""
    public = load_der_public_key(key.public_der)
    return SSlibKey.from_crypto(public, scheme=key.scheme.value)


class DeviceSigner(Signer):
    """Signs with one key of one unlocked device; the device stays its caller's to close."""

    def __init__(self, unlocked: Unlocked, key: DeviceKey, public: SSlibKey | None = None) -> None:
        """Bound to `key` on `unlocked`, whose signatures stand under the keyid of `public`.

        That is the same key as metadata has it, where others wrote more into it than its device knows; None for the key
        as `public_key_of` gives it.
        """
        self._unlocked = unlocked
        self._key = key
        self._public = public_key_of(key) if public is None else public

    @property
    def public_key(self) -> SSlibKey:
        """The TUF public key this signer signs with."""
        return self._public

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None
    ) -> NoReturn:
        """Never: a device is found and unlocked by people, not by a URI.

        Raises: NotImplementedError, always.
        """
        raise NotImplementedError(priv_key_uri)

    def sign(self, payload: bytes) -> Signature:
        """The TUF signature of `payload`, not yet verified.

        Raises: what `Unlocked.sign` raises.
        """
        return Signature(self._public.keyid, self._unlocked.sign(self._key, payload).hex())
