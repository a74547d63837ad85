"""The wire: what callers send and what they get, in the shapes of Repository Service for TUF's API, version 1."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from ceremony.core.artifact_rules import HASHES_MAX, LENGTH_MAX
from ceremony.core.request_rules import PATH_BYTES
from ceremony.online.tasks import Kind, State

_PATH_PATTERN = r"^[^\u0000-\u001f\u007f\"\\?#%]+$"

Path = Annotated[
    str,
    Meta(
        description="A target's path, relative and in Unicode's normal form C",
        extra_json_schema={"minLength": 1, "maxLength": PATH_BYTES, "pattern": _PATH_PATTERN},
    ),
]
Length = (
    Annotated[int, Meta(extra_json_schema={"minimum": 0, "maximum": LENGTH_MAX})]
    | Annotated[str, Meta(extra_json_schema={"pattern": "^[0-9]{1,16}$"})]
)
Hashes = Annotated[
    dict[str, str],
    Meta(
        description="Algorithm -> hex digest",
        extra_json_schema={
            "minProperties": 1,
            "maxProperties": HASHES_MAX,
            "propertyNames": {"pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$"},
            "additionalProperties": {"type": "string", "pattern": "^([0-9a-fA-F]{2}){1,128}$"},
        },
    ),
]
Roles = Annotated[list[str], Meta(description="None of them means all: bins, snapshot, timestamp")]


class Info(Struct):
    """What is said of one target. A length may be a string of digits; every hash is checked for its form."""

    length: Length
    hashes: Hashes
    custom: dict[str, Any] | None = None


class NewArtifact(Struct):
    """One target that is to be."""

    path: Path
    info: Info


class AddPayload(Struct):
    """Targets to add or to replace, all of them or none."""

    artifacts: list[NewArtifact]
    add_task_id_to_custom: bool = False
    publish_artifacts: bool = True


class DeletePayload(Struct):
    """Paths that are to be targets no more, all of them or none."""

    artifacts: Annotated[list[Path], Meta(min_length=1)]
    publish_artifacts: bool = True


class OnlinePayload(Struct):
    """Online roles that are to be signed anew, before their time."""

    roles: Roles


class Expirations(Struct):
    """Days by online role."""

    expiration: dict[str, int]


class ConfigPayload(Struct):
    """Settings that are to hold."""

    settings: Expirations


class Signature(Struct):
    """One signature in hex, and the key it is by."""

    keyid: str
    sig: str


class SignPayload(Struct):
    """A keyholder's signature for metadata that waits for it."""

    role: str
    signature: Signature


class WithdrawPayload(Struct):
    """The role whose offered metadata is to be taken back."""

    role: str


class OfferPayload(Struct):
    """Offline metadata that is to gather signatures: role -> the metadata file."""

    metadata: dict[str, dict[str, Any]]


class ArtifactsData(Struct, omit_defaults=True):
    """What was acknowledged; `state` only where the caller waited."""

    artifacts: list[str]
    task_id: str
    last_update: str
    state: State | None = None


class ArtifactsAnswer(Struct):
    """The answer to a change of targets."""

    data: ArtifactsData
    message: str


class TaskData(Struct, omit_defaults=True):
    """What was acknowledged; `state` only where the caller waited."""

    task_id: str
    last_update: str
    state: State | None = None


class TaskAnswer(Struct):
    """The answer to whatever became a task."""

    data: TaskData
    message: str


class TaskResult(Struct, omit_defaults=True):
    """How a task ended."""

    message: str
    status: bool
    task: Kind | None = None
    last_update: str | None = None
    error: str | None = None
    details: dict[str, Any] | None = None


class TaskStatus(Struct, omit_defaults=True):
    """A task and its state; the result only once there is one."""

    task_id: str
    state: State
    result: TaskResult | None = None


class TaskStatusAnswer(Struct):
    """The answer about a task."""

    data: TaskStatus
    message: str = "Task state."


class BootstrapData(Struct, omit_defaults=True):
    """Whether a first release was delivered."""

    bootstrap: bool
    state: str | None = None
    id: str | None = None


class BootstrapAnswer(Struct):
    """The answer about the first release."""

    data: BootstrapData
    message: str


class ConfigAnswer(Struct):
    """The settings that hold."""

    data: dict[str, Any]
    message: str = "Current Settings"


class PendingData(Struct):
    """Metadata that waits for signatures, by role, and what is trusted beside it."""

    metadata: dict[str, Any]


class PendingAnswer(Struct, omit_defaults=True):
    """The answer about what waits for signatures."""

    message: str
    data: PendingData | None = None


class Problem(Struct, omit_defaults=True):
    """Why something was refused, and what to do now (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    advice: str
    rule: str | None = None
    found: str | None = None
    wanted: str | None = None
    pointer: str | None = None


class BulkLine(Struct, omit_defaults=True):
    """One line of the answer to a stream: a refused artifact, or, as the last line, what became of all of them."""

    line: int | None = None
    problem: Problem | None = None
    task_id: str | None = None
    accepted: int | None = None
    refused: int | None = None
    state: State | None = None


class RoleReadiness(Struct):
    """One role at its newest version."""

    version: int
    expires: str
    seconds_left: int


class SelfCheckReadiness(Struct):
    """What the real client found when it looked last."""

    at: str
    good: bool
    publication: int
    stopped_at: str


class Readiness(Struct):
    """Whether clients get what they accept, and for how long yet."""

    ready: bool
    reasons: list[str]
    roles: dict[str, RoleReadiness]
    waiting: int
    self_check: SelfCheckReadiness | None = None


class Health(Struct):
    """The process answers."""

    status: str = "ok"
