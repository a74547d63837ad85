"""Timestamp and snapshot of another repository, verified as its clients do: what they list is what counts of it."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import new
from typing import TypeVar

from tuf.api.metadata import MetaFile, Snapshot, Timestamp

from ceremony.core import strict_json
from ceremony.core.import_rules import ENDING_RULES, LISTED_RULES, EndingCase, ListedCase
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.signed import root_of
from ceremony.core.trusted import decode_published
from ceremony.core.trusted_rules import shortage, standing_under
from ceremony.errors import TamperedError

_Kind = TypeVar("_Kind", Snapshot, Timestamp)


def verified_snapshot(root: MetadataFile, files: Mapping[str, bytes], now: datetime) -> Snapshot:
    """The snapshot that the timestamp of these files lists, both signed as this root asks for, neither expired.

    Raises: RefusedError (IMPORT-LISTED, IMPORT-CURRENT); TamperedError.   Spec: 5.4, 5.5.
    """
    ENDING_RULES.check(EndingCase(root.name, root_of(root).expires, now))
    data = files.get("timestamp.json")
    LISTED_RULES.check(ListedCase("timestamp.json", root.name, "" if data else "not there", "a timestamp"))
    file = _signed(root, "timestamp", data or b"")
    timestamp = _parsed(Timestamp, file)
    ENDING_RULES.check(EndingCase(file.name, timestamp.expires, now))
    listed = timestamp.snapshot_meta
    wanted = f"version {listed.version} as it is listed"
    shown = next((files[name] for name in (f"{listed.version}.snapshot.json", "snapshot.json") if name in files), None)
    LISTED_RULES.check(ListedCase("snapshot.json", file.name, "" if shown else "not there", wanted))
    below = _signed(root, "snapshot", shown or b"")
    found = "" if below.version == listed.version else f"version {below.version}"
    LISTED_RULES.check(ListedCase(below.name, file.name, found or differs(listed, shown or b""), wanted))
    snapshot = _parsed(Snapshot, below)
    ENDING_RULES.check(EndingCase(below.name, snapshot.expires, now))
    return snapshot


def differs(listed: MetaFile, data: bytes) -> str:
    """How these bytes differ from the file that is listed, "" if they do not."""
    if listed.length is not None and listed.length != len(data):
        return f"{len(data)} bytes"
    for name, digest in (listed.hashes or {}).items():
        try:
            found = new(name, data).hexdigest()
        except (ValueError, TypeError):
            return f"a hash of an unknown kind, {name[:32]}"
        if found != digest:
            return f"another {name}"
    return ""


def _signed(root: MetadataFile, role: str, data: bytes) -> MetadataFile:
    file = decode_published(data, role, f"{role}.json")
    short = shortage((standing_under(root, file),))
    LISTED_RULES.check(ListedCase(file.name, root.name, short and f"too few signatures: {short}", "as many as it asks"))
    return file


def _parsed(kind: type[_Kind], file: MetadataFile) -> _Kind:
    found = strict_json.decode_canonical(file.payload, file.name)
    if not isinstance(found, dict) or found.get("_type") != file.role:
        raise TamperedError(f"no {file.role} metadata", file.name)
    try:
        return kind.from_dict(found)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TamperedError(f"no {file.role} metadata ({error})"[:160], file.name) from error
