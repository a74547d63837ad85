"""The keyid of a key on a device, told without the library that signs: that takes longer to load than all devices."""

from hashlib import sha256

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from ceremony.core import strict_json
from hsm import DeviceKey, Scheme

_KEYTYPES = {Scheme.ED25519: "ed25519", Scheme.RSA_PSS: "rsa"}


def keyid_of(key: DeviceKey) -> str:
    """The keyid that this key has in metadata, in hex.

    Spec: 4.2.1, SHA-256 of the canonical form.
    """
    fields = {"keytype": _KEYTYPES.get(key.scheme, "ecdsa"), "scheme": key.scheme.value}
    return sha256(strict_json.encode({**fields, "keyval": {"public": _public(key)}})).hexdigest()


def _public(key: DeviceKey) -> str:
    public = load_der_public_key(key.public_der)
    if key.scheme is Scheme.ED25519:
        return public.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
