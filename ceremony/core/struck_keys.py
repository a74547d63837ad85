"""What an incident leaves of each quorum: which of its keys are stolen, which are lost, and who can still sign."""

from collections.abc import Mapping
from dataclasses import dataclass

from securesystemslib.signer import Key

from ceremony.core.before import Before
from ceremony.core.plan_values import Incident
from ceremony.core.signed import root_of
from ceremony.core.tally import quorums_of


@dataclass(frozen=True, slots=True)
class StruckQuorum:
    """A quorum of keyholders as it is trusted today: its keys by keyid, each in one of three lots.

    Stolen are those that somebody else may have, lost those that nobody has; the others are untouched.
    """

    role: str
    by: str
    threshold: int
    stolen: tuple[str, ...]
    lost: tuple[str, ...]
    untouched: tuple[str, ...]

    @property
    def is_struck(self) -> bool:
        """True when it lacks a key."""
        return bool(self.stolen or self.lost)

    @property
    def is_forgeable(self) -> bool:
        """True when whoever has the stolen keys can sign the role alone."""
        return len(self.stolen) >= self.threshold

    @property
    def needs_stolen(self) -> int:
        """How many stolen keys have to sign too, because those that are untouched are too few."""
        return max(0, self.threshold - len(self.untouched))

    @property
    def is_out_of_reach(self) -> bool:
        """True when all the keys that somebody has together are too few."""
        return self.needs_stolen > len(self.stolen)


def struck_quorums(incident: Incident, before: Before) -> tuple[StruckQuorum, ...]:
    """Every quorum of keyholders that is trusted today, root first."""
    stolen, lost = incident.stolen, incident.lost
    return tuple(
        StruckQuorum(
            each.role,
            each.by,
            each.threshold,
            tuple(keyid for keyid in each.keys if keyid in stolen),
            tuple(keyid for keyid in each.keys if keyid in lost),
            tuple(keyid for keyid in each.keys if keyid not in incident.keyids),
        )
        for each in quorums_of(tuple(before.files.values()))
    )


def trusted_keys(before: Before) -> Mapping[str, Key]:
    """Every key that signs an offline role today, and the online key, by keyid."""
    quorums = quorums_of(tuple(before.files.values()))
    return {keyid: key for each in quorums for keyid, key in each.keys.items()} | online_keys(before)


def online_keys(before: Before) -> dict[str, Key]:
    """The keys that sign snapshot and timestamp today, and with them bins, by keyid."""
    root = root_of(before.trusted.root)
    keyids = (keyid for role in ("snapshot", "timestamp") for keyid in root.roles[role].keyids)
    # Others may name a keyid there without its key: that signs nothing.
    return {keyid: root.keys[keyid] for keyid in keyids if keyid in root.keys}
