"""One metadata file under signature: the exact bytes that are signed, and the signatures gathered over them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from securesystemslib.signer import Signature

from ceremony.core import strict_json
from ceremony.core.strict_json import Json
from ceremony.errors import TamperedError

SIGNATURE_HEX = re.compile(r"(?:[0-9a-f]{2}){1,8000}")
"""How a signature is written: an even number of small hex digits."""

FOOTING = b"}"
"""What stands after the payload in a file."""

_KEYID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class MetadataFile:
    """A role at one version. `payload` is the canonical JSON of its signed part; signatures go keyid -> sig_hex."""

    role: str
    version: int
    payload: bytes = field(repr=False)
    signatures: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def name(self) -> str:
        """The file's name under consistent snapshots, such as `1.root.json`.

        Spec: 6.2.
        """
        return f"{self.version}.{self.role}.json"

    def with_signature(self, signature: Signature) -> "MetadataFile":
        """The same file with this signature too; one keyid has one signature, the later one."""
        return replace(self, signatures=MappingProxyType({**self.signatures, signature.keyid: signature.signature}))

    def encode(self) -> bytes:
        """The file's bytes: the payload stands inside them as it was signed, signatures in order of keyid.

        Spec: 4.2.
        """
        return heading(self.signatures) + strict_json.embedded(self.payload) + FOOTING


def heading(signatures: Mapping[str, str]) -> bytes:
    """What stands before the payload in a file with these signatures, keyid -> sig_hex."""
    # None of it has to be escaped: keyids and signatures are hex.
    parts = [f'{{"keyid":"{keyid}","sig":"{signatures[keyid]}"}}' for keyid in sorted(signatures)]
    return f'{{"signatures":[{",".join(parts)}],"signed":'.encode()


def file_parts(payload: bytes, signature: Signature) -> tuple[bytes, bytes, bytes]:
    """The bytes of the file with this payload and this one signature, in three parts that follow one another."""
    return heading({signature.keyid: signature.signature}), strict_json.embedded(payload), FOOTING


def decode_metadata_file(data: bytes, role: str, where: str) -> MetadataFile:
    """The metadata file of `role` in `data`; every byte of `data` is accounted for.

    Raises: TamperedError, naming `where`, if `data` is anything but what `MetadataFile.encode` writes.
    """
    value = strict_json.decode(data, where)
    signed, signatures = _parts(value, where)
    version = signed.get("version")
    if type(version) is not int or version < 1:
        raise TamperedError(f"version {version!r}", where)
    found = MetadataFile(role, version, strict_json.encode(signed), _signatures(signatures, where))
    if found.encode() != data:
        raise TamperedError("not in canonical form", where)
    return found


def _parts(value: Json, where: str) -> tuple[Mapping[str, Json], list[Json]]:
    if isinstance(value, dict) and set(value) == {"signatures", "signed"}:
        signed, signatures = value["signed"], value["signatures"]
        if isinstance(signed, dict) and isinstance(signatures, list):
            return signed, signatures
    raise TamperedError("no signed metadata", where)


def _signatures(found: list[Json], where: str) -> Mapping[str, str]:
    signatures: dict[str, str] = {}
    for each in found:
        if not (isinstance(each, dict) and set(each) == {"keyid", "sig"}):
            raise TamperedError("a signature without keyid and sig", where)
        keyid, sig_hex = each["keyid"], each["sig"]
        if not (isinstance(keyid, str) and _KEYID.fullmatch(keyid)):
            raise TamperedError("a signature by what is no keyid", where)
        if not (isinstance(sig_hex, str) and SIGNATURE_HEX.fullmatch(sig_hex)):
            raise TamperedError("a signature that is not hex", where)
        signatures[keyid] = sig_hex
    return MappingProxyType(signatures)
