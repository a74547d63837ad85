"""What a playbook is worked out from: a plan with its incident, what is trusted, and what follows from the two."""

from dataclasses import dataclass

from ceremony.core.before import Before
from ceremony.core.left_roles import next_version
from ceremony.core.plan import Incident, Plan, instant_text
from ceremony.core.plan_after import ends_of
from ceremony.core.quorum_cautions import listed
from ceremony.core.struck_keys import StruckQuorum, online_keys, struck_quorums


@dataclass(frozen=True, slots=True)
class PlaybookCase:
    """A plan, its incident, and what is trusted today."""

    plan: Plan
    incident: Incident
    before: Before

    @property
    def quorums(self) -> tuple[StruckQuorum, ...]:
        """What the incident leaves of each quorum of keyholders, root first."""
        return struck_quorums(self.incident, self.before)

    @property
    def root(self) -> StruckQuorum:
        """What it leaves of root's."""
        return self.quorums[0]

    @property
    def is_in_band(self) -> bool:
        """True when a root can follow the one of today, or need not."""
        return not self.root.is_out_of_reach

    @property
    def is_online_stolen(self) -> bool:
        """True when somebody else may have the online key."""
        return not {*online_keys(self.before)}.isdisjoint(self.incident.stolen)

    @property
    def is_online_lost(self) -> bool:
        """True when nobody has the online key any more."""
        return not {*online_keys(self.before)}.isdisjoint(self.incident.lost)

    @property
    def changes_online_key(self) -> bool:
        """True when the online signer has another key afterwards, or has to have one."""
        has_to = self.is_online_stolen or self.is_online_lost or self.root.is_forgeable
        return has_to or self.plan.online_key.keyid() not in online_keys(self.before)

    @property
    def can_forge_targets(self) -> bool:
        """True when a thief can show targets of their own to clients that have the root of today."""
        return self.is_online_stolen or self.root.is_forgeable

    @property
    def online_delegations(self) -> tuple[str, ...]:
        """The roles before bins that the online key signs."""
        return tuple(each.name for each in self.plan.delegations if each.is_online)

    @property
    def struck_people(self) -> tuple[str, ...]:
        """Whose keys it struck, as far as the record tells."""
        found = (self.before.holder_of(keyid) for keyid in self.incident.keyids)
        return tuple(dict.fromkeys(each.keyholder for each in found if each is not None))

    @property
    def next_root(self) -> str:
        """The name of the root that follows."""
        return f"{next_version('root', self.before)}.root.json"

    @property
    def published(self) -> str:
        """What the online signer writes when the release is delivered, in its order."""
        offline = [f"{next_version(role, self.before)}.{role}.json" for role in self.plan.expires if role != "root"]
        bins = ["every bin anew"] if self.changes_online_key else []
        root = [self.next_root] if "root" in self.plan.expires else []
        if self.changes_online_key and not self.is_online_lost:
            # Which of the two is the very last, the signer decides once it sees who has signed targets.
            return f"{', '.join([*bins, *offline, 'snapshot'])}, and {listed(['timestamp.json', *root])} last"
        return f"{', '.join([*bins, *offline, 'snapshot', *root])}, and timestamp.json last"

    @property
    def is_gapless(self) -> bool:
        """True when the two online keys together are certain to refuse no client: the old root has a say in targets.

        It has one where targets stays, or where enough of its keys are among the signatures, whoever signs.
        """
        if "targets" not in self.plan.expires:
            return True
        targets = next(each for each in self.quorums if each.role == "targets")
        old = {*self.before.keyids("targets")}
        others = sum(holder.keyid not in old for holder in self.plan.holders_of("targets"))
        return self.plan.thresholds["targets"] - others >= targets.threshold

    @property
    def dropped(self) -> str:
        """What no cache may go on with."""
        root = [f"that {self.next_root} was not there (404)"] if "root" in self.plan.expires else []
        return listed(["timestamp.json", *root])

    @property
    def last_day(self) -> str:
        """When the first offline role of today ends."""
        return instant_text(min(ends_of(self.before).values()))

    @property
    def deceived_until(self) -> str:
        """Up to when a thief of the online key can deceive a client that is kept from the new root."""
        ends = ends_of(self.before)
        role = min((role for role in ("root", "bins") if role in ends), key=lambda role: ends[role])
        return f"{instant_text(ends[role])}, when {role} {self.before.files[role].version} ends"
