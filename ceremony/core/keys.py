"""Public keys as TUF writes them, and the keyid that is nothing but the hash of one."""

from collections.abc import Mapping
from hashlib import sha256

from securesystemslib.signer import Key, SSlibKey

from ceremony.core import strict_json
from ceremony.core.strict_json import Json


def keyid_of(fields: Mapping[str, Json]) -> str:
    """The keyid of the key with these TUF fields, in hex.

    Spec: 4.2.1, SHA-256 of the canonical form.
    """
    return sha256(strict_json.encode(fields)).hexdigest()


def key_of(fields: Mapping[str, Json]) -> SSlibKey:
    """The key with these TUF fields (`keytype`, `scheme`, `keyval`), under its true keyid.

    Raises: ValueError, KeyError or TypeError if the fields are no key.   Spec: 4.2.2.
    """
    keytype, scheme, keyval = fields["keytype"], fields["scheme"], fields["keyval"]
    if set(fields) != {"keytype", "scheme", "keyval"} or not isinstance(keyval, Mapping) or set(keyval) != {"public"}:
        raise ValueError("a key has keytype, scheme and keyval.public, nothing else")
    key = Key.from_dict(keyid_of(fields), {"keytype": keytype, "scheme": scheme, "keyval": dict(keyval)})
    if not isinstance(key, SSlibKey):
        raise TypeError(f"{keytype} is not a kind of key for metadata")
    return key


def fields_of(key: Key) -> dict[str, Json]:
    """The TUF fields of `key`."""
    fields: dict[str, Json] = key.to_dict()
    return fields
