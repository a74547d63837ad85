"""The wire, as far as it is about projects that sign for themselves."""

from typing import Any

from msgspec import Struct


class ClaimedKey(Struct):
    """A key of a project: its TUF fields, and the proof in hex that the project holds it."""

    key: dict[str, Any]
    proof: str


class ClaimingProject(Struct):
    """A project: which paths are its own, its keys, and how many of them have to sign."""

    name: str
    paths: list[str]
    threshold: int
    keys: list[ClaimedKey]


class ClaimsPayload(Struct):
    """A batch of projects, in the form in which a ceremony claims them: in the order of their names."""

    format: int
    repository: str
    projects: list[ClaimingProject]


class ProjectMetadata(Struct):
    """Targets metadata that a project signed, as TUF writes it."""

    signed: dict[str, Any]
    signatures: list[dict[str, Any]]


class ProjectState(Struct):
    """One project: the role that delegates to it, what it published last, and why clients refuse that, if they do."""

    name: str
    role: str
    claimed: bool
    delegated: bool
    version: int
    expires: str | None
    trouble: str


class ProjectsAnswer(Struct):
    """Every project, by name."""

    data: list[ProjectState]
    message: str = "Projects."


class ArrivalData(Struct):
    """A file that waits."""

    sha256: str
    length: int


class ArrivalAnswer(Struct):
    """The answer to a file."""

    data: ArrivalData
    message: str
