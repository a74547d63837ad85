"""What goes to other places and comes back: what is asked to be signed, and signatures over it, never a payload."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby

from ceremony.core import strict_json
from ceremony.core.fields import Table
from ceremony.core.metadata_file import SIGNATURE_HEX, MetadataFile
from ceremony.core.review import Fingerprint, Reviewed, fingerprint_of
from ceremony.core.strict_json import Json
from ceremony.core.tally import Quorum
from ceremony.errors import Problem, TamperedError

FORMAT = 1
RESPONSE_SIZE_LIMIT = 262_144
"""Bytes of a response: everybody whom a plan can name, with the longest signatures there are, stays below."""

SIGNATURES_LIMIT = 256

_CEREMONY = r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"
_REPOSITORY = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
_ROLE = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
_HASH = r"[0-9a-f]{64}"
_VERSION_LIMIT = 999_999_999


@dataclass(frozen=True, slots=True)
class Request:
    """What every place is asked to sign: the files as they were reviewed, unsigned, and the quorums that sign them."""

    ceremony: str
    repository: str
    files: tuple[MetadataFile, ...]
    quorums: tuple[Quorum, ...]

    @property
    def fingerprint(self) -> Fingerprint:
        """The fingerprint of the files: the same at every place that reviews the same."""
        return fingerprint_of(self.files)

    @property
    def keyids(self) -> tuple[str, ...]:
        """Every key that counts for any of the files, in the order of keyids."""
        return tuple(sorted({keyid for quorum in self.quorums for keyid in quorum.keys}))


@dataclass(frozen=True, slots=True)
class GivenSignature:
    """One signature: of which file, and by which key. `sig_hex` is written as files write it."""

    role: str
    version: int
    keyid: str
    sig_hex: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """The signatures that were made at one place, in the order of role, version, keyid.

    `fingerprint` is that of what was reviewed there, `transcript` the head of the transcript of that sitting; both hex.
    """

    ceremony: str
    repository: str
    fingerprint: str
    signatures: tuple[GivenSignature, ...]
    transcript: str

    @property
    def keyids(self) -> tuple[str, ...]:
        """Whose signatures these are, each key once, in the order of keyids."""
        return tuple(sorted({each.keyid for each in self.signatures}))


def request_of(reviewed: Reviewed) -> Request:
    """What other places are asked to sign when this is what was reviewed here."""
    plan = reviewed.draft.plan
    return Request(plan.id, plan.repository, reviewed.draft.files, reviewed.quorums)


def given(files: tuple[MetadataFile, ...], earlier: tuple[MetadataFile, ...] = ()) -> tuple[GivenSignature, ...]:
    """The signatures in these files that were not in the earlier copies of them."""
    before = {(each.role, keyid, sig_hex) for each in earlier for keyid, sig_hex in each.signatures.items()}
    found = (
        GivenSignature(each.role, each.version, keyid, sig_hex)
        for each in files
        for keyid, sig_hex in each.signatures.items()
        if (each.role, keyid, sig_hex) not in before
    )
    return tuple(sorted(found, key=_place))


def response_to(request: Request, signatures: tuple[GivenSignature, ...], head: str) -> Response:
    """These signatures as the response to this request; `head` is that of the transcript of the sitting, in hex."""
    ordered = tuple(sorted(signatures, key=_place))
    return Response(request.ceremony, request.repository, request.fingerprint.digest.hex(), ordered, head)


def split(response: Response, *, by_file: bool = False) -> tuple[Response, ...]:
    """The response as one for each key, in the order of keyids, or for each signature; together they say as much."""
    signatures = sorted(response.signatures, key=lambda each: (each.keyid, _place(each)))
    groups = groupby(signatures, key=lambda each: (each.keyid, each.role if by_file else ""))
    return tuple(replace(response, signatures=tuple(group)) for _key, group in groups)


def is_ordered(signatures: tuple[GivenSignature, ...]) -> bool:
    """True for signatures in order, of which no two are of one file by one key."""
    names = {(each.role, each.keyid) for each in signatures}
    return len(names) == len(signatures) and signatures == tuple(sorted(signatures, key=_place))


def encode_response(response: Response) -> bytes:
    """The response as canonical JSON: the same response, the same bytes."""
    signatures: Json = [
        {"keyid": each.keyid, "role": each.role, "sig": each.sig_hex, "version": each.version}
        for each in response.signatures
    ]
    return strict_json.encode_file(
        {
            "ceremony": response.ceremony,
            "fingerprint": response.fingerprint,
            "format": FORMAT,
            "repository": response.repository,
            "signatures": signatures,
            "transcript": response.transcript,
        }
    )


def decode_response(data: bytes, where: str) -> Response:
    """The response that `data` holds, every byte accounted for.

    Raises: TamperedError, naming `where`, if it is too large, or anything but what `encode_response` writes.
    """
    if len(data) > RESPONSE_SIZE_LIMIT:
        raise TamperedError(f"larger than {RESPONSE_SIZE_LIMIT} bytes", where)
    value = strict_json.decode(data, where)
    problems: list[Problem] = []
    found = _read(value if isinstance(value, Mapping) else {}, problems)
    if problems:
        what = "; ".join(f"{it.field}: {it.found}, not {it.wanted}" for it in problems[:3])
        raise TamperedError(what, where)
    if not is_ordered(found.signatures) or encode_response(found) != data:
        raise TamperedError("not as it was written", where)
    return found


def _read(fields: Mapping[str, object], problems: list[Problem]) -> Response:
    table = Table(fields, problems)
    table.number("format", FORMAT, FORMAT)
    signatures = table.tables("signatures")
    if len(signatures) > SIGNATURES_LIMIT:
        table.refuse("signatures", str(len(signatures)), f"at most {SIGNATURES_LIMIT}")
    found = Response(
        ceremony=table.text("ceremony", _CEREMONY, "the id of a ceremony"),
        repository=table.text("repository", _REPOSITORY, "the name of a repository"),
        fingerprint=table.text("fingerprint", _HASH, "64 hex digits"),
        signatures=tuple(_read_signature(each) for each in signatures[:SIGNATURES_LIMIT]),
        transcript=table.text("transcript", _HASH, "64 hex digits"),
    )
    table.finish("a response")
    return found


def _read_signature(table: Table) -> GivenSignature:
    found = GivenSignature(
        role=table.text("role", _ROLE, "the name of a role"),
        version=table.number("version", 1, _VERSION_LIMIT),
        keyid=table.text("keyid", _HASH, "64 hex digits"),
        sig_hex=table.text("sig", SIGNATURE_HEX.pattern, "hex digits"),
    )
    table.finish("a signature")
    return found


def _place(each: GivenSignature) -> tuple[str, int, str]:
    return each.role, each.version, each.keyid
