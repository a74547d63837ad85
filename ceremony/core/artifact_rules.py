"""The rules for what an API's caller says of a target: its length, its hashes, and what else stands beside them."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from ceremony.core import strict_json
from ceremony.core.rules import Objection, RuleBook
from ceremony.core.strict_json import Json

LENGTH_MAX = (1 << 53) - 1
"""The largest whole number that every JSON parser keeps as it is."""

CUSTOM_BYTES = 8_192
CUSTOM_DEPTH = 8
HASHES_MAX = 8

HASH_DIGITS: Mapping[str, int] = MappingProxyType(
    {
        "md5": 32,
        "sha1": 40,
        "sha224": 56,
        "sha256": 64,
        "sha384": 96,
        "sha512": 128,
        "sha3-256": 64,
        "sha3-384": 96,
        "sha3-512": 128,
        "sha3_256": 64,
        "sha3_384": 96,
        "sha3_512": 128,
        "blake2b": 128,
        "blake2b-256": 64,
        "blake2b-384": 96,
        "blake2b-512": 128,
        "blake2s": 64,
        "blake2s-256": 64,
    }
)
"""How many hex digits the hashes of known algorithms have. Others may be named too: some client may know them."""

WEAK = ("md5", "sha1")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_HEX = re.compile(r"[0-9a-fA-F]{2,256}")
_DIGITS = re.compile(r"[0-9]{1,16}")


@dataclass(frozen=True, slots=True)
class ArtifactCase:
    """What somebody says of one target, as it came; `length` may be a number or its digits."""

    length: int | str
    hashes: Mapping[str, str]
    custom: Json = field(default=None)

    @property
    def bytes_long(self) -> int:
        """The length as a number, for a case that keeps the rules."""
        return int(self.length)

    @property
    def small_hashes(self) -> dict[str, str]:
        """The hashes in small hex digits, as every client compares them."""
        return {name: digest.lower() for name, digest in self.hashes.items()}


ARTIFACT_RULES: RuleBook[ArtifactCase] = RuleBook()


@ARTIFACT_RULES.rule("LENGTH-WHOLE", "TUF 4.5: LENGTH is an integer; JSON parsers differ beyond 2^53")
def length_whole(case: ArtifactCase) -> None:
    """A length is a whole number of bytes, from 0 to 2^53 - 1, or the digits of one."""
    said = case.length
    wanted = f"a whole number from 0 to {LENGTH_MAX}"
    if isinstance(said, str) and not _DIGITS.fullmatch(said):
        raise Objection(f"the length {said[:20]!r}", wanted)
    if isinstance(said, bool) or not 0 <= int(said) <= LENGTH_MAX:
        raise Objection(f"the length {str(said)[:20]}", wanted)


@ARTIFACT_RULES.rule("HASHES-PRESENT", "TUF 4.5: HASHES; clients refuse a target without any")
def hashes_present(case: ArtifactCase) -> None:
    """A target has from one to eight hashes."""
    if not 1 <= len(case.hashes) <= HASHES_MAX:
        raise Objection(f"{len(case.hashes)} hashes", f"from 1 to {HASHES_MAX} hashes")


@ARTIFACT_RULES.rule("HASH-FORM", "TUF 4.5: HASHES; a hash of the wrong length fits no content")
def hash_form(case: ArtifactCase) -> None:
    """A hash has a plain name and as many hex digits as its algorithm gives."""
    for name, digest in case.hashes.items():
        digits = HASH_DIGITS.get(name, 0)
        if not digits and not _NAME.fullmatch(name):
            raise Objection(f"the hash name {name[:32]!r}", "a name such as sha256 or blake2b-256")
        if not _HEX.fullmatch(digest) or len(digest) % 2 or digits not in (0, len(digest)):
            wanted = f"{digits} hex digits" if digits else "an even number of hex digits, at most 256"
            raise Objection(f"{len(digest)} characters for {name}", wanted)


@ARTIFACT_RULES.rule("HASH-STRONG", "others can make a second file with the same MD5 or SHA-1")
def hash_strong(case: ArtifactCase) -> None:
    """Of a target's hashes one at least is neither MD5 nor SHA-1."""
    if case.hashes and {name.lower().replace("-", "") for name in case.hashes}.issubset(WEAK):
        raise Objection(f"{', '.join(sorted(case.hashes))} alone", "sha256, sha512 or blake2b-256 as well")


@ARTIFACT_RULES.rule("CUSTOM-PLAIN", "canonical JSON: clients differ on how such values are written")
def custom_plain(case: ArtifactCase) -> None:
    """What stands beside length and hashes is an object of plain texts and whole numbers, of 8192 bytes at most."""
    if case.custom is None:
        return
    if not isinstance(case.custom, Mapping):
        raise Objection("custom that is no object", "an object")
    if any(depth > CUSTOM_DEPTH for _, depth in _values(case.custom, 1)):
        raise Objection("custom nested too deep", f"at most {CUSTOM_DEPTH} levels")
    check_plain(case.custom, "custom")
    size = len(strict_json.encode(case.custom))
    if size > CUSTOM_BYTES:
        raise Objection(f"custom of {size} bytes", f"at most {CUSTOM_BYTES} bytes")


def check_plain(value: Json, where: str) -> None:
    """Nothing, if all clients write every text and every number in this value alike.

    Raises: Objection, which names `where`.
    """
    for each, _ in _values(value, 1):
        _check_value(each, where)


def _values(value: Json, depth: int) -> Iterator[tuple[Json, int]]:
    yield value, depth
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield key, depth
            yield from _values(below, depth + 1)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for below in value:
            yield from _values(below, depth + 1)


def _check_value(value: Json, where: str) -> None:
    if isinstance(value, float):
        raise Objection(f"the number {value}", "whole numbers alone")
    if isinstance(value, int) and abs(value) > LENGTH_MAX:
        raise Objection(f"the number {str(value)[:20]}", f"numbers from -{LENGTH_MAX} to {LENGTH_MAX}")
    if not isinstance(value, str):
        return
    found = re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", value)
    if found:
        raise Objection(f"the character U+{ord(found[0]):04X} in {where}", "texts without control characters")
    if not unicodedata.is_normalized("NFC", value):
        raise Objection(f"a text of {where} in another Unicode form", "NFC")
