"""Claims that come in one by one, joined to a batch: the same claims give the same batch, whoever brings them first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ceremony.core.projects import CLAIMS_SIZE_LIMIT, Project, ProjectKey, encode_claims
from ceremony.core.rules import Objection, RuleBook


@dataclass(frozen=True, slots=True)
class Claim:
    """What one file brings: `where` it stands, the repository that it is for, and its projects."""

    where: str
    repository: str
    projects: tuple[Project, ...]


BATCH_RULES: RuleBook[Sequence[Claim]] = RuleBook()


@BATCH_RULES.rule("CLAIMS-TOGETHER", "a proof of possession is for one repository")
def claims_together(claims: Sequence[Claim]) -> None:
    """All claims of a batch are for one repository."""
    first = claims[0].repository
    for each in claims:
        if each.repository != first:
            raise Objection(f"{each.where} for {each.repository}", f"claims for {first}, as {claims[0].where}")


@BATCH_RULES.rule("CLAIMS-AGREE", "every key of a project has proved itself for the same; nobody decides alone")
def claims_agree(claims: Sequence[Claim]) -> None:
    """All claims of one project name the same paths and the same number of signatures."""
    said: dict[str, tuple[str, Project]] = {}
    for claim in claims:
        for each in claim.projects:
            where, other = said.setdefault(each.name, (claim.where, each))
            if (each.paths, each.threshold) != (other.paths, other.threshold):
                raise Objection(f"{each.name}: {_told(each)} in {claim.where}", f"{_told(other)}, as in {where}")


@BATCH_RULES.rule("CLAIMS-SIZE", "what is read from a stick has a limit")
def claims_size(claims: Sequence[Claim]) -> None:
    """A batch is no longer than a ceremony takes."""
    size = len(encode_claims(claims[0].repository, joined(claims)))
    if size > CLAIMS_SIZE_LIMIT:
        raise Objection(f"a batch of {size} bytes", f"{CLAIMS_SIZE_LIMIT} bytes at most, in several ceremonies")


def joined(claims: Sequence[Claim]) -> tuple[Project, ...]:
    """The projects of these claims, each with all of its keys, in the order of their names; a key counts once.

    The claims keep CLAIMS-AGREE.
    """
    found: dict[str, dict[str, ProjectKey]] = {}
    projects: dict[str, Project] = {}
    for each in (project for claim in claims for project in claim.projects):
        projects[each.name] = each
        for key in each.keys:
            held = found.setdefault(each.name, {})
            # ECDSA signs by chance: of two proofs of one key, whoever comes first, the smaller one stays.
            held[key.keyid] = min(held.get(key.keyid, key), key, key=lambda it: it.proof)
    return tuple(
        replace(projects[name], keys=tuple(found[name][keyid] for keyid in sorted(found[name])))
        for name in sorted(projects)
    )


def _told(project: Project) -> str:
    return f"{project.threshold} signatures for {' and '.join(project.paths[:4])}"
