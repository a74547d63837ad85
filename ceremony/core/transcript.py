"""The record of a ceremony: entries that people were told, chained by hash so that a changed one is noticed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256

from ceremony.core import strict_json
from ceremony.core.plan import instant_text
from ceremony.core.strict_json import Json
from ceremony.errors import TamperedError

BEGINNING = "0" * 64
"""What the first entry names as the hash of its predecessor."""

TEXT_LETTERS = 4096
"""Letters of one text of an entry; what is longer is cut, and ends in three dots: nobody fills a record with a note."""

# Control characters, halves of surrogate pairs, and what turns the direction of writing: a record shows what it says.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_TEXT_FIELDS = ("action", "note", "person", "result", "serial", "step", "time")
_HASH_FIELDS = ("inputs", "outputs")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, as it was told. Times are UTC; inputs and outputs go name -> SHA-256 in hex.

    `result` is "done", "refused", "stopped" or "paused"; `note` is the sentence that people saw.
    """

    time: datetime
    step: str
    person: str
    action: str
    note: str
    result: str = "done"
    serial: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transcript:
    """All entries, in order, each with the line that holds it."""

    entries: tuple[Entry, ...] = ()
    lines: tuple[bytes, ...] = ()

    @property
    def head(self) -> str:
        """The SHA-256 of the last line, in hex: it stands for the whole record."""
        return sha256(self.lines[-1]).hexdigest() if self.lines else BEGINNING

    def add(self, entry: Entry) -> "Transcript":
        """The transcript with one more entry, at whole seconds; characters that a line cannot show become spaces.

        A text of more than TEXT_LETTERS is cut.
        """
        whole = _fit(_short(entry))
        line = _line(whole, len(self.lines) + 1, self.head)
        return Transcript((*self.entries, whole), (*self.lines, line))

    def encode(self) -> bytes:
        """One line of canonical JSON for each entry."""
        return b"".join(line + b"\n" for line in self.lines)


def decode_transcript(data: bytes, where: str) -> Transcript:
    """The transcript in `data`, every link of its chain checked.

    Raises: TamperedError, naming `where` and the line, if anything but what `Transcript.encode` writes is found.
    """
    if data and not data.endswith(b"\n"):
        raise TamperedError("the last line is cut off", where)
    lines = tuple(data.split(b"\n")[:-1])
    entries: list[Entry] = []
    previous = BEGINNING
    for number, line in enumerate(lines, start=1):
        place = f"{where}, line {number}"
        entries.append(_fit(_entry(strict_json.decode(line, place), place)))
        if _line(entries[-1], number, previous) != line:
            raise TamperedError("the chain of hashes is broken", place)
        previous = sha256(line).hexdigest()
    return Transcript(tuple(entries), lines)


def _short(entry: Entry) -> Entry:
    """The entry with texts that are short enough for a record; one that is read again may be older than the limit."""
    return replace(
        entry,
        step=_cut(entry.step),
        person=_cut(entry.person),
        action=_cut(entry.action),
        note=_cut(entry.note),
        result=_cut(entry.result),
        serial=_cut(entry.serial),
    )


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_LETTERS else f"{text[: TEXT_LETTERS - 3]}..."


def _fit(entry: Entry) -> Entry:
    return replace(
        entry,
        time=entry.time.astimezone(UTC).replace(microsecond=0),
        step=_UNFIT.sub(" ", entry.step),
        person=_UNFIT.sub(" ", entry.person),
        action=_UNFIT.sub(" ", entry.action),
        note=_UNFIT.sub(" ", entry.note),
        result=_UNFIT.sub(" ", entry.result),
        serial=_UNFIT.sub(" ", entry.serial),
    )


def _line(entry: Entry, number: int, previous: str) -> bytes:
    return strict_json.encode_file(
        {
            "action": entry.action,
            "inputs": dict(entry.inputs),
            "note": entry.note,
            "number": number,
            "outputs": dict(entry.outputs),
            "person": entry.person,
            "previous": previous,
            "result": entry.result,
            "serial": entry.serial,
            "step": entry.step,
            "time": instant_text(entry.time),
        }
    )


def _entry(value: Json, place: str) -> Entry:
    fields = value if isinstance(value, Mapping) else {}
    texts = {name: fields.get(name) for name in _TEXT_FIELDS}
    hashes = {name: fields.get(name) for name in _HASH_FIELDS}
    if not all(isinstance(text, str) for text in texts.values()):
        raise TamperedError("an entry with missing fields", place)
    if not all(isinstance(each, Mapping) for each in hashes.values()):
        raise TamperedError("an entry with missing fields", place)
    return _made(texts, hashes, place)


def _made(texts: Mapping[str, object], hashes: Mapping[str, object], place: str) -> Entry:
    try:
        time = datetime.strptime(str(texts["time"]), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise TamperedError("an entry without a time", place) from error
    others = {name: str(text) for name, text in texts.items() if name != "time"}
    inputs, outputs = (_hashes(hashes[name]) for name in _HASH_FIELDS)
    return Entry(time=time, inputs=inputs, outputs=outputs, **others)


def _hashes(found: object) -> dict[str, str]:
    return {str(name): str(digest) for name, digest in found.items()} if isinstance(found, Mapping) else {}
