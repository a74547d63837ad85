"""A bundle's manifest: which files it has, how long each is, and its hash; no other file belongs to the bundle."""

from collections.abc import Mapping
from hashlib import sha256

from ceremony.core import strict_json
from ceremony.core.plan import Plan
from ceremony.core.strict_json import Json
from ceremony.errors import TamperedError

FORMAT = 1


def write_manifest(plan: Plan, purpose: str, files: Mapping[str, bytes]) -> bytes:
    """The manifest of these files, and of what ceremony they are."""
    entries: Json = [
        {"length": len(files[name]), "name": name, "sha256": sha256(files[name]).hexdigest()} for name in sorted(files)
    ]
    return strict_json.encode_file(
        {
            "ceremony": plan.id,
            "files": entries,
            "format": FORMAT,
            "purpose": purpose,
            "rehearsal": plan.is_rehearsal,
            "repository": plan.repository,
        }
    )


def check_manifest(found: Mapping[str, bytes]) -> Mapping[str, Json]:
    """What the manifest among these files says, every other file being just as it says.

    Raises: TamperedError.
    """
    manifest = strict_json.decode(found["manifest.json"], "manifest.json")
    fields = manifest if isinstance(manifest, Mapping) else {}
    listed = _listed(fields.get("files"))
    for name, data in found.items():
        if name == "manifest.json":
            continue
        if name not in listed:
            raise TamperedError("a file that the manifest does not name", name)
        if listed.pop(name) != (len(data), sha256(data).hexdigest()):
            raise TamperedError("not as long, or not with the hash, that the manifest says", name)
    if listed:
        raise TamperedError("named in the manifest, but not there", min(listed))
    return fields


def _listed(entries: Json) -> dict[str, tuple[int, str]]:
    listed: dict[str, tuple[int, str]] = {}
    for each in entries if isinstance(entries, list) else []:
        length = each.get("length") if isinstance(each, Mapping) else None
        if not isinstance(each, Mapping) or not isinstance(length, int):
            raise TamperedError("an entry that cannot be read", "manifest.json")
        listed[str(each.get("name"))] = (length, str(each.get("sha256")))
    return listed
