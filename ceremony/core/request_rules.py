"""The rules that a change request keeps: its path, so that every client reads the same bytes; and what it asks for."""

import re
import unicodedata
from dataclasses import dataclass

from ceremony.core.rules import Objection, RuleBook

PATH_BYTES = 1024
SEGMENT_BYTES = 255
NAME_BYTES = SEGMENT_BYTES - len("." + "0" * 64)
"""A file name has 255 bytes on common file systems; the last segment shares it with the hash of the content."""

_NOT_PLAIN = re.compile(r"[\x00-\x1f\x7f\"\\\ud800-\udfff]")
_NOT_IN_URL = re.compile(r"[?#%]")
_NO_NAMES = frozenset({"", ".", ".."})


@dataclass(frozen=True, slots=True)
class RequestCase:
    """A request for one path, as it stands when everything that waits is published; None stands for no target.

    `wanted` and `found` are entries of metadata; `others` are the requests made together with this one.
    """

    path: str
    wanted: bytes | None
    found: bytes | None
    others: tuple[tuple[str, bytes | None], ...]
    has_delivery: bool


PATH_RULES: RuleBook[str] = RuleBook()
REQUEST_RULES: RuleBook[RequestCase] = RuleBook()


@PATH_RULES.rule("PATH-PRESENT", "TUF 4.5: TARGETPATH")
def path_present(path: str) -> None:
    """A path is not empty."""
    if not path:
        raise Objection("an empty path", "a path such as packages/demo-1.0.tar.gz")


@PATH_RULES.rule("PATH-PLAIN", "canonical JSON: clients differ on how these characters are written")
def path_plain(path: str) -> None:
    """A path holds no control character, no delete, no quote, no backslash, and nothing that UTF-8 cannot write."""
    found = _NOT_PLAIN.search(path)
    if found:
        raise Objection(
            f"the character U+{ord(found[0]):04X}", "a path without control characters, quotes, backslashes"
        )


@PATH_RULES.rule("PATH-NORMAL", "canonical JSON: some clients normalise text to NFC")
def path_normal(path: str) -> None:
    """A path is in Unicode's normal form C."""
    if not unicodedata.is_normalized("NFC", path):
        raise Objection("a name in another Unicode form", f"NFC: {unicodedata.normalize('NFC', path)}")


@PATH_RULES.rule("PATH-RELATIVE", "TUF 4.5: TARGETPATH is relative to the base URL of targets")
def path_relative(path: str) -> None:
    """A path is relative, and has no empty segment, no `.` and no `..`."""
    segments = path.split("/")
    if not _NO_NAMES.isdisjoint(segments):
        wrong = next(segment for segment in segments if segment in _NO_NAMES)
        raise Objection(f"{path[:80]} with the segment {wrong!r}", "a relative path of named segments")


@PATH_RULES.rule("PATH-URL", "clients put the path into a URL as it stands")
def path_url(path: str) -> None:
    """A path holds none of the three characters that change their meaning in a URL."""
    found = _NOT_IN_URL.search(path)
    if found:
        raise Objection(f"the character {found[0]}", "a path without ? # %, so that clients can ask for it")


@PATH_RULES.rule("PATH-LENGTH", "file systems and clients have limits")
def path_length(path: str) -> None:
    """A path is 1024 bytes long at most, and each of its segments fits into a file name with the hash before it."""
    if len(path.encode()) <= NAME_BYTES:
        # No segment is longer than the whole.
        return
    *folders, name = (len(segment.encode()) for segment in path.split("/"))
    if sum(folders) + len(folders) + name > PATH_BYTES:
        raise Objection(f"a path of {len(path.encode())} bytes", f"{PATH_BYTES} bytes or less")
    if name > NAME_BYTES or max(folders, default=0) > SEGMENT_BYTES:
        raise Objection("an overlong segment", f"names of {NAME_BYTES} bytes or less, folders of {SEGMENT_BYTES}")


@REQUEST_RULES.rule("DELIVERED-FIRST", "TUF 4.5: only a delegation gives a target its role")
def delivered_first(case: RequestCase) -> None:
    """Targets are taken in once a ceremony's release has been delivered."""
    if not case.has_delivery:
        raise Objection("a signer to which nothing was delivered yet", "a delivered release, before any target")


@REQUEST_RULES.rule("TARGET-PRESENT", "a mistyped path must not pass for a removal")
def target_present(case: RequestCase) -> None:
    """Only a target that is there can be removed."""
    if case.wanted is None and case.found is None:
        raise Objection(f"no target {case.path}", "the path of a published target")


@REQUEST_RULES.rule("PATH-ONCE", "one publication has one entry for one path")
def path_once(case: RequestCase) -> None:
    """Requests that are made together do not contradict one another about a path."""
    if any(path == case.path and wanted != case.wanted for path, wanted in case.others):
        raise Objection(f"{case.path} twice, with different contents", "one request for each path")
