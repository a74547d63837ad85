"""Public keys as TUF writes them, and the keyid that is nothing but the hash of one."""

from collections.abc import Mapping
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.signer import Key, SSlibKey

from ceremony.core import strict_json
from ceremony.core.strict_json import Json

_PARTS = ("keytype", "scheme", "keyval")
_OTHERS = "x-"
"""How fields begin that a repository's own tools keep inside a key; no client asks what they mean."""


def keyid_of(fields: Mapping[str, Json]) -> str:
    """The keyid of the key with these TUF fields, in hex.

    Spec: 4.2.1, SHA-256 of the canonical form.
    """
    return sha256(strict_json.encode(fields)).hexdigest()


def plain_keyid(fields: Mapping[str, Json]) -> str:
    """The keyid that the key with these TUF fields has on a device, which knows of no other fields.

    Raises: KeyError if the fields are no key.
    """
    return keyid_of({name: fields[name] for name in _PARTS})


def key_of(fields: Mapping[str, Json]) -> SSlibKey:
    """The key with these TUF fields (`keytype`, `scheme`, `keyval`, and any `x-` of others), under its true keyid.

    A public key can be spelled in one way only. What others wrote into it changes its keyid all the same: whoever
    counts keys for a threshold counts public halves.
    Raises: ValueError, KeyError or TypeError if the fields are no key.   Spec: 4.2.1, 4.2.2.
    """
    keytype, scheme, keyval = (fields[name] for name in _PARTS)
    others = {name: value for name, value in fields.items() if name not in _PARTS}
    if not isinstance(keyval, Mapping) or set(keyval) != {"public"} or not all(map(_is_others, others.items())):
        raise ValueError("a key has keytype, scheme and keyval.public, and else only plain fields that begin with x-")
    known = {"keytype": keytype, "scheme": scheme, "keyval": dict(keyval)}
    key = Key.from_dict(keyid_of(fields), {**others, **known})
    if not isinstance(key, SSlibKey):
        raise TypeError(f"{keytype} is not a kind of key for metadata")
    if known != fields_of(_respelled(key)):
        raise ValueError("the same public key is spelled otherwise")
    return key


def _is_others(field: tuple[str, Json]) -> bool:
    name, value = field
    return name.startswith(_OTHERS) and type(value) in {str, int, bool}


def fields_of(key: Key) -> dict[str, Json]:
    """The TUF fields of `key`."""
    fields: dict[str, Json] = key.to_dict()
    return fields


def true_keyid(key: Key) -> str | None:
    """The keyid that is the hash of this key, whatever it says of itself; None if it is not in its one spelling."""
    try:
        return key_of(fields_of(key)).keyid
    except (ValueError, KeyError, TypeError):
        return None


def spelling_trouble(fields: Mapping[str, Json]) -> str:
    """Why a key with these TUF fields cannot stand in metadata that is written today; "" if it can."""
    try:
        key_of(fields)
    except KeyError as error:
        return f"no {error}"
    except (ValueError, TypeError) as error:
        return str(error)
    return ""


def rsa_size(key: Key) -> int | None:
    """How many bits the modulus of an RSA key has, spelled as `key_of` takes it; None for any other kind of key."""
    if key.keytype != "rsa":
        return None
    public = load_pem_public_key(key.keyval["public"].encode())
    return public.key_size if isinstance(public, RSAPublicKey) else None


def _respelled(key: SSlibKey) -> SSlibKey:
    public = key.keyval["public"]
    try:
        if key.keytype == "ed25519":
            return SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)), key.keyid)
        # An RSA key has several schemes; every other kind of key has one, which its curve decides.
        scheme = key.scheme if key.keytype == "rsa" else None
        return SSlibKey.from_crypto(load_pem_public_key(public.encode()), key.keyid, scheme)
    except UnsupportedAlgorithm as error:
        raise ValueError("a kind of public key that nobody knows") from error
