"""What became of a task."""

from starlette.concurrency import run_in_threadpool

from ceremony.core.plan import instant_text
from ceremony.errors import RefusedError
from ceremony.online.access import Scope
from ceremony.online.tasks import Kind, State, TaskStanding, stand
from ceremony.online.web.calls import Answer, Call, query_of
from ceremony.online.web.models import TaskResult, TaskStatus, TaskStatusAnswer

_MESSAGES = {
    Kind.ADD: "Artifact(s) Added",
    Kind.REMOVE: "Artifact(s) removed",
    Kind.PUBLISH: "Publish Artifacts Processed",
    Kind.SETTINGS: "Update Settings Succeeded",
    Kind.RENEW: "Force new online metadata update succeeded",
    Kind.OFFER: "Metadata Update Processed",
    Kind.SIGN: "Signature Processed",
    Kind.WITHDRAW: "Deletion of metadata signing process succeeded",
    Kind.REGISTER: "Projects registered",
    Kind.UPLOAD: "Project metadata published",
    Kind.LEAVE: "Projects removed",
}


async def task_state(call: Call) -> Answer:
    """The task's state; its result once there is one. Its maker may ask, and whoever may read."""
    task_id = query_of(call.request).get("task_id", "")
    standing = await run_in_threadpool(stand, call.api.store, task_id)
    if standing.task.maker != call.grant.name:
        try:
            call.grant.check_scope(Scope.READ, Scope.ADMIN)
        except RefusedError:
            # As if there were none: whose tasks there are is for readers.
            raise RefusedError("TASK-KNOWN", f"no task {task_id[:64]}", "the id of a task of this signer") from None
    return Answer(TaskStatusAnswer(TaskStatus(task_id, standing.state, _result(standing))))


def _result(standing: TaskStanding) -> TaskResult | None:
    task = standing.task
    if standing.state is State.ERRORED:
        at = instant_text(task.received_at)
        what = "metadata" if task.upload is not None else "release"
        return TaskResult(
            f"The {what} was refused", status=False, task=task.kind, last_update=at, error=standing.refusal
        )
    if standing.state is not State.SUCCESS:
        return None
    details: dict[str, object] = {}
    if task.kind is Kind.ADD:
        details = {"added_artifacts": [*standing.added], "invalid_paths": []}
    elif task.kind is Kind.REMOVE:
        details = {"deleted_artifacts": [*standing.removed], "not_found_artifacts": []}
    elif task.kind is Kind.PUBLISH:
        details = {"added_artifacts": [*standing.added], "deleted_artifacts": [*standing.removed]}
    elif task.note:
        details = {"update": task.note}
    at = instant_text(task.received_at)
    if len(task.numbers):
        details["artifacts_count"] = len(task.numbers)
    return TaskResult(_MESSAGES[task.kind], status=True, task=task.kind, last_update=at, details=details)
