"""The rules for projects that are registered with the online signer, until a ceremony claims them.

What holds for a batch in a ceremony holds for it here too: PROJECT_RULES judge both.   Spec: PEP 480, recently-claimed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tuf.api.metadata import DelegatedRole

from ceremony.core.before import Before
from ceremony.core.path_patterns import first_shared
from ceremony.core.plan import Bins, Claims, Delegation, OnlineKey, Plan, Window
from ceremony.core.policy import size_limit
from ceremony.core.project_rules import ProjectCase
from ceremony.core.projects import PROJECT_PREFIX, Project, claims_digest
from ceremony.core.rules import Objection, RuleBook


@dataclass(frozen=True, slots=True)
class RegisterCase:
    """A batch for a role of the signer of this repository, "" for whichever there is.

    `online` are the roles before bins that the signer signs; `elsewhere` what every other role hands to projects;
    `sizes` how many bytes targets metadata and snapshot would have at most, by role.
    """

    repository: str
    role: str
    named_repository: str
    projects: tuple[Project, ...]
    online: tuple[str, ...]
    elsewhere: Mapping[str, DelegatedRole]
    sizes: Mapping[str, int]


REGISTER_RULES: RuleBook[RegisterCase] = RuleBook()


@REGISTER_RULES.rule("REGISTER-REPOSITORY", "one signer serves one repository; a proof is for one repository")
def register_repository(case: RegisterCase) -> None:
    """A batch is for the repository of this signer."""
    if case.named_repository != case.repository:
        raise Objection(f"a batch for {case.named_repository}", f"one for {case.repository}")


@REGISTER_RULES.rule("REGISTER-ROLE", "PEP 480: the online key signs recently-claimed")
def register_role(case: RegisterCase) -> None:
    """Projects are registered in a role before bins that this signer signs."""
    if case.role not in case.online:
        wanted = " or ".join(case.online) or "a delegation that the online key signs, made in a ceremony"
        raise Objection(case.role or "no role that the online key signs, or several", wanted)


@REGISTER_RULES.rule("REGISTER-UNCLAIMED", "PEP 480: what keyholders have claimed, the online key leaves alone")
def register_unclaimed(case: RegisterCase) -> None:
    """A project is in one role: none that is registered stands in another one already."""
    there = next((each for each in case.projects if each.role in case.elsewhere), None)
    if there is not None:
        raise Objection(f"{there.name}, which is claimed already", "projects that no other role delegates to")


@REGISTER_RULES.rule("REGISTER-APART", "PEP 480: no project signs for another")
def register_apart(case: RegisterCase) -> None:
    """No project shares a path with one that another role delegates to."""
    entering = [(each.role, path) for each in case.projects for path in each.paths]
    standing = [(name, path) for name, role in case.elsewhere.items() for path in role.paths or ()]
    shared = first_shared([*standing, *entering])
    if shared is not None:
        (one, path), (other, their) = shared
        names = " and ".join(each.removeprefix(PROJECT_PREFIX) for each in (one, other))
        raise Objection(f"{names} share paths: {path}, {their}", "paths of its own for each project")


@REGISTER_RULES.rule("REGISTER-SIZE", "client limits of python-tuf and go-tuf; TUF 5.5.2")
def register_size(case: RegisterCase) -> None:
    """With these projects the role's metadata and the snapshot stay below the limits of common clients."""
    for role, size in case.sizes.items():
        if size >= size_limit(role):
            raise Objection(f"{role} of {size} bytes", f"less than {size_limit(role)} bytes: claim some projects first")


@dataclass(frozen=True, slots=True)
class LeavingCase:
    """The names of projects that are to go, and of those that are registered, or were until somebody removed them."""

    leaving: tuple[str, ...]
    registered: frozenset[str]


LEAVING_RULES: RuleBook[LeavingCase] = RuleBook()


@LEAVING_RULES.rule("REGISTER-PRESENT", "a mistyped name must not pass for a removal")
def register_present(case: LeavingCase) -> None:
    """Only a project that is registered can be removed; what keyholders have claimed, a ceremony takes away."""
    missing = next((each for each in case.leaving if each not in case.registered), None)
    if missing is not None:
        raise Objection(f"no registered project {missing[:100]}", "the name of a project that is registered here")


@dataclass(frozen=True, slots=True)
class ExportCase:
    """The projects that would be handed to a ceremony."""

    projects: tuple[Project, ...]


EXPORT_RULES: RuleBook[ExportCase] = RuleBook()


@EXPORT_RULES.rule("EXPORT-PRESENT", "a batch holds at least one project")
def export_present(case: ExportCase) -> None:
    """There is a project to claim."""
    if not case.projects:
        raise Objection("no project that this signer delegates to", "a project that was registered and has uploaded")


def project_case(
    repository: str, online: OnlineKey, role: Delegation, projects: tuple[Project, ...], before: Before
) -> ProjectCase:
    """The case of these projects for PROJECT_RULES: as if a ceremony that changes nothing else took them into `role`.

    Of the plan those rules ask for nothing but what is given here.
    """
    never = datetime.min.replace(tzinfo=UTC)
    plan = Plan(
        id="register",
        kind="delegation",
        repository=repository,
        is_rehearsal=False,
        window=Window(never, never),
        keyholders=(),
        thresholds={},
        expires={},
        bins=Bins(0, ""),
        lifetimes={},
        online_key=online,
        delegations=(role,),
        claims=Claims(role.name, claims_digest(projects)),
    )
    return ProjectCase(plan, projects, before)
