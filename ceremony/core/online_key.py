"""The file in which the online signer hands out its public key: for one repository, with proof of possession."""

from collections.abc import Mapping
from dataclasses import dataclass

from ceremony.core import strict_json
from ceremony.core.keys import fields_of, key_of
from ceremony.core.plan import OnlineKey
from ceremony.core.possession import check_proof, online_message
from ceremony.core.strict_json import Json
from ceremony.errors import TamperedError

FORMAT = 1
ONLINE_KEY_SIZE_LIMIT = 16_384


@dataclass(frozen=True, slots=True)
class OnlineKeyFile:
    """The key that signs bin-n, snapshot and timestamp of `repository`."""

    repository: str
    key: OnlineKey


def encode_online_key(file: OnlineKeyFile) -> bytes:
    """The file's bytes, in JSON: canonical but for the line ends of a PEM key."""
    return strict_json.encode_file(
        {"format": FORMAT, "key": file.key.fields(), "proof": file.key.proof, "repository": file.repository}
    )


def decode_online_key(data: bytes, where: str) -> OnlineKeyFile:
    """The key file in `data`; its proof of possession verifies for the repository it names.

    A line end after the last byte is forgiven: people and editors add one.
    Raises: TamperedError, naming `where`, if `data` is anything but what `encode_online_key` writes.
    """
    if len(data) > ONLINE_KEY_SIZE_LIMIT:
        raise TamperedError(f"{len(data)} bytes, more than {ONLINE_KEY_SIZE_LIMIT}", where)
    found = _read(strict_json.decode(data, where), where)
    if encode_online_key(found) != data.removesuffix(b"\n"):
        raise TamperedError("not as the online signer wrote it", where)
    return found


def _read(value: Json, where: str) -> OnlineKeyFile:
    fields = value if isinstance(value, Mapping) else {}
    repository, proof, key = fields.get("repository"), fields.get("proof"), fields.get("key")
    if fields.get("format") != FORMAT or not (isinstance(repository, str) and isinstance(proof, str)):
        raise TamperedError("no key file of an online signer", where)
    return OnlineKeyFile(repository, _prove(key if isinstance(key, Mapping) else {}, repository, proof, where))


def _prove(fields: Mapping[str, Json], repository: str, proof: str, where: str) -> OnlineKey:
    try:
        key = key_of(fields)
    except (ValueError, KeyError, TypeError) as error:
        raise TamperedError("no public key", where) from error
    check_proof(key, online_message(repository, key.keyid), proof, where)
    return online_key_of(fields_of(key), proof)


def online_key_of(fields: Mapping[str, Json], proof: str) -> OnlineKey:
    """The key with these TUF fields and this proof, as a plan holds it."""
    keyval = fields["keyval"]
    public = keyval["public"] if isinstance(keyval, Mapping) else ""
    return OnlineKey(str(fields["keytype"]), str(fields["scheme"]), str(public), proof)
