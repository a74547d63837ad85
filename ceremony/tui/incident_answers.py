"""What somebody has answered about an emergency, and what follows from it: the incident, its plan, its playbook."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ceremony.core.before import Before
from ceremony.core.plan import Incident, OnlineKey, Plan
from ceremony.core.plan_emergency import Fate, emergency_plan, incident_of, unmade_online_key, wants_next_key
from ceremony.core.playbook import Playbook, playbook

_UNSAID = "(what has happened)"
"""What stands in the bulletin while nobody has said why there is one."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The reason as it was typed, what has become of the keys of people, by name, and of the online key.

    `next_key` is the online signer's next key, None while its file is not here.
    """

    reason: str
    fates: Mapping[str, Fate]
    online: Fate
    next_key: OnlineKey | None = None

    def incident(self, before: Before) -> Incident:
        """What has happened; it has no keys while none was struck."""
        stolen, lost = (
            [name for name, fate in self.fates.items() if fate is wanted] for wanted in (Fate.STOLEN, Fate.LOST)
        )
        return incident_of(before, self.reason, stolen=stolen, lost=lost, online=self.online)

    def wants_next_key(self, before: Before) -> bool:
        """True when the online signer has to have another key: its own was struck, or every key is renewed."""
        return wants_next_key(self.incident(before), before)

    def plan(self, before: Before, last: Plan, now: datetime) -> Plan:
        """The plan that answers it.

        Raises: TamperedError if a keyholder of `last` has no key on record.
        """
        next_key = self.next_key if self.wants_next_key(before) else None
        return emergency_plan(before, last, self.incident(before), now, next_key)

    def playbook(self, before: Before, last: Plan, now: datetime) -> Playbook:
        """The playbook, which is whole before the reason is said and before the next key is here.

        Raises: TamperedError, as `plan`, or if what is trusted has no targets.
        """
        # The key is made while people act by the playbook. Which roles are signed because of it is certain already.
        foreseen = replace(self, reason=self.reason or _UNSAID, next_key=self.next_key or unmade_online_key())
        return playbook(foreseen.plan(before, last, now), foreseen.incident(before), before)
