"""What a transcript says of files, compared with the files beside it: a record is about these bytes or about none."""

from hashlib import sha256

from ceremony.core.review import fingerprint_of
from ceremony.engine.bundle import Bundle
from ceremony.errors import TamperedError


def check_recorded(bundle: Bundle) -> None:
    """The hashes on record, of the plan, the drafts, their review and the sealed files, are those of this bundle.

    Raises: TamperedError, naming what is not on record as it stands here.
    """
    recorded = _recorded(bundle)
    for what, found in _found(bundle).items():
        if recorded.get(what) != found:
            raise TamperedError(f"the transcript records {what} otherwise", "transcript.jsonl")


def _recorded(bundle: Bundle) -> dict[str, dict[str, str]]:
    """What is on record last of each; a later draft takes back what was said of the one before."""
    recorded: dict[str, dict[str, str]] = {}
    for entry in bundle.transcript.entries:
        match entry.action:
            case "began":
                recorded["the plan"] = dict(entry.inputs)
            case "drafted":
                recorded = {"the plan": recorded.get("the plan", {}), "the drafts": dict(entry.outputs)}
            case "reviewed":
                recorded["the review"] = dict(entry.outputs)
            case "sealed":
                recorded["the sealed files"] = dict(entry.outputs)
    return recorded


def _found(bundle: Bundle) -> dict[str, dict[str, str]]:
    found = {"the plan": {"plan": sha256(bundle.plan_text).hexdigest()}}
    if bundle.files:
        found["the drafts"] = {each.name: sha256(each.payload).hexdigest() for each in bundle.files}
    if bundle.purpose == "release":
        found["the review"] = {"fingerprint": fingerprint_of(bundle.files).digest.hex()}
        found["the sealed files"] = {each.name: sha256(each.encode()).hexdigest() for each in bundle.files}
    return found
