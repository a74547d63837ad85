"""The rule between what a machine trusts itself and what a bundle starts from, which never vouches for itself."""

from collections.abc import Iterable
from dataclasses import dataclass

from ceremony.core.rules import Objection, RuleBook
from ceremony.core.trusted import Trusted


@dataclass(frozen=True, slots=True)
class OwnCase:
    """What this machine trusts itself, beside what a bundle starts from; None for nothing."""

    kind: str
    own: Trusted | None
    there: Trusted | None


OWN_RULES: RuleBook[OwnCase] = RuleBook()


@OWN_RULES.rule("TRUSTED-OWN", "TUF 5.2: the trusted root comes by a way of its own, never with what it is to judge")
def trusted_own(case: OwnCase) -> None:
    """What a ceremony starts from goes back to this machine's own root, and is behind nothing that it trusts."""
    if case.kind == "initial":
        if case.there is not None:
            raise Objection("an initial ceremony that follows something", "one that starts from nothing")
        return
    if case.own is None or case.there is None:
        raise Objection("no trusted root of this machine's own", "a root file, or the release of the ceremony before")
    own = {each.version: each.payload for each in case.own.roots}
    shared = [each for each in case.there.roots if each.version in own]
    if not shared:
        raise Objection("a bundle whose roots begin after the root of this machine", "every root in between")
    if case.there.root.version < case.own.root.version:
        found, newest = case.there.root.version, case.own.root.version
        raise Objection(f"a bundle that starts from root {found}", f"one that starts from root {newest}, as known here")
    for each in shared:
        if each.payload != own[each.version]:
            raise Objection(f"another {each.name} than the one this machine trusts", "the same root")
    _check_targets(case.own, case.there)


def unseen(own: Trusted | None, there: Trusted, roles: Iterable[str]) -> tuple[str, ...]:
    """Those of the roles of which this machine has never seen a file, so that it cannot tell what is the newest.

    A role is none of them if neither this machine nor the bundle has it, and this machine has the targets that say so.
    """
    known = own.targets if own else {}
    return tuple(
        role
        for role in roles
        if role != "root" and role not in known and (role in there.targets or "targets" not in known)
    )


def _check_targets(own: Trusted, there: Trusted) -> None:
    for role, known in own.targets.items():
        found = there.file(role)
        if found is None or found.version < known.version:
            started = found.name if found else f"no {role}"
            raise Objection(f"a bundle that starts from {started}", f"one that starts from {known.name}, as known here")
        if found.version == known.version and found.payload != known.payload:
            raise Objection(f"another {known.name} than the one this machine trusts", "the same file")
