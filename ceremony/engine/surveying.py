"""A repository that others have made, as it lies in a folder: surveyed, and judged as this machine would trust it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from ceremony.core.findings import CLIENTS
from ceremony.core.foreign import Survey, survey
from ceremony.core.trusted import decode_published, published_names, trust
from ceremony.engine.repository import read_repository
from ceremony.errors import RefusedError, TamperedError

State = Literal["good", "caution", "refused"]
"""Good is what every client takes to the end; caution is what this machine trusts, and some client does not take."""


@dataclass(frozen=True, slots=True)
class LookedThrough:
    """The survey of a folder, and why this machine would not trust what lies there, None if it would.

    `is_pinned` is false where nobody named a root: the survey begins with the oldest one, for which nobody vouches.
    """

    survey: Survey
    is_pinned: bool
    refusal: RefusedError | TamperedError | None

    def state(self, now: datetime) -> State:
        """How it stands at this moment."""
        if self.refusal is not None:
            return "refused"
        found = self.survey
        is_taken = all(found.reaches(client) and not found.stopped(client) for client in CLIENTS)
        return "good" if is_taken and not found.expired(now) else "caution"


def look_through(folder: Path, pinned: bytes | None = None) -> LookedThrough:
    """The published folder, looked through from the root `pinned` on, or else from its oldest root that is metadata.

    Raises: TamperedError if the pinned root is no metadata, no root in the folder is, or the folder holds what no
    repository does; StorageError.
    """
    files = read_repository(folder, with_online=True)
    first = _oldest(files) if pinned is None else pinned
    return LookedThrough(survey(first, files), pinned is not None, _refusal(first, files))


def _oldest(files: Mapping[str, bytes]) -> bytes:
    versions = published_names("root", files)
    # A name that tells no version is that of the newest root.
    for name in sorted(versions, key=lambda each: (versions[each] is None, versions[each] or 0)):
        try:
            decode_published(files[name], "root", name)
        except TamperedError:
            continue
        return files[name]
    raise TamperedError("no root that is metadata", ", ".join(sorted(versions)[:3]))


def _refusal(pinned: bytes, files: Mapping[str, bytes]) -> RefusedError | TamperedError | None:
    try:
        trust(pinned, files)
    except (RefusedError, TamperedError) as error:
        return error
    return None
