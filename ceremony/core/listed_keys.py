"""The keys that signed metadata lists, judged by what they are and never by the keyid they stand under."""

from collections.abc import Iterator, Mapping

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from ceremony.core.keys import keyid_of
from ceremony.core.strict_json import Json


def listed_keys(signed: Json) -> dict[str, Mapping[str, Json]]:
    """The fields of each key by the keyid it is listed under: of a root's own keys, or of a targets' delegations.

    What has not the shape of keys is left out, so metadata of strangers can be looked at before any parser has.
    """
    found = _delegator(signed).get("keys")
    keys = found if isinstance(found, Mapping) else {}
    return {keyid: fields for keyid, fields in keys.items() if isinstance(fields, Mapping)}


def listed_roles(signed: Json) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each role that a root or a targets delegates to, with the keyids it names, in the order in which they stand.

    Succinct roles are one role, under their prefix. What has not the shape of roles is left out.
    """
    return tuple(
        (name, tuple(keyid for keyid in keyids if isinstance(keyid, str)))
        for name, role in _roles(_delegator(signed))
        if isinstance(role, Mapping) and isinstance(keyids := role.get("keyids"), list)
    )


def wrong_keyids(signed: Json) -> tuple[tuple[str, str], ...]:
    """Each keyid that is not the hash of its key as it is spelled there, with the keyid that is.

    Spec: 4.2.1; fields that only others know count too.
    """
    true = ((keyid, keyid_of(fields)) for keyid, fields in listed_keys(signed).items())
    return tuple((keyid, wanted) for keyid, wanted in true if keyid != wanted)


def doubled_keys(signed: Json) -> tuple[str, ...]:
    """The roles in which one public key stands under two keyids, so that one signer would count twice."""
    halves = {keyid: public_half(fields) for keyid, fields in listed_keys(signed).items()}
    known = ((role, [halves[each] for each in {*keyids} if halves.get(each)]) for role, keyids in listed_roles(signed))
    return tuple(role for role, keys in known if len({*keys}) < len(keys))


def public_half(fields: Mapping[str, Json]) -> bytes | None:
    """The public key itself in DER, however its TUF fields spell it; None if there is no such key.

    Two keys are the same key if this is the same.
    """
    keyval = fields.get("keyval")
    public = keyval.get("public") if isinstance(keyval, Mapping) else None
    if not isinstance(public, str):
        return None
    try:
        if fields.get("keytype") == "ed25519":
            return _der(Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)))
        return _der(load_pem_public_key(public.encode()))  # type: ignore[arg-type]  # every kind of it can do this
    except (ValueError, UnsupportedAlgorithm):
        return None


def _der(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _delegator(signed: Json) -> Mapping[str, Json]:
    fields = signed if isinstance(signed, Mapping) else {}
    found = fields if fields.get("_type") == "root" else fields.get("delegations")
    return found if isinstance(found, Mapping) else {}


def _roles(delegator: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    roles, succinct = delegator.get("roles"), delegator.get("succinct_roles")
    if isinstance(roles, Mapping):
        yield from roles.items()
    for each in roles if isinstance(roles, list) else ():
        yield (str(each.get("name")), each) if isinstance(each, Mapping) else ("", None)
    if isinstance(succinct, Mapping):
        yield str(succinct.get("name_prefix")), succinct
