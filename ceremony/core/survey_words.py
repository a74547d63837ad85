"""The survey of a repository in words, the same on a screen and on paper."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from ceremony.core.findings import CLIENTS, PYTHON_TUF, STRICT, Finding
from ceremony.core.foreign import Survey, Surveyed
from ceremony.core.quorum_cautions import listed

CLIENT_NAMES: Mapping[str, str] = MappingProxyType({PYTHON_TUF: "Clients on python-tuf", STRICT: "Strict clients"})
"""How the two kinds of clients are called."""

CLIENTS_MEANING = (
    "Strict clients, such as awslabs/tough, also refuse what python-tuf lets pass: keys under a wrong keyid above all."
)

UNVOUCHED = (
    "Nobody vouches for that root: whoever made this folder could have made all of it, and everything below would read "
    "the same. What follows says only whether the folder agrees with itself."
)
"""What it means that no root is pinned."""

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "unreadable": "Clients of today cannot read this file at all; the reason is in the parser's own words.",
        "size": "Clients stop reading before its end.",
        "fork": "Two roots of one version exist. That never happens by accident.",
        "gap": "Clients ask for each version in turn, and take a missing one for the end.",
        "quorum-new": "Too few of its own keys have signed it, so nobody can start from it or come to it.",
        "quorum-old": "Too few keys of the root before have signed it, so whoever trusts that one stays there.",
        "quorum": "Too few of the keys that may sign it have: clients refuse it.",
        "version-named": "What clients are told to take and what lies here are not of one version.",
        "expires-format": "The specification knows whole seconds in UTC, ending with Z.",
        "field-missing": "The specification requires it.",
        "signature-twice": "The specification allows one signature for each key.",
        "keyid-hash": "A keyid is the hash of its key; strict clients refuse the whole file where one is not.",
        "key-twice": "One signer would count twice towards a threshold.",
        "keyid-twice": "The specification wants each keyid once.",
        "scheme-unknown": "Signatures by such a key count for nothing.",
        "key-unusable": "The key is written in a way that clients of today cannot use: its signatures count nowhere.",
        "keyid-unlisted": "Nobody can sign with it; the threshold counts the other keys.",
        "keytype-deprecated": "The keytype is called like its scheme, as long ago; the key is as good as any.",
        "consistent-snapshot": "Files have no version in their names: clients can meet half of a publication.",
    }
)
"""What each finding means, by its name."""


@dataclass(frozen=True, slots=True)
class Found:
    """One kind of finding with everywhere it was found: names of files, and the finding in the first of them."""

    finding: Finding
    where: tuple[str, ...]


def title_of(found: Survey) -> str:
    """What was looked through, in one line."""
    first, last = found.roots[0].version, found.roots[-1].version
    roots = f"root {last}" if first == last else f"roots {first} to {last}"
    return listed([roots, *(f"{each.role} {each.version}" for each in found.files)])


def start_words(found: Survey, *, is_pinned: bool) -> str:
    """From which root everything is counted."""
    why = "the pinned one" if is_pinned else "the oldest one here"
    return f"Counted from root {found.pinned}, {why}."


def client_words(found: Survey, client: str) -> str:
    """How far clients of this kind come, in a few sentences."""
    name, start, last = CLIENT_NAMES[client], found.start(client), found.roots[-1].version
    if start is None:
        return f"{name} refuse root {last}: there is no root from which they could start."
    way = f"start with root {last}." if found.pinned == last else f"come from root {found.pinned} to root {last}."
    if start > found.pinned:
        way = f"do not come from root {found.pinned} to root {last}. The first root from which they do is root {start}."
    return " ".join([f"{name} {way}", *_at_the_end(found, client)])


def _at_the_end(found: Survey, client: str) -> Iterator[str]:
    stopped = [each.name for each in found.stopped(client)]
    if stopped:
        yield f"At the end they stop at {listed(stopped)}."
    elif found.files:
        yield "At the end they take every other file."


def advice(found: Survey, now: datetime) -> Iterator[str]:
    """What follows from a survey for whoever relies on the repository, as sentences; none where all is well."""
    starts = [found.start(client) for client in CLIENTS]
    known = [each for each in starts if each is not None]
    if len(known) < len(starts) or any(found.stopped(client) for client in CLIENTS):
        yield "What stops clients at the end can only be mended by whoever makes the repository: tell them."
    elif max(known) > found.pinned:
        yield (
            f"Whoever is to start today starts with root {max(known)}: every kind of client comes to the end from "
            "there. Compare it with what its keyholders have before you pin it. Clients that stop before the end need "
            "that root by another way."
        )
    if found.expired(now):
        yield "What has ended is renewed by whoever holds its keys; until then no client takes the repository."


def whom_words(stops: Sequence[str]) -> str:
    """Whom a finding stops, in a few words."""
    if set(stops) == {*CLIENTS}:
        return "stops every client"
    return f"stops {CLIENT_NAMES[stops[0]].casefold()}" if stops else "stops nobody"


def progress_words(file: Surveyed) -> tuple[str, str]:
    """How many signed a root for the root before it, and for itself; `-` where that cannot be counted."""
    by = {each.by: each.progress for each in file.standings}
    return by.get(f"root {file.version - 1}", "-"), by.get(f"root {file.version}", "-")


def found_in(found: Survey) -> tuple[Found, ...]:
    """Everything that was found, each kind once: what stops the most clients first, in the order of the files."""
    kinds: dict[tuple[str, tuple[str, ...]], list[tuple[str, Finding]]] = {}
    for file in (*found.roots, *found.files):
        for each in file.findings:
            kinds.setdefault((each.name, each.stops), []).append((file.name, each))
    grouped = (Found(each[0][1], tuple(dict.fromkeys(name for name, _ in each))) for each in kinds.values())
    return tuple(sorted(grouped, key=lambda each: -len(each.finding.stops)))
