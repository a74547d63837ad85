"""The rules for projects that enter a delegation: whose keys they are is proved, and no two share a path.

Spec: PEP 480, claimed; what a project's metadata may list is what its delegation hands it, and nothing else.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tuf.api.metadata import DelegatedRole

from ceremony.core.before import Before
from ceremony.core.keys import key_of, rsa_size
from ceremony.core.listed_keys import public_half
from ceremony.core.path_patterns import first_shared, holds
from ceremony.core.plan import Delegation, Plan
from ceremony.core.possession import check_proof, project_message
from ceremony.core.projects import PROJECT_PREFIX, Project, claims_digest, project_role
from ceremony.core.roster import Enrolment
from ceremony.core.rules import Objection, RuleBook
from ceremony.core.signed import targets_of
from ceremony.core.tree import roles_below
from ceremony.errors import TamperedError

_ONLINE = ("snapshot", "timestamp")
_RSA_BITS = (2048, 4096)
_SCHEMES = ("ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsassa-pss-sha256")


@dataclass(frozen=True, slots=True)
class ProjectCase:
    """A plan, the batch of projects that came with it, and what it follows; None in an initial ceremony.

    `enrolled` are the keyholders whose keys are known already.
    """

    plan: Plan
    projects: tuple[Project, ...]
    before: Before | None = None
    enrolled: tuple[Enrolment, ...] = ()

    @property
    def role(self) -> Delegation | None:
        """The delegation in which something changes."""
        claims = self.plan.claims
        return next((each for each in self.plan.delegations if claims and each.name == claims.role), None)

    @property
    def there(self) -> Mapping[str, DelegatedRole]:
        """What that delegation hands on today, by role."""
        return self.below(self.role.name) if self.role else {}

    @property
    def staying(self) -> Iterator[tuple[Delegation, DelegatedRole]]:
        """What each delegation hands on today and still will, unchanged, beside that delegation."""
        leaving = {project_role(name) for name in (self.plan.claims.leaving if self.plan.claims else ())}
        changed = leaving | {each.role for each in self.projects}
        for each in self.plan.delegations:
            gone = changed if each == self.role else ()
            yield from ((each, role) for name, role in self.below(each.name).items() if name not in gone)

    def below(self, role: str) -> Mapping[str, DelegatedRole]:
        """What this role hands on today, by role; nothing where it is not known."""
        file = self.before.file(role) if self.before else None
        return roles_below(targets_of(file)) if file else {}


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
    """Every key of a project has signed for this project of this repository, for its paths and its threshold."""
    for project in case.projects:
        for each in project.keys:
            message = project_message(case.plan.repository, project, each.keyid)
            try:
                check_proof(key_of(each.fields), message, each.proof, project.name)
            except TamperedError:
                raise Objection(f"a proof of {project.name} that does not hold", "a new proof of its holder") from None


@PROJECT_RULES.rule("PROJECT-KEYS", "TUF 4.2.1, 4.5: a threshold counts different keys")
def project_keys(case: ProjectCase) -> None:
    """A project has as many different keys as it needs signatures, or more, each of a kind that every client knows.

    No key says more than what it is.
    """
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
            if not each.is_plain:
                raise Objection(f"{project.name}: a key with fields besides", "keytype, scheme and keyval alone")


@PROJECT_RULES.rule("PROJECT-OUTSIDE", "PEP 480: whoever signs for the repository signs for no project")
def project_outside(case: ProjectCase) -> None:
    """No project's key is an online key, or one of a keyholder, trusted today or from this ceremony on."""
    before = case.before
    trusted = {keyid for role in (*before.files, *_ONLINE) for keyid in before.keyids(role)} if before else set()
    # By public half: what somebody else wrote into a key gives it another keyid, and no other private half.
    listed = [before.key(keyid) or {} for keyid in trusted] if before else []
    enrolled = [each.key for each in case.enrolled]
    ours = {public_half(each) for each in (case.plan.online_key.fields(), *enrolled, *listed)}
    for project in case.projects:
        if any(public_half(each.fields) in ours for each in project.keys):
            raise Objection(f"a key of this repository for {project.name}", "keys of the project's own")


@PROJECT_RULES.rule("PROJECT-REACHED", "TUF 5.6.7: a delegation hands on no more than it was handed")
def project_reached(case: ProjectCase) -> None:
    """Every path of a project, with a star in its last segment alone, is among those that its delegation is handed.

    That holds for projects that enter, and for those that stay where a delegation is handed less than before.
    """
    for project in case.projects:
        for path in project.paths:
            if "*" in path.rpartition("/")[0] or "/" not in path:
                raise Objection(f"{project.name}: {path}", "a folder of its own, with a star in the last segment alone")
            if case.role and not _reaches(case.role.paths, path):
                raise Objection(f"{project.name}: {path}", f"paths below {' or '.join(case.role.paths[:4])}")
    asked = case.below("targets")
    for delegation, role in case.staying:
        was = asked[delegation.name].paths if delegation.name in asked else None
        for path in role.paths or ():
            # What others delegate without handing it on in full was never reached, and is nobody's loss.
            if _reaches(was or (), path) and not _reaches(delegation.paths, path):
                name = role.name.removeprefix(PROJECT_PREFIX)
                raise Objection(
                    f"{name}, who stays: {path}", f"paths of {delegation.name} that hold it, or {name} among who leaves"
                )


@PROJECT_RULES.rule("PROJECT-APART", "PEP 480: no project signs for another")
def project_apart(case: ProjectCase) -> None:
    """No project that enters shares a path with another, below whichever delegation, or stands below two of them."""
    staying = [*case.staying]
    elsewhere = {role.name: delegation.name for delegation, role in staying}
    for each in case.projects:
        if each.role in elsewhere:
            raise Objection(
                f"{each.name} below {elsewhere[each.role]} and below another", "each project below one delegation"
            )
    # Those that stay were compared with one another when they entered: here they are all one owner.
    owners = {path: role.name for _, role in staying for path in role.paths or ()}
    entering = [(each.role, path) for each in case.projects for path in each.paths]
    shared = first_shared([*(("", path) for path in owners), *entering])
    if shared is not None:
        names = [(owner or owners[path]).removeprefix(PROJECT_PREFIX) for owner, path in shared]
        paths = ", ".join(path for _, path in shared)
        raise Objection(f"{' and '.join(names)} share paths: {paths}", "paths of its own for each project")


@PROJECT_RULES.rule("PROJECT-LEAVES", "the plan states the whole change")
def project_leaves(case: ProjectCase) -> None:
    """A project that leaves is there, and does not enter in the same ceremony."""
    entering = {each.name for each in case.projects}
    for name in case.plan.claims.leaving if case.plan.claims else ():
        if project_role(name) not in case.there or name in entering:
            raise Objection(f"{name} leaves", "a project that is there, and does not enter at once")


def _reaches(handed: Sequence[str], path: str) -> bool:
    """Whether whoever is handed these paths, every path where there are none, is handed all of this one."""
    return not handed or any(holds(each, path) for each in handed)
