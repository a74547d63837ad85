"""What is out of the ordinary in one metadata file of strangers, found in how it is spelled, before any parser."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from securesystemslib.signer import KEY_FOR_TYPE_AND_SCHEME

from ceremony.core.listed_keys import doubled_keys, listed_keys, listed_roles, public_half, wrong_keyids
from ceremony.core.policy import CLIENT_SIZE_LIMITS
from ceremony.core.strict_json import Json

STRICT = "strict"
"""A client that keeps to the letter of the specification, as awslabs/tough does where it is about keyids."""

PYTHON_TUF = "python-tuf"
"""A client that takes what python-tuf takes."""

CLIENTS = (PYTHON_TUF, STRICT)

_FIELDS = {
    "root": ("_type", "spec_version", "version", "expires", "keys", "roles"),
    "targets": ("_type", "spec_version", "version", "expires", "targets"),
    "snapshot": ("_type", "spec_version", "version", "expires", "meta"),
    "timestamp": ("_type", "spec_version", "version", "expires", "meta"),
}
_EXPIRES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be: `found` stands where `wanted` would be right.

    `stops` are the clients that refuse the file for this; it is empty for what is only worth knowing.
    """

    name: str
    found: str
    wanted: str
    stops: tuple[str, ...]


def findings_in(role: str, data: bytes, content: Json) -> Iterator[Finding]:
    """Everything out of the ordinary in the file `data` of this role, whose JSON is `content`.

    A file that python-tuf's parser refuses has only those findings here for which stricter clients refuse it too: the
    parser's own words are for whoever tries it.
    """
    fields = content if isinstance(content, Mapping) else {}
    signed, signatures = fields.get("signed"), fields.get("signatures")
    limit = CLIENT_SIZE_LIMITS.get(role, CLIENT_SIZE_LIMITS["targets"])
    if len(data) > limit:
        yield Finding("size", f"{len(data)} bytes", f"at most {limit} bytes", CLIENTS)
    signers = [each.get("keyid") for each in _list(signatures) if isinstance(each, Mapping)]
    yield from _found("signature-twice", _repeated(signers), "one signature for each key")
    if isinstance(signed, Mapping):
        yield from _in_fields(role, signed)
        yield from _in_keys(signed)
        yield from _in_roles(signed)


def _in_fields(role: str, signed: Mapping[str, Json]) -> Iterator[Finding]:
    wanted = _FIELDS.get(role, _FIELDS["targets"])
    yield from _found("field-missing", [each for each in wanted if each not in signed], "every field that is required")
    expires = signed.get("expires")
    if "expires" in signed and not (isinstance(expires, str) and _EXPIRES.fullmatch(expires)):
        yield Finding("expires-format", str(expires)[:40], "a time such as 2027-01-31T12:00:00Z", (STRICT,))
    if role == "root" and signed.get("consistent_snapshot") is not True:
        yield Finding("consistent-snapshot", str(signed.get("consistent_snapshot"))[:40], "true", ())


def _in_keys(signed: Json) -> Iterator[Finding]:
    keys = listed_keys(signed)
    wrong = [f"{keyid[:16]} (its key's hash is {wanted[:16]})" for keyid, wanted in wrong_keyids(signed)]
    yield from _found("keyid-hash", wrong, "each key under its own hash")
    kinds = {keyid: (str(each.get("keytype")), str(each.get("scheme"))) for keyid, each in keys.items()}
    unknown = ["/".join(kind)[:60] for kind in kinds.values() if kind not in KEY_FOR_TYPE_AND_SCHEME]
    yield from _found("scheme-unknown", unknown, "schemes that clients know")
    # The deprecated kinds bear the name of their scheme; so does ed25519, whose name this always was.
    old = [keyid[:16] for keyid, (kind, scheme) in kinds.items() if kind == scheme != "ed25519"]
    yield from _found("keytype-deprecated", old, "keytype ecdsa", ())
    broken = [keyid[:16] for keyid, each in keys.items() if public_half(each) is None]
    yield from _found("key-unusable", broken, "public keys in PEM, or in hex if they are ed25519", ())


def _in_roles(signed: Json) -> Iterator[Finding]:
    keys = listed_keys(signed)
    yield from _found("key-twice", doubled_keys(signed), "in each role as many public keys as keyids")
    for role, keyids in listed_roles(signed):
        yield from _found("keyid-twice", [f"{each} in {role}" for each in _repeated(keyids)], "each keyid once")
        unlisted = [f"{each[:16]} in {role}" for each in keyids if each not in keys]
        yield from _found("keyid-unlisted", unlisted, "a key for each keyid", ())


def _found(name: str, what: Iterable[str], wanted: str, stops: tuple[str, ...] = (STRICT,)) -> Iterator[Finding]:
    found = [*what]
    if found:
        others = f" and {len(found) - 3} more" if len(found) > 3 else ""  # noqa: PLR2004  # as many as a line holds
        yield Finding(name, ", ".join(found[:3]) + others, wanted, stops)


def _repeated(values: Iterable[Json]) -> list[str]:
    texts = [each for each in values if isinstance(each, str)]
    return sorted({each[:16] for each in texts if texts.count(each) > 1})


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
