"""The rules for projects that enter a delegation: whose keys they are is proved, and no two share a path.

Spec: PEP 480, claimed; what a project's metadata may list is what its delegation hands it, and nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tuf.api.metadata import DelegatedRole, Delegations

from ceremony.core.before import Before
from ceremony.core.keys import key_of, rsa_size
from ceremony.core.listed_keys import public_half
from ceremony.core.path_patterns import first_shared, holds
from ceremony.core.plan import Delegation, Plan
from ceremony.core.possession import check_proof, project_message
from ceremony.core.projects import PROJECT_PREFIX, Project, claims_digest, project_role
from ceremony.core.rules import Objection, RuleBook
from ceremony.core.signed import targets_of
from ceremony.errors import TamperedError

_RSA_BITS = (2048, 4096)
_SCHEMES = ("ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsassa-pss-sha256")


@dataclass(frozen=True, slots=True)
class ProjectCase:
    """A plan, the batch of projects that came with it, and what it follows; None in an initial ceremony."""

    plan: Plan
    projects: tuple[Project, ...]
    before: Before | None = None

    @property
    def role(self) -> Delegation | None:
        """The delegation in which something changes."""
        claims = self.plan.claims
        return next((each for each in self.plan.delegations if claims and each.name == claims.role), None)

    @property
    def there(self) -> Delegations | None:
        """What that delegation hands on today."""
        file = self.before.file(self.role.name) if self.before and self.role else None
        return targets_of(file).delegations if file else None

    @property
    def staying(self) -> Iterator[DelegatedRole]:
        """What it hands on today and still will, unchanged."""
        leaving = {project_role(name) for name in (self.plan.claims.leaving if self.plan.claims else ())}
        changed = leaving | {each.role for each in self.projects}
        found = (self.there.roles or {}) if self.there else {}
        return (role for name, role in found.items() if name not in changed)


PROJECT_RULES: RuleBook[ProjectCase] = RuleBook()


@PROJECT_RULES.rule("CLAIMS-PLANNED", "the plan states the whole change")
def claims_planned(case: ProjectCase) -> None:
    """The projects that came are the batch that the plan names, and none came where it names none."""
    wanted = case.plan.claims.sha256 if case.plan.claims else ""
    found = claims_digest(case.projects)
    if found != wanted:
        told = f"{len(case.projects)} projects, {found[:16]}" if found else "no projects"
        raise Objection(told, f"the batch {wanted[:16]} that the plan names" if wanted else "none, as the plan says")


@PROJECT_RULES.rule("PROJECT-PROOF", "proof of possession of every key; PEP 480")
def project_proof(case: ProjectCase) -> None:
    """Every key of a project has signed for this project of this repository."""
    for project in case.projects:
        for each in project.keys:
            message = project_message(case.plan.repository, project.name, each.keyid)
            try:
                check_proof(key_of(each.fields), message, each.proof, project.name)
            except TamperedError:
                raise Objection(f"a proof of {project.name} that does not hold", "a new proof of its holder") from None


@PROJECT_RULES.rule("PROJECT-KEYS", "TUF 4.2.1, 4.5: a threshold counts different keys")
def project_keys(case: ProjectCase) -> None:
    """A project has as many different keys as it needs signatures, or more, each of a kind that every client knows."""
    for project in case.projects:
        halves = {public_half(each.fields) for each in project.keys}
        if len(halves) < len(project.keys) or not 1 <= project.threshold <= len(project.keys):
            raise Objection(
                f"{project.name}: {project.threshold} of {len(halves)} different keys", "as many keys as signatures"
            )
        for each in project.keys:
            bits = rsa_size(key_of(each.fields))
            if each.fields["scheme"] not in _SCHEMES or (bits and not _RSA_BITS[0] <= bits <= _RSA_BITS[1]):
                raise Objection(f"{project.name}: {each.fields['scheme']}", " or ".join(_SCHEMES))


@PROJECT_RULES.rule("PROJECT-OUTSIDE", "PEP 480: whoever signs for the repository signs for no project")
def project_outside(case: ProjectCase) -> None:
    """No project's key is the online key, or one of a keyholder."""
    before = case.before
    trusted = {keyid for role in before.files for keyid in before.keyids(role)} if before else set()
    # By public half: what somebody else wrote into a key gives it another keyid, and no other private half.
    listed = [before.key(keyid) or {} for keyid in trusted] if before else []
    ours = {public_half(each) for each in (case.plan.online_key.fields(), *listed)}
    for project in case.projects:
        if any(public_half(each.fields) in ours for each in project.keys):
            raise Objection(f"a key of this repository for {project.name}", "keys of the project's own")


@PROJECT_RULES.rule("PROJECT-REACHED", "TUF 5.6.7: a delegation hands on no more than it was handed")
def project_reached(case: ProjectCase) -> None:
    """Every path of a project, with a star in its last segment alone, is among those that its delegation was handed."""
    for project in case.projects:
        for path in project.paths:
            if "*" in path.rpartition("/")[0] or "/" not in path:
                raise Objection(f"{project.name}: {path}", "a folder of its own, with a star in the last segment alone")
            if case.role and case.role.paths and not any(holds(each, path) for each in case.role.paths):
                raise Objection(f"{project.name}: {path}", f"paths below {' or '.join(case.role.paths[:4])}")


@PROJECT_RULES.rule("PROJECT-APART", "PEP 480: no project signs for another")
def project_apart(case: ProjectCase) -> None:
    """No two projects of a delegation share a path."""
    entering = [(each.role, path) for each in case.projects for path in each.paths]
    staying = [(role.name, path) for role in case.staying for path in role.paths or ()]
    shared = first_shared([*staying, *entering])
    if shared is not None:
        (one, path), (other, their) = shared
        names = " and ".join(each.removeprefix(PROJECT_PREFIX) for each in (one, other))
        raise Objection(f"{names} share paths: {path}, {their}", "paths of its own for each project")


@PROJECT_RULES.rule("PROJECT-LEAVES", "the plan states the whole change")
def project_leaves(case: ProjectCase) -> None:
    """A project that leaves is there, and does not enter in the same ceremony."""
    there = {*((case.there.roles or {}) if case.there else ())}
    entering = {each.name for each in case.projects}
    for name in case.plan.claims.leaving if case.plan.claims else ():
        if project_role(name) not in there or name in entering:
            raise Objection(f"{name} leaves", "a project that is there, and does not enter at once")
