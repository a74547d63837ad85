"""A key on a device beside the same key in metadata, which others may have given more fields and another keyid."""

from collections.abc import Iterable, Mapping

from ceremony.core.keys import fields_of
from ceremony.core.listed_keys import public_half
from ceremony.core.strict_json import Json
from hsm import DeviceKey
from hsm.errors import KeyAbsentError
from hsm.signer import public_key_of


def is_held(fields: Mapping[str, Json], key: DeviceKey) -> bool:
    """Whether the key with these TUF fields is this one on a device: the same public half, the same scheme."""
    half, held = public_half(fields), public_half(fields_of(public_key_of(key)))
    return half is not None and half == held and fields.get("scheme") == key.scheme


def held_key(fields: Mapping[str, Json], keys: Iterable[DeviceKey], serial: str, label: str) -> DeviceKey:
    """The one of these keys on a device that is the key with these TUF fields.

    Raises: KeyAbsentError, with this serial and label, if none is.
    """
    for key in keys:
        if is_held(fields, key):
            return key
    raise KeyAbsentError(serial, label)
