"""Which bin a path falls into, and the canonical bytes of bin-n, snapshot and timestamp, rendered from stored parts.

The bytes are the ones python-tuf would write (a property test holds them together); they are joined, not encoded,
because a snapshot of 16384 bins takes 25 ms to encode and a tenth of one to join.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from tuf.api.metadata import SPECIFICATION_VERSION

from ceremony.core import strict_json
from ceremony.core.strict_json import Json

_SPEC_VERSION = ".".join(SPECIFICATION_VERSION)


def bin_of(path: str, count: int) -> int:
    """The number of the bin that `path` falls into, out of `count`, a power of two.

    Spec: TAP 15, the leading bits of the SHA-256 of the path.
    """
    leading = int.from_bytes(sha256(path.encode()).digest()[:4], "big")
    return leading >> (32 - (count - 1).bit_length())


def render_fragment(path: str, length: int, hashes: Mapping[str, str], custom: Json = None) -> bytes:
    """The entry of one target inside a bin, `"path":{...}`, canonical; None stands for no custom.

    Spec: 4.5.
    """
    if custom is not None:
        return strict_json.encode({path: {"length": length, "hashes": hashes, "custom": custom}})[1:-1]
    said = ",".join([f'"{_escaped(name)}":"{_escaped(hashes[name])}"' for name in sorted(hashes)])
    return f'"{_escaped(path)}":{{"hashes":{{{said}}},"length":{length}}}'.encode()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def render_bin(version: int, expires: str, fragments: Iterable[bytes]) -> bytes:
    """The signed part of a bin that holds these entries, given in order of path.

    Spec: 4.5.
    """
    return b"".join(
        (
            _head("targets", expires),
            b',"targets":{',
            b",".join(fragments),
            b'},"version":%d}' % version,
        )
    )


def render_snapshot(version: int, expires: str, versions: Mapping[str, int]) -> bytes:
    """The signed part of a snapshot that lists each of these roles at its version.

    Spec: 4.4.
    """
    # By the name of the file: a dash comes before the dot that ends a role's name.
    files = sorted((f"{role}.json", number) for role, number in versions.items())
    return b"".join(
        (
            b'{"_type":"snapshot","expires":"%s","meta":{' % expires.encode(),
            b",".join(b'"%s":{"version":%d}' % (name.encode(), number) for name, number in files),
            b'},"spec_version":"%s","version":%d}' % (_SPEC_VERSION.encode(), version),
        )
    )


def render_timestamp(version: int, expires: str, snapshot_version: int, length: int, sha256_hex: str) -> bytes:
    """The signed part of a timestamp over this snapshot.

    Spec: 4.6.
    """
    meta: dict[str, Json] = {"hashes": {"sha256": sha256_hex}, "length": length, "version": snapshot_version}
    return strict_json.encode(
        {
            "_type": "timestamp",
            "expires": expires,
            "meta": {"snapshot.json": meta},
            "spec_version": _SPEC_VERSION,
            "version": version,
        }
    )


def _head(kind: str, expires: str) -> bytes:
    return b'{"_type":"%s","expires":"%s","spec_version":"%s"' % (
        kind.encode(),
        expires.encode(),
        _SPEC_VERSION.encode(),
    )
