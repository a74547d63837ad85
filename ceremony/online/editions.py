"""Roles at one version, and the publications that bring them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Edition:
    """One role at one version, until `expires` (UTC)."""

    version: int
    expires: datetime

    def next(self, expires: datetime) -> "Edition":
        """The edition after this one."""
        return Edition(self.version + 1, expires)


@dataclass(frozen=True, slots=True)
class Publication:
    """One timestamp and the snapshot under it; length and hash of the snapshot's file are empty until it is out.

    Every change request up to number `covers` is out with it, or was before; 0 where whoever wants to know has to look.
    """

    number: int
    at: datetime
    snapshot: Edition
    timestamp: Edition
    snapshot_length: int = 0
    snapshot_sha256: str = ""
    is_published: bool = False
    covers: int = 0
