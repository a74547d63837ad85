"""The transcripts of other places, kept beside the ceremony's own: each under its head, and only if that names it.

Nobody signs a transcript: whoever carries a response can write another one for it, and say what they like.
"""

from collections.abc import Mapping

from ceremony.core.transcript import Transcript, decode_transcript
from ceremony.errors import TamperedError

OTHER_RECORD_LIMIT = 2 << 20
"""Bytes of the transcript of one sitting at another place."""

_FOLDER = "elsewhere/"


def encode_other_records(records: tuple[Transcript, ...]) -> dict[str, bytes]:
    """The files that hold these transcripts, by name."""
    return {_name(each): each.encode() for each in records}


def decode_other_records(files: Mapping[str, bytes], transcript: Transcript) -> tuple[Transcript, ...]:
    """The transcripts of other places among these files, in the order of their heads.

    Raises: TamperedError for one that is broken, or that `transcript`, the ceremony's own, does not name.
    """
    names = sorted(name for name in files if name.startswith(_FOLDER))
    records = tuple(decode_transcript(files[name], name) for name in names)
    on_record = {f"{_FOLDER}{each.inputs.get('transcript')}.jsonl" for each in transcript.entries}
    if names != [_name(each) for each in records] or not on_record.issuperset(names):
        raise TamperedError("a transcript of another place that is not on record", _FOLDER)
    return records


def is_about(record: Transcript, plan: str, fingerprint: str) -> bool:
    """True for the record of a sitting over this plan, and no other, with this review; SHA-256 of both, in hex."""
    plans = {each.inputs["plan"] for each in record.entries if "plan" in each.inputs}
    reviews = {each.outputs.get("fingerprint") for each in record.entries if each.action == "reviewed"}
    return plans == {plan} and fingerprint in reviews


def _name(record: Transcript) -> str:
    return f"{_FOLDER}{record.head}.jsonl"
