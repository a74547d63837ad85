"""A bundle checked beside what a machine has itself: a bundle never vouches for its own beginning."""

from dataclasses import replace
from pathlib import Path

from ceremony.core.own_rules import OWN_RULES, OwnCase
from ceremony.core.policy import Policy
from ceremony.core.trusted import Trusted
from ceremony.engine.bundle import Bundle, open_bundle
from ceremony.engine.own import after, read_own
from ceremony.engine.verify import Check, Verdict, verify
from ceremony.errors import CeremonyError

_NAME = "its roots go back to one that this machine has itself"


def verify_from(path: Path, policy: Policy, trusted: Path | None, pinned: Path | None = None) -> Verdict:
    """What a stranger finds who checks the bundle, and who has what lies at `trusted` by a way of its own, if anything.

    Without that, nobody has looked whether what a ceremony starts from is the real thing. `pinned` is the root file
    from which trust in a repository's folder begins, None for the folder's own first root.
    """
    verdict = verify(path, policy)
    if trusted is None or not verdict.is_good:
        return verdict
    return replace(verdict, checks=(*verdict.checks, _beside(path, trusted, pinned)))


def _beside(path: Path, trusted: Path, pinned: Path | None) -> Check:
    try:
        own = read_own(trusted, pinned).trusted
        there = _roots_of(open_bundle(path))
        OWN_RULES.check(OwnCase("initial" if there is None else "later", own, there))
    except CeremonyError as error:
        return Check(_NAME, "", error)
    return Check(_NAME, "nothing is signed yet" if there is None else f"{own.root.name} is this machine's own")


def _roots_of(bundle: Bundle) -> Trusted | None:
    """What holds once a release does, or what a request starts from; None while nothing does."""
    if bundle.purpose == "release":
        return after(bundle).trusted
    return bundle.before.trusted if bundle.before else None
