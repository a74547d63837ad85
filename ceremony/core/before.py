"""What a ceremony follows: what is trusted already, and who holds the keys of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ceremony.core import strict_json
from ceremony.core.listed_keys import listed_keys
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.roster import Enrolment, Roster
from ceremony.core.signed import root_of, targets_of
from ceremony.core.strict_json import Json
from ceremony.core.trusted import Trusted


@dataclass(frozen=True, slots=True)
class Before:
    """What is trusted, and the roster of the ceremony before, as far as it is known; keys count, names only tell."""

    trusted: Trusted
    roster: Roster = field(default_factory=Roster)

    @property
    def files(self) -> Mapping[str, MetadataFile]:
        """The trusted files that hold today, by role: the last root, targets, and what targets delegates to offline."""
        return {"root": self.trusted.root, **self.trusted.targets}

    def file(self, role: str) -> MetadataFile | None:
        """The trusted file of this role; None where there is none."""
        return self.trusted.file(role)

    def holder_of(self, keyid: str) -> Enrolment | None:
        """Who holds this key, if the roster knows."""
        return next((each for each in self.roster.enrolments if each.keyid == keyid), None)

    def key(self, keyid: str) -> Mapping[str, Json] | None:
        """The fields of this key as root or targets lists it today, whatever others wrote into it; None if neither."""
        for role in ("root", "targets"):
            file = self.file(role)
            found = listed_keys(strict_json.decode_canonical(file.payload, file.name)) if file else {}
            if keyid in found:
                return found[keyid]
        return None

    def keyids(self, role: str) -> tuple[str, ...]:
        """The keys that may sign this offline role today, in the order of the metadata; none where it has no keys."""
        root = root_of(self.trusted.root)
        if role in root.roles:
            return tuple(root.roles[role].keyids)
        targets = self.trusted.file("targets")
        delegations = targets_of(targets).delegations if targets else None
        found = (delegations.roles or {}).get(role) if delegations else None
        return tuple(found.keyids) if found else ()
