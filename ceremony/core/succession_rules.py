"""The rules that new metadata keeps beside what it follows: the right root, no change in silence, nothing orphaned."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256

from tuf.api.metadata import Targets

from ceremony.core import strict_json
from ceremony.core.before import Before
from ceremony.core.bin_delegation import bin_names, names_of_bins
from ceremony.core.draft import REHEARSAL_FIELD, REPOSITORY_FIELD, Draft, draft
from ceremony.core.keys import spelling_trouble
from ceremony.core.left_out import is_by_others, lost_names
from ceremony.core.left_roles import left_roles
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.policy import DELEGATED_ROLE
from ceremony.core.rules import Objection, RuleBook
from ceremony.core.signed import root_of, targets_of
from ceremony.core.strict_json import Json
from ceremony.core.tally import quorums_of, tally
from ceremony.core.tree import Tree, roles_below, tree_of

_OWN = ("version", "expires", "spec_version")
"""What a refresh changes, and nothing else; the last follows the library that writes metadata, and nobody's wish."""

_SHOWN, _LETTERS = 6, 200


@dataclass(frozen=True)  # without slots, so that what the rules ask for again and again is read once
class SuccessionCase:
    """A draft beside what it follows."""

    draft: Draft
    before: Before

    @cached_property
    def tree(self) -> Tree:
        """What is trusted, as a tree: which roles keyholders sign today, and which the online key signs."""
        return tree_of(self.before.files.values())

    @cached_property
    def targets(self) -> Targets:
        """The trusted targets; empty ones where they are not shown."""
        file = self.before.file("targets")
        return targets_of(file) if file else Targets()


SUCCESSION_RULES: RuleBook[SuccessionCase] = RuleBook()


@SUCCESSION_RULES.rule("TRUSTED-ROOT", "TUF 5.3.3: root N+1 follows root N")
def trusted_root(case: SuccessionCase) -> None:
    """The plan names, by version and hash, the very root that is trusted here."""
    root, planned = case.before.trusted.root, case.draft.plan.trusted
    found = (root.version, sha256(root.payload).hexdigest())
    if planned is None or (planned.version, planned.sha256) != found:
        named = f"root {planned.version}, {planned.sha256[:16]}" if planned else "a plan that names no root"
        raise Objection(named, f"root {found[0]}, {found[1][:16]}, which is trusted here")


@SUCCESSION_RULES.rule("REPOSITORY-SAME", "a rehearsal and the real thing, and two repositories, never share a chain")
def repository_same(case: SuccessionCase) -> None:
    """What follows a root of ours is about the same repository, and is a rehearsal if that was one."""
    marks = root_of(case.before.trusted.root).unrecognized_fields
    plan = case.draft.plan
    if REPOSITORY_FIELD not in marks:
        return  # made by others, who name no repository in metadata
    if marks[REPOSITORY_FIELD] != plan.repository:
        raise Objection(f"a plan for {plan.repository}", f"one for {marks[REPOSITORY_FIELD]}")
    if (marks.get(REHEARSAL_FIELD) is True) != plan.is_rehearsal:
        words = ("the real thing", "a rehearsal")
        raise Objection(f"{words[plan.is_rehearsal]} after {words[not plan.is_rehearsal]}", "the same kind")


@SUCCESSION_RULES.rule("DELEGATED-SHOWN", "TUF 5.6.4: what comes next is known only from what is there")
def delegated_shown(case: SuccessionCase) -> None:
    """Every offline role to which the trusted targets delegates has its file in what is followed."""
    offline = [role for role in case.tree.offline if role in roles_below(case.targets)]
    for role in offline:
        # What a plan cannot name, or leaves out by name, never comes back: its version matters to nobody.
        is_named = re.fullmatch(DELEGATED_ROLE, role) and role not in case.draft.plan.leaves_out
        if is_named and role not in case.before.files:
            raise Objection(f"no {role} in what is followed", f"the newest {role}.json, to which targets delegates")


@SUCCESSION_RULES.rule("TARGETS-KEPT", "what others made is taken over whole; nothing in it vanishes")
def targets_kept(case: SuccessionCase) -> None:
    """Nothing that others wrote is lost in silence: what is not carried on, the plan leaves out by its name."""
    if not is_by_others(case.before):
        return  # what changes in metadata of ours, the plan states in fields of its own
    lost = [name for name in lost_names(case.draft, case.before) if name not in case.draft.plan.leaves_out]
    if lost:
        shown = ", ".join(lost[:_SHOWN]) + (f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else "")
        raise Objection(f"a draft without {shown}", "the same in the plan, or each name under leaves_out")


@SUCCESSION_RULES.rule("KEY-SPELLED", "TUF 4.2.1, 4.2.2; clients warn of old keytypes, and one day drop them")
def key_spelled(case: SuccessionCase) -> None:
    """A key that is kept stands in metadata as clients of today write it: a keytype of today, in its one spelling."""
    for holder in case.draft.plan.keyholders:
        fields = case.before.key(holder.keyid) if holder.keyid else None
        trouble = "" if fields is None else spelling_trouble(fields)
        if fields is not None and trouble:
            told = f"{fields.get('keytype')}/{fields.get('scheme')}"[:_LETTERS]
            raise Objection(f"the key of {holder.name}, {told}: {trouble}"[:_LETTERS], "a key that is made anew")


@SUCCESSION_RULES.rule("KEY-KEPT", "TUF 4.2.1: a key is known by its keyid")
def key_kept(case: SuccessionCase) -> None:
    """A keyholder who keeps a key keeps one that is trusted today for an offline role, and no other."""
    trusted = {keyid for role in case.before.files for keyid in case.before.keyids(role)}
    for holder in case.draft.plan.keyholders:
        enrolment = case.draft.roster.of(holder.name)
        if holder.keyid and (holder.keyid not in trusted or enrolment is None or enrolment.keyid != holder.keyid):
            raise Objection(f"key {holder.keyid[:16]} kept by {holder.name}", "a key that is trusted and is theirs")
        if holder.keyid and enrolment is not None and enrolment.key["scheme"] != holder.scheme:
            raise Objection(f"{holder.name}: {holder.scheme}", f"{enrolment.key['scheme']}, as the key that is kept")


@SUCCESSION_RULES.rule("KEY-LEAVES", "TUF 5.3.4: root N+1 is signed by keys of root N")
def key_leaves(case: SuccessionCase) -> None:
    """Whoever the plan says signs a last time has a key that root trusts today, and that nobody keeps."""
    kept = {holder.keyid for holder in case.draft.plan.keyholders}
    for each in case.draft.plan.leaving:
        if each.keyid not in case.before.keyids("root") or each.keyid in kept:
            raise Objection(f"key {each.keyid[:16]} of {each.name}, who leaves", "a key of today's root that leaves it")


@SUCCESSION_RULES.rule("REFRESH-ONLY", "a refresh is agreed to quickly, because nothing else can be in it")
def refresh_only(case: SuccessionCase) -> None:
    """A refresh changes version and end, and not one byte besides (but for the specification that is named)."""
    if case.draft.plan.kind != "refresh":
        return
    for file in case.draft.files:
        before = case.before.file(file.role)
        if before is None or _rest(before) != _rest(file):
            raise Objection(f"{file.name} with other changes", "version and expiry alone; for more, plan a rotation")


@SUCCESSION_RULES.rule("DELEGATION-ONLY", "routine is quick, because nobody's power over the repository is in it")
def delegation_only(case: SuccessionCase) -> None:
    """A ceremony of kind delegation signs no root: it changes what targets and the roles below it hand on."""
    if case.draft.plan.kind == "delegation" and "root" in case.draft.plan.expires:
        raise Objection("a delegation that signs root", "targets, bins and delegated roles alone; for root, a rotation")


@SUCCESSION_RULES.rule("DELEGATION-HAND", "TUF 5.5.5, 6.1: one name, one kind of key; what people vouched for stays so")
def delegation_hand(case: SuccessionCase) -> None:
    """No delegation goes over from keyholders to the online key under its name, nor the other way; not even later."""
    left = left_roles(case.targets)
    by_people = {*case.tree.before_bins, *(name for name, version in left.items() if version)}
    by_signer = {*case.tree.online, *(name for name, version in left.items() if not version)}
    for each in case.draft.plan.delegations:
        if each.name in (by_people if each.is_online else by_signer):
            words = ("keyholders", "the online key")
            raise Objection(
                f"{each.name}, which {words[not each.is_online]} signed, for {words[each.is_online]}",
                f"another name for what {words[each.is_online]} will sign",
            )


@SUCCESSION_RULES.rule("BINS-KEPT", "TUF 5.5.5: clients refuse a snapshot from which a role has vanished")
def bins_kept(case: SuccessionCase) -> None:
    """Every bin keeps its name, unless the online key changes too: then clients forget the snapshots before."""
    before = case.before.file("bins")
    if before is None:
        return
    plan = case.draft.plan
    old, new = names_of_bins(targets_of(before)), bin_names(plan.bins.count)
    gone = old.difference(new)
    online = root_of(case.draft.file("root")).roles["snapshot"].keyids
    if gone and {*online} & {*root_of(case.before.trusted.root).roles["snapshot"].keyids}:
        raise Objection(
            f"{len(gone)} of {len(old)} bins whose names are gone, such as {min(gone)}",
            f"names that stay ({_growths(len(old))}), or another online key in the same ceremony",
        )


@SUCCESSION_RULES.rule("CHANGE-SIGNED", "the plan states the whole change")
def change_signed(case: SuccessionCase) -> None:
    """A role that is not signed in this ceremony is as the plan says already: nothing in the plan goes unsigned."""
    plan = case.draft.plan
    for role in plan.offline_roles:
        before = case.before.file(role)
        if role in plan.expires:
            continue
        wanted = draft(replace(plan, expires={role: plan.window.closes}), case.draft.roster, case.before).file(role)
        if before is None or _rest(before) != _rest(wanted):
            raise Objection(f"{role} as it stands, which the plan changes", f"an end for {role} under [expires]")


@SUCCESSION_RULES.rule("STANDS-SIGNED", "TUF 5.6.3: clients verify targets by the newest root")
def stands_signed(case: SuccessionCase) -> None:
    """What stays unsigned in this ceremony still has its quorum under the keys that will hold."""
    roles = case.draft.plan.offline_roles
    kept = [role for role in roles if role != "root" and role not in case.draft.plan.expires]
    absent = next((role for role in kept if case.before.file(role) is None), None)
    if absent is not None:
        raise Objection(f"{absent}: neither in what is followed nor signed now", f"an end for {absent} under [expires]")
    stray = next((role for role in roles[2:] if role not in roles_below(targets_of(case.draft.file("targets")))), None)
    if stray is not None:
        raise Objection(f"targets as it stands, which names no {stray}", "an end for targets under [expires]")
    holds = tuple(case.draft.file(role) for role in roles)
    for standing in tally(holds, quorums_of(holds)):
        if standing.role in kept and not standing.is_complete:
            raise Objection(
                f"{standing.role}: {len(standing.signed)} of {standing.threshold} signatures under the new keys",
                f"an end for {standing.role} under [expires], so that it is signed anew",
            )


def _growths(count: int) -> str:
    """Which numbers of bins keep the names that so many bins have."""
    names = {*bin_names(count)} if count & (count - 1) == 0 else set()
    fits = [1 << bits for bits in range(1, 15) if names and names <= {*bin_names(1 << bits)}]
    return "as with " + " or ".join(str(each) for each in fits) + " bins" if fits else "no other number keeps them"


def rest_of(file: MetadataFile) -> Mapping[str, Json]:
    """What a file says besides its version and its end."""
    return _rest(file)


def _rest(file: MetadataFile) -> Mapping[str, Json]:
    signed = strict_json.decode_canonical(file.payload, file.name)
    return {name: value for name, value in signed.items() if name not in _OWN} if isinstance(signed, Mapping) else {}
