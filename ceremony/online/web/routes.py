"""Every operation of the API, in one table: it is what callers reach, and what the OpenAPI document describes."""

from dataclasses import replace
from http import HTTPStatus

from ceremony.core.projects import PROJECT_NAME
from ceremony.online.access import Scope
from ceremony.online.web import artifacts, bulk, health, projects, repository, signing, task_state
from ceremony.online.web.calls import Handler, Operation
from ceremony.online.web.models import (
    AddPayload,
    ArtifactsAnswer,
    BootstrapAnswer,
    BulkLine,
    ConfigAnswer,
    ConfigPayload,
    DeletePayload,
    Health,
    NewArtifact,
    OfferPayload,
    OnlinePayload,
    PendingAnswer,
    Readiness,
    SignPayload,
    TaskAnswer,
    TaskStatusAnswer,
    WithdrawPayload,
)
from ceremony.online.web.project_models import ArrivalAnswer, ClaimsPayload, ProjectMetadata, ProjectsAnswer

BASE = "/api/v1"
DOCUMENT = f"{BASE}/openapi.json"

_ADD = (Scope.ADD,)
_REMOVE = (Scope.REMOVE,)
_CHANGE = (Scope.ADD, Scope.REMOVE)
_READ = (Scope.READ, Scope.ADMIN)
_ANY = (Scope.ADD, Scope.REMOVE, Scope.READ, Scope.PROJECT, Scope.ADMIN)
_PROJECT = (Scope.PROJECT, Scope.ADMIN)
_ADMIN = (Scope.ADMIN,)
_ACCEPTED = HTTPStatus.ACCEPTED
_WAIT = {
    "wait": {
        "description": "Answer with 200 once clients can see the change, or with 202 when that takes too long",
        "schema": {"type": "string", "enum": ["true", "false"], "default": "false"},
    }
}
_ROLE = {"role": {"description": "Where, if the online key signs several roles", "schema": {"type": "string"}}}
_NAME = {"name": {"description": "The project's", "schema": {"type": "string", "pattern": f"^{PROJECT_NAME}$"}}}
_SHA256 = {"sha256": {"description": "The file's", "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"}}}
_TASK_ID = {"task_id": {"description": "As it was answered", "required": True, "schema": {"type": "string"}}}


def _change(path: str, name: str, summary: str, handler: Handler, needs: tuple[Scope, ...]) -> Operation:
    """A change that becomes a task, without a body so far."""
    return Operation(
        method="POST",
        path=BASE + path,
        name=name,
        summary=summary,
        handler=handler,
        needs=needs,
        gives=TaskAnswer,
        status=_ACCEPTED,
        parameters=_WAIT,
        is_repeatable=True,
    )


_ARTIFACTS = (
    replace(
        _change("/artifacts/", "addArtifacts", "Add or replace targets", artifacts.add, _ADD),
        takes=AddPayload,
        gives=ArtifactsAnswer,
    ),
    replace(
        _change("/artifacts/delete", "removeArtifacts", "Remove targets", artifacts.delete, _REMOVE),
        takes=DeletePayload,
        gives=ArtifactsAnswer,
    ),
    replace(
        _change("/artifacts/publish/", "publishArtifacts", "Publish what was held", artifacts.publish, _CHANGE),
        gives=ArtifactsAnswer,
    ),
    replace(
        _change("/artifacts/bulk", "addArtifactStream", "Add targets, one on each line", bulk.bulk, _ADD),
        takes=NewArtifact,
        gives=BulkLine,
        streams=True,
        is_repeatable=False,
    ),
)

_REPOSITORY = (
    Operation(
        "GET",
        f"{BASE}/task/",
        "getTask",
        "The state of a task",
        task_state.task_state,
        _ANY,
        TaskStatusAnswer,
        parameters=_TASK_ID,
    ),
    Operation(
        "GET",
        f"{BASE}/bootstrap/",
        "getBootstrap",
        "Whether a first release was delivered",
        repository.bootstrap,
        _ANY,
        BootstrapAnswer,
    ),
    Operation(
        "GET", f"{BASE}/config/", "getConfig", "What holds for each role", repository.config, _READ, ConfigAnswer
    ),
    replace(
        _change("/config/", "putConfig", "Confirm what holds", repository.change_config, _ADMIN),
        method="PUT",
        takes=ConfigPayload,
    ),
    replace(
        _change("/metadata/online", "renewOnline", "Sign online roles anew", repository.renew, _ADMIN),
        takes=OnlinePayload,
    ),
)

_SIGNING = (
    replace(
        _change("/metadata/", "offerMetadata", "Offer metadata to be signed", signing.offer_metadata, _ADMIN),
        takes=OfferPayload,
    ),
    Operation(
        "GET", f"{BASE}/metadata/sign", "getPending", "What waits for signatures", signing.pending, _READ, PendingAnswer
    ),
    replace(
        _change("/metadata/sign", "signMetadata", "A keyholder's signature", signing.sign, _ADMIN), takes=SignPayload
    ),
    replace(
        _change("/metadata/sign/delete", "withdrawMetadata", "Take back what waits", signing.withdraw_metadata, _ADMIN),
        takes=WithdrawPayload,
    ),
)

_PROJECTS = (
    replace(
        _change("/projects/", "registerProjects", "Register projects", projects.register_projects, _PROJECT),
        takes=ClaimsPayload,
        parameters={**_WAIT, **_ROLE},
    ),
    Operation(
        "GET",
        f"{BASE}/projects/",
        "getProjects",
        "Every project and how it stands",
        projects.list_projects,
        (Scope.READ, Scope.PROJECT, Scope.ADMIN),
        ProjectsAnswer,
    ),
    replace(
        _change("/projects/{name}", "removeProject", "Delegate to it no more", projects.remove_project, _PROJECT),
        method="DELETE",
        places=_NAME,
    ),
    Operation(
        "PUT",
        f"{BASE}/projects/{{name}}/files/{{sha256}}",
        "putProjectFile",
        "A file that metadata will name",
        projects.take_file,
        _PROJECT,
        ArrivalAnswer,
        status=_ACCEPTED,
        takes=bytes,
        places={**_NAME, **_SHA256},
        streams=True,
    ),
    replace(
        _change(
            "/projects/{name}/metadata", "uploadProject", "What a project signed", projects.upload_metadata, _PROJECT
        ),
        takes=ProjectMetadata,
        places=_NAME,
    ),
)

_HEALTH = (
    Operation("GET", "/healthz", "getHealth", "The process answers", health.alive, None, Health),
    Operation(
        "GET",
        "/readyz",
        "getReadiness",
        "Seconds to the end of every role; 503 when one has ended, or the real client stopped",
        health.ready,
        None,
        Readiness,
        also=(HTTPStatus.SERVICE_UNAVAILABLE,),
    ),
    Operation("GET", "/metrics", "getMetrics", "Figures for a monitor", health.metrics, _READ, str),
)

OPERATIONS: tuple[Operation, ...] = (*_ARTIFACTS, *_REPOSITORY, *_SIGNING, *_PROJECTS, *_HEALTH)
