"""Batches of projects as files: read, checked as far as that needs no plan, joined, and kept beside the plan."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from securesystemslib.signer import Signer

from ceremony.core.batch_rules import BATCH_RULES, Claim, joined
from ceremony.core.keys import fields_of
from ceremony.core.plan import PLAN_SIZE_LIMIT, Claims, Plan, parse_plan
from ceremony.core.plan_before_bins import CLAIMED
from ceremony.core.possession import check_proof, project_message
from ceremony.core.project_rules import ProjectCase, project_apart, project_keys, project_proof, project_reached
from ceremony.core.projects import CLAIMS_SIZE_LIMIT, Project, ProjectKey, claims_digest, decode_claims, encode_claims
from ceremony.engine.disk import create_file, named, read_file
from ceremony.engine.practice import practice_plan, throwaway_online_key
from ceremony.engine.regular_file import read_regular
from ceremony.errors import TamperedError

CLAIMS_NAME = "claims.json"
"""What the batch of a plan is called that lies beside it."""

_CLAIMS_IN_A_FOLDER = 10_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Projects of one repository, in the order of their names; `sha256` is what a plan names them by."""

    repository: str
    projects: tuple[Project, ...]
    sha256: str


def batch_of(repository: str, projects: tuple[Project, ...]) -> Batch:
    """The batch of these projects."""
    return Batch(repository, projects, claims_digest(projects))


def read_batch(path: Path, repository: str = "") -> Batch:
    """The batch in this file; it is one of this repository, if one is named.

    Raises: TamperedError; StorageError.
    """
    found, projects = decode_claims(read_file(path, CLAIMS_SIZE_LIMIT), path.name)
    if repository and found != repository:
        raise TamperedError(f"projects of {found}, and not of {repository}", path.name)
    return batch_of(found, projects)


def check_batch(batch: Batch, now: datetime) -> None:
    """Every key of the batch is proved, and it keeps each rule for projects that can be judged without a plan.

    Raises: RefusedError, which names the project.
    """
    case = _nowhere(batch.repository, batch.projects, now)
    for rule in (project_keys, project_reached, project_apart, project_proof):
        rule.check(case)


def check_claim(repository: str, project: Project, now: datetime) -> None:
    """The same of one claim, which may bring fewer keys than the project needs: others bring theirs.

    Raises: RefusedError.
    """
    project_keys.check(_nowhere(repository, (replace(project, threshold=1),), now))
    for rule in (project_reached, project_proof):
        rule.check(_nowhere(repository, (project,), now))


def prove_claim(signer: Signer, repository: str, project: Project) -> Project:
    """The project with the public key of this signer, which has proved itself for all that it claims, as its only key.

    Raises: TamperedError if the key does not sign as its public half says; what the signer raises.
    """
    key = signer.public_key
    message = project_message(repository, project, key.keyid)
    proof = signer.sign(message).signature
    check_proof(key, message, proof, project.name)
    return replace(project, keys=(ProjectKey(fields_of(key), proof),))


def join_claims(paths: Sequence[Path]) -> Batch:
    """One batch out of these files, and of every file whose name ends in .json in those of them that are folders.

    However they are named and ordered, the same claims give the same batch; of a project, every file brings some keys.
    Raises: RefusedError (CLAIMS-TOGETHER, CLAIMS-AGREE, CLAIMS-SIZE); TamperedError; StorageError.
    """
    claims = tuple(
        Claim(file.name, *decode_claims(read_regular(file, CLAIMS_SIZE_LIMIT), file.name)) for file in _files(paths)
    )
    BATCH_RULES.check(claims)
    return batch_of(claims[0].repository, joined(claims))


def batch_beside(plan: Path) -> Path | None:
    """The batch beside this plan's file, where the plan names one and the file is there."""
    claims = parse_plan(read_file(plan, PLAN_SIZE_LIMIT), str(plan)).claims
    beside = plan.with_name(CLAIMS_NAME)
    return beside if claims and claims.sha256 and beside.exists() else None


def keep_batch(plan: Path, batch: Batch) -> Path:
    """The batch lies beside this plan's file, which may be new; one that lies there already is the same.

    Raises: StorageError (EEXIST if another file has the name).
    """
    beside = plan.with_name(CLAIMS_NAME)
    if not (beside.exists() and _is_in(beside, batch)):
        create_file(beside, encode_claims(batch.repository, batch.projects), is_public=True)
    return beside


def claiming(plan: Plan, batch: Batch | None, leaving: Sequence[str] = ()) -> Plan:
    """The plan in which these projects enter the delegation that it names, or else the usual one, and those leave it.

    The usual one is called CLAIMED, or is the first that keyholders sign; without any, the plan says nothing of them.
    """
    offline = [each.name for each in plan.delegations if not each.is_online]
    usual = CLAIMED if CLAIMED in offline else next(iter(offline), "")
    role = plan.claims.role if plan.claims else usual
    if not role or (batch is None and not leaving):
        return replace(plan, claims=None)
    return replace(plan, claims=Claims(role, batch.sha256 if batch else "", tuple(sorted({*leaving}))))


def _nowhere(repository: str, projects: tuple[Project, ...], now: datetime) -> ProjectCase:
    # A plan that names no delegation: what the rules look at that need none is the batch itself.
    plan = replace(practice_plan((), 2, now, throwaway_online_key()), repository=repository)
    return ProjectCase(plan, projects)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        with named(path):
            found = sorted(each for each in path.iterdir() if each.suffix == ".json")
        if not 0 < len(found) <= _CLAIMS_IN_A_FOLDER:
            raise TamperedError(f"{len(found)} files of claims, not 1 to {_CLAIMS_IN_A_FOLDER}", str(path))
        yield from found


def _is_in(path: Path, batch: Batch) -> bool:
    try:
        return read_batch(path) == batch
    except TamperedError:
        return False
