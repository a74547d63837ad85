"""What a draft changes, in sentences: against nothing in an initial ceremony, else against what is trusted."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from securesystemslib.signer import Key
from tuf.api.metadata import Root, Targets

from ceremony.core.before import Before
from ceremony.core.byte_differences import silence, untold
from ceremony.core.changes import Change, listed, plan_changes
from ceremony.core.delegation_changes import delegation_changes
from ceremony.core.draft import LIFETIMES_FIELD, Draft
from ceremony.core.incident_changes import incident_changes
from ceremony.core.keys import true_keyid
from ceremony.core.left_out import is_by_others
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import instant_text
from ceremony.core.project_changes import project_changes
from ceremony.core.roster import Enrolment, Roster
from ceremony.core.signed import root_of, targets_of
from ceremony.core.tally import Quorum, quorums_of


def changes_of(found: Draft) -> tuple[Change, ...]:
    """What this draft changes, one sentence each, the most important first."""
    if found.before is None:
        return (*plan_changes(found.plan), *delegation_changes(found, None), *project_changes(found))
    claims = found.plan.claims
    differing = (
        *_beginning(found, found.before),
        *_keys(found, found.before),
        *_thresholds(found, found.before),
        *_leaving(found, found.before),
        *_about(("targets",), delegation_changes(found, found.before)),
        *_about((claims.role,) if claims else (), project_changes(found)),
        *_below(found, found.before),
    )
    told = {role for each in differing for role in each.about}
    return (
        *differing,
        *_dates(found, found.before),
        *silence(found, found.before),
        *untold(found, found.before, told),
    )


@dataclass(frozen=True, slots=True)
class _Powers:
    """Which key may sign which offline roles, and how many of them have to; keys go by the hash of their content."""

    roles: Mapping[str, tuple[str, ...]]
    thresholds: Mapping[str, tuple[int, int]]


def _beginning(found: Draft, before: Before) -> Iterator[Change]:
    names = listed([f"{each.role} {each.version}" for each in found.files])
    yield Change(f"This ceremony makes {names} of {found.plan.repository}.")
    if any(each.role == "root" for each in found.files):
        version = before.trusted.root.version
        yield Change(f"Root {version + 1} counts when enough keys of root {version} sign it, and enough of its own.")
        if not root_of(before.trusted.root).consistent_snapshot:
            sentence = "From this root on clients ask for files by version and hash; before, they did not."
            yield Change(sentence, about=("root",))
        if is_by_others(before):
            yield Change(f"From this root on metadata names its repository: {found.plan.repository}.", about=("root",))
    yield from incident_changes(found.plan, before)
    for each in found.plan.leaving:
        yield Change(f"{each.name} leaves: key {each.keyid[:16]} can sign this root, and nothing after it.")
    if found.plan.leaves_out:
        left = listed(found.plan.leaves_out)
        yield Change(f"What others wrote is left out, and clients see it no more: {left}.", is_caution=True)


def _keys(found: Draft, before: Before) -> Iterator[Change]:
    old, new = _powers(before.trusted.root, before, None), _powers(found.file("root"), before, found)
    lost, gained = 0, 0
    for key in [*old.roles, *(each for each in new.roles if each not in old.roles)]:
        was, will = old.roles.get(key, ()), new.roles.get(key, ())
        gone = [role for role in was if role not in will]
        come = [role for role in will if role not in was]
        lost, gained = lost + bool(gone and not will), gained + bool(come and not was)
        if gone:
            whose = _whose(key, before.roster, found.roster)
            yield Change(f"After this, {whose} can no longer sign {listed(gone)}.", about=_delegators(gone))
        if come:
            whose = _whose(key, found.roster, before.roster)
            yield Change(f"From now on {whose} can sign {listed(come)}.", about=_delegators(come))
    if max(lost, gained) > 1:
        yield Change(
            f"{lost} keys leave and {gained} come in one ceremony: with one at a time, a mistake costs less.",
            is_caution=True,
        )


def _thresholds(found: Draft, before: Before) -> Iterator[Change]:
    old, new = _powers(before.trusted.root, before, None), _powers(found.file("root"), before, found)
    for role in found.plan.offline_roles:
        was, will = old.thresholds.get(role), new.thresholds.get(role)
        if was and will and was != will:
            sentence = f"{role} needs {will[0]} of {will[1]} signatures; before, {was[0]} of {was[1]}."
            yield Change(sentence, will[0] < was[0], _delegators([role]))


def _leaving(found: Draft, before: Before) -> Iterator[Change]:
    """Whether this root can be made without the keys that leave it."""
    if not any(each.role == "root" for each in found.files):
        return
    version = before.trusted.root.version
    needed = root_of(before.trusted.root).roles["root"].threshold
    old, new = _powers(before.trusted.root, before, None), _powers(found.file("root"), before, found)
    staying = [key for key, roles in old.roles.items() if "root" in roles and "root" in new.roles.get(key, ())]
    count = old.thresholds["root"][1]
    if len(staying) < needed:
        yield Change(
            f"Root {version} asks for {needed} of its {count} keys, and only {len(staying)} that may sign it stay: "
            f"{needed - len(staying)} that leave must sign a last time. Keep them until the new root is published.",
            is_caution=True,
        )
    elif len(staying) == needed < count:
        yield Change(
            f"Without the keys that leave, all {needed} that stay have to sign: losing one of them now costs the root.",
            is_caution=True,
        )


def _below(found: Draft, before: Before) -> Iterator[Change]:
    """What changes below targets: the online key, the bins, how long the online signer's signatures last."""
    was, will = before.file("bins"), found.file("bins")
    if was is None:
        sentence = f"Targets are spread over {found.plan.bins.count} bins for the first time."
        yield Change(sentence, about=("targets", "bins"))
        return
    old, new = targets_of(was), targets_of(will)
    if set(_listed_keys(old)) != set(_listed_keys(new)):
        sentence = "The online signer gets another key: the one it has now signs nothing any more."
        yield Change(sentence, about=("root", "targets", "bins"))
    if _spread(old) != _spread(new):
        sentence = f"Targets are spread over {_spread(new)}; before, over {_spread(old)}."
        yield Change(sentence, is_caution=True, about=("bins",))
    yield from _lifetimes(old, new)


def _lifetimes(old: Targets, new: Targets) -> Iterator[Change]:
    """How long the online signer's signatures last from now on; a longer time is one in which clients see less."""
    before, will = (_seconds(each.unrecognized_fields.get(LIFETIMES_FIELD)) for each in (old, new))
    changed = {role: seconds for role, seconds in will.items() if before.get(role) != seconds}
    if not changed:
        return
    parts = [f"{role} {_hours(each)} (before, {_hours(before.get(role))})" for role, each in changed.items()]
    longer = any(before.get(role, each) < each for role, each in changed.items())
    yield Change(f"The online signer's signatures last for another time: {listed(parts)}.", longer, ("bins",))


def _dates(found: Draft, before: Before) -> Iterator[Change]:
    for file in found.files:
        was = before.file(file.role)
        ends = instant_text(_signed(file).expires)
        yield Change(
            f"{file.role} {file.version} ends on {ends}"
            + (f"; before, on {instant_text(_signed(was).expires)}." if was else ".")
        )


def _about(roles: tuple[str, ...], changes: Iterable[Change]) -> Iterator[Change]:
    return (replace(each, about=roles) for each in changes)


def _delegators(roles: list[str]) -> tuple[str, ...]:
    """In whose files it stands who signs these roles."""
    return tuple({"root" if role in ("root", "targets") else "targets" for role in roles})


def _seconds(found: object) -> dict[str, int]:
    """What bins says of lifetimes; what others may have written there in another shape says nothing."""
    fields: Mapping[object, object] = found if isinstance(found, Mapping) else {}
    return {role: each for role, each in fields.items() if isinstance(role, str) and type(each) is int}


def _hours(seconds: int | None) -> str:
    if seconds is None:
        return "not stated"
    return f"{seconds} s" if seconds % 3600 else f"{seconds // 3600} h"


def _powers(root: MetadataFile, before: Before, found: Draft | None) -> _Powers:
    """Who may sign what: under what is trusted, or under what the draft will make hold."""
    roles: dict[str, tuple[str, ...]] = {}
    thresholds: dict[str, tuple[int, int]] = {}
    for quorum in _quorums(root, before, found):
        thresholds[quorum.role] = (quorum.threshold, len(quorum.keys))
        for key in quorum.keys.values():
            name = true_keyid(key) or key.keyid
            roles[name] = (*roles.get(name, ()), quorum.role)
    return _Powers(roles, thresholds)


def _quorums(root: MetadataFile, before: Before, found: Draft | None) -> tuple[Quorum, ...]:
    roles = found.plan.offline_roles if found else before.files
    files = [found.file(role) if found else before.files[role] for role in roles if role != "root"]
    return quorums_of((root, *files)) if any(each.role == "targets" for each in files) else ()


def _whose(keyid: str, first: Roster, second: Roster) -> str:
    each = next((it for it in (*first.enrolments, *second.enrolments) if it.keyid == keyid), None)
    return f"key {keyid[:16]}, whose holder is not on record," if each is None else _device(each)


def _device(each: Enrolment) -> str:
    return f"{each.keyholder}'s {each.model} {each.serial} (key {each.keyid[:16]})"


def _spread(bins: Targets) -> str:
    delegations = bins.delegations
    if delegations is None:
        return "nothing"
    if delegations.succinct_roles is not None:
        return f"{2**delegations.succinct_roles.bit_length} bins (succinct)"
    return f"{len(delegations.roles or {})} bins (explicit)"


def _listed_keys(bins: Targets) -> Mapping[str, Key]:
    return {} if bins.delegations is None else bins.delegations.keys


def _signed(file: MetadataFile) -> Root | Targets:
    return root_of(file) if file.role == "root" else targets_of(file)
