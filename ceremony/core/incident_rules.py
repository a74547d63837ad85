"""The rules of an emergency: what was struck signs nothing any more, and haste lowers no bar.

SUCCESSION_RULES hold already: the draft follows what is trusted. On ceremonies of other kinds these say nothing.
"""

from collections.abc import Collection, Iterator, Mapping

from securesystemslib.signer import Key
from tuf.api.metadata import Delegations

from ceremony.core.draft import Draft
from ceremony.core.quorum_health import same_key
from ceremony.core.rules import Objection, RuleBook
from ceremony.core.signed import root_of, targets_of
from ceremony.core.struck_keys import struck_quorums, trusted_keys
from ceremony.core.succession_rules import SuccessionCase

INCIDENT_RULES: RuleBook[SuccessionCase] = RuleBook()


@INCIDENT_RULES.rule("INCIDENT-KEYS", "what is not trusted needs no revocation; TUF 4.2.1")
def incident_keys(case: SuccessionCase) -> None:
    """Every key that an emergency calls stolen or lost is trusted today, for an offline role or as the online key."""
    incident = case.draft.plan.incident
    if incident is None:
        return
    trusted = trusted_keys(case.before)
    stray = next((keyid for keyid in incident.keyids if keyid not in trusted), None)
    if stray is not None:
        raise Objection(f"key {stray[:16]}, which nothing trusts today", "keys that root, targets or bins trusts")


@INCIDENT_RULES.rule("KEY-REVOKED", "PEP 458, In the Event of a Key Compromise; TUF 6.1")
def key_revoked(case: SuccessionCase) -> None:
    """After an emergency no key that was stolen or lost may sign anything, under whichever keyid."""
    incident = case.draft.plan.incident
    if incident is None:
        return
    trusted = trusted_keys(case.before)
    struck = {same_key(trusted[keyid]) for keyid in incident.keyids if keyid in trusted}
    role, keyid = _first_kept(case.draft, struck)
    if keyid:
        raise Objection(f"key {keyid[:16]}, which still signs {role}", f"{role} with other keys")


@INCIDENT_RULES.rule("ROOT-LEFT", "TUF 5.3.4: root N+1 is signed by a threshold of the keys of root N")
def root_left(case: SuccessionCase) -> None:
    """Nobody is called in for a root that cannot be signed: enough keys of the trusted one are left, stolen or not."""
    incident = case.draft.plan.incident
    if incident is None or "root" not in case.draft.plan.expires:
        return
    root = struck_quorums(incident, case.before)[0]
    if root.is_out_of_reach:
        left = len(root.untouched) + len(root.stolen)
        raise Objection(f"{left} of the keys of {root.by} left", f"{root.threshold}, or another first root")


@INCIDENT_RULES.rule("ROOT-RENEWED", "PEP 458: root keys compromised, every key is replaced")
def root_renewed(case: SuccessionCase) -> None:
    """Where the stolen keys are enough to sign root, no key that is trusted today is trusted after the emergency."""
    incident = case.draft.plan.incident
    if incident is None or not struck_quorums(incident, case.before)[0].is_forgeable:
        return
    role, keyid = _first_kept(case.draft, {same_key(key) for key in trusted_keys(case.before).values()})
    if keyid:
        raise Objection(f"key {keyid[:16]}, which signs {role} as before", "new keys alone, in every role")


@INCIDENT_RULES.rule("QUORUM-KEPT", "PEP 458: t > 1 offline; whoever is in a hurry is pushed easily")
def quorum_kept(case: SuccessionCase) -> None:
    """An emergency lowers no threshold of a role that keyholders sign."""
    incident = case.draft.plan.incident
    for quorum in struck_quorums(incident, case.before) if incident else ():
        threshold = case.draft.plan.thresholds.get(quorum.role, quorum.threshold)
        if threshold < quorum.threshold:
            raise Objection(f"{quorum.role}: {threshold}", f"{quorum.threshold}, as before, or more")


def _first_kept(found: Draft, marks: Collection[str]) -> tuple[str, str]:
    """The first role that one of these keys may sign once the draft holds, and its keyid there; "" twice for none."""
    powers = ((role, keyid, key) for role, keys in _powers(found) for keyid, key in keys.items())
    return next(((role, keyid) for role, keyid, key in powers if same_key(key) in marks), ("", ""))


def _powers(found: Draft) -> Iterator[tuple[str, Mapping[str, Key]]]:
    """Who may sign each role, by keyid; the keys of projects are theirs to look after."""
    root = root_of(found.file("root"))
    for role, each in root.roles.items():
        yield role, {keyid: root.keys[keyid] for keyid in each.keyids}
    for delegator in ("targets", "bins"):
        delegations = targets_of(found.file(delegator)).delegations
        if delegations is not None:
            yield from _handed_on(delegations)


def _handed_on(delegations: Delegations) -> Iterator[tuple[str, Mapping[str, Key]]]:
    if delegations.roles is None:
        yield "bin-n", delegations.keys
    for role, each in (delegations.roles or {}).items():
        yield role, {keyid: delegations.keys[keyid] for keyid in each.keyids}
