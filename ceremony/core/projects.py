"""Projects that sign for themselves: their keys, each with its proof, and the file in which a batch of them comes.

Spec: PEP 480, claimed and recently-claimed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from ceremony.core import strict_json
from ceremony.core.fields import Table
from ceremony.core.keys import key_of, keyid_of, plain_keyid
from ceremony.core.path_patterns import PATTERN_WORDS, is_pattern
from ceremony.core.strict_json import Json
from ceremony.errors import Problem, TamperedError

FORMAT = 1
CLAIMS_SIZE_LIMIT = 8 << 20
"""Bytes of a batch: five thousand projects of a few keys each stay below."""

PROJECT_PREFIX = "project-"
"""How the roles of projects begin, so that none of them can be taken for another role."""

PROJECT_NAME = r"[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){0,99}"
"""A project's name, normalized: small letters, digits, and single dashes between them."""

PROJECT_NAME_WORDS = "a normalized name: small letters, digits, single dashes"
_KEYS_LIMIT = 16
_PATHS_LIMIT = 16


@dataclass(frozen=True, slots=True)
class ProjectKey:
    """A key of a project: its TUF fields, and the proof of possession in hex."""

    fields: Mapping[str, Json]
    proof: str

    @property
    def keyid(self) -> str:
        """The keyid: the hash of the canonical key."""
        return keyid_of(self.fields)

    @property
    def is_plain(self) -> bool:
        """Whether it says nothing but what it is: a field of somebody's own would give one key a second keyid."""
        return plain_keyid(self.fields) == keyid_of(self.fields)


@dataclass(frozen=True, slots=True)
class Project:
    """A project that signs its own targets: which paths are its own, its keys, and how many of them have to sign."""

    name: str
    paths: tuple[str, ...]
    threshold: int
    keys: tuple[ProjectKey, ...]

    @property
    def role(self) -> str:
        """The role that the project signs."""
        return project_role(self.name)


def project_role(name: str) -> str:
    """The role that the project of this name signs."""
    return f"{PROJECT_PREFIX}{name}"


def claims_digest(projects: tuple[Project, ...]) -> str:
    """What a plan names a batch of projects by: the SHA-256 of its canonical form, in hex; "" for none."""
    return sha256(strict_json.encode(claims_fields(projects))).hexdigest() if projects else ""


def claims_fields(projects: tuple[Project, ...]) -> list[Json]:
    """The projects as files have them."""
    return [
        {
            "keys": [{"key": each.fields, "proof": each.proof} for each in project.keys],
            "name": project.name,
            "paths": list(project.paths),
            "threshold": project.threshold,
        }
        for project in projects
    ]


def encode_claims(repository: str, projects: tuple[Project, ...]) -> bytes:
    """The file that brings these projects of a repository to a ceremony."""
    return strict_json.encode_file({"format": FORMAT, "projects": claims_fields(projects), "repository": repository})


def decode_claims(data: bytes, where: str) -> tuple[str, tuple[Project, ...]]:
    """The repository and the projects that `data` holds, in whatever layout somebody has written them.

    Raises: TamperedError, naming `where`, for what is larger than CLAIMS_SIZE_LIMIT or cannot be read.
    """
    if len(data) > CLAIMS_SIZE_LIMIT:
        raise TamperedError(f"larger than {CLAIMS_SIZE_LIMIT} bytes", where)
    value = strict_json.decode(data, where)
    problems: list[Problem] = []
    table = Table(value if isinstance(value, Mapping) else {}, problems)
    table.number("format", FORMAT, FORMAT)
    repository = table.text("repository", r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", "the name of a repository")
    projects = read_projects(table, "projects")
    table.finish("a batch of projects")
    if problems:
        raise TamperedError("; ".join(f"{it.field}: {it.found}, not {it.wanted}" for it in problems[:3]), where)
    return repository, projects


def read_projects(table: Table, name: str) -> tuple[Project, ...]:
    """The projects in the list at `name`: at least one, in the order of their names."""
    projects = tuple(_read_project(each) for each in table.tables(name))
    names = [each.name for each in projects]
    if names != sorted(set(names)):
        twice = next((each for place, each in enumerate(names) if each in names[:place]), "another order")
        table.refuse(name, twice, "each project once, in the order of their names")
    return projects


def _read_project(table: Table) -> Project:
    found = Project(
        name=table.text("name", PROJECT_NAME, PROJECT_NAME_WORDS),
        paths=table.lines("paths", r"(?s).{1,256}", _PATHS_LIMIT, PATTERN_WORDS),
        threshold=table.number("threshold", 1, _KEYS_LIMIT),
        keys=tuple(_read_key(each) for each in table.tables("keys")),
    )
    if not all(is_pattern(each) for each in found.paths):
        table.refuse("paths", next(each for each in found.paths if not is_pattern(each))[:60], PATTERN_WORDS)
    if len(found.keys) > _KEYS_LIMIT:
        table.refuse("keys", str(len(found.keys)), f"at most {_KEYS_LIMIT}")
    table.finish("a project")
    return found


def _read_key(table: Table) -> ProjectKey:
    fields = table.mapping("key")
    try:
        key_of(fields)
    except (ValueError, KeyError, TypeError):
        table.refuse("key", "no public key", "a public key")
        fields = {"keytype": "", "scheme": "", "keyval": {}}
    found = ProjectKey(fields, table.text("proof", r"[0-9a-f]{2,8000}", "the proof in hex"))
    if not found.is_plain:
        table.refuse("key", "fields besides", "keytype, scheme and keyval alone")
    table.finish("a key of a project")
    return found
