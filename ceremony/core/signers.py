"""Who signs in a ceremony, each with which device: the keyholders of the plan, and those whose keys count once more."""

from dataclasses import dataclass

from ceremony.core.before import Before
from ceremony.core.plan import Keyholder, Plan
from ceremony.core.roster import Enrolment, Roster
from ceremony.core.struck_keys import struck_quorums
from ceremony.core.unseen_keys import unseen_key

_KEYID_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody with one device. `enrolment` is None while there is none yet.

    `leaves` marks a key that counts under the trusted root alone: of somebody who leaves, or a device that is replaced.
    """

    holder: Keyholder
    enrolment: Enrolment | None
    leaves: bool = False

    @property
    def id(self) -> str:
        """What tells this signer from the others of the ceremony; a keyholder of the plan goes by name alone."""
        if not self.leaves:
            return self.holder.name
        serial = self.enrolment.serial if self.enrolment else ""
        return f"{self.holder.name} with {serial or f'key {self.holder.keyid[:_KEYID_DIGITS]}'}"


def signers_of(plan: Plan, roster: Roster, before: Before | None) -> tuple[Signer, ...]:
    """Every signer of the ceremony: the plan's keyholders in its order, then the keys that count once more.

    Those sign root alone, and only where root is signed and their holders are on record, or named in the plan. Whoever
    has a key that an incident struck is asked for it only where the others are too few.
    """
    staying = tuple(Signer(holder, roster.of(holder.name)) for holder in plan.keyholders)
    if before is None or "root" not in plan.expires:
        return staying
    kept = {holder.keyid for holder in plan.keyholders if holder.keyid}
    silent = kept.union(spared_keys(plan, before))
    old = (_last_holder(plan, before, keyid) for keyid in before.keyids("root") if keyid not in silent)
    return (*staying, *(Signer(_as_holder(each), each, leaves=True) for each in old if each is not None))


def spared_keys(plan: Plan, before: Before) -> frozenset[str]:
    """The keys of the trusted root that an incident struck, and that nobody is asked for."""
    if plan.incident is None:
        return frozenset()
    root = struck_quorums(plan.incident, before)[0]
    return frozenset((*root.lost, *(() if root.needs_stolen else root.stolen)))


def _last_holder(plan: Plan, before: Before, keyid: str) -> Enrolment | None:
    """Who holds this key: by the record, or else by the plan, and then on a device that nobody has seen yet."""
    known, key = before.holder_of(keyid), before.key(keyid)
    named = next((each for each in plan.leaving if each.keyid == keyid), None)
    if known is not None or named is None or key is None:
        return known
    return unseen_key(Keyholder(named.name, ("root",), device=named.device), key)


def _as_holder(found: Enrolment) -> Keyholder:
    scheme = str(found.key.get("scheme"))
    return Keyholder(found.keyholder, ("root",), scheme, found.serial, keyid=found.keyid)
