"""Adding, removing and publishing targets."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus

from ceremony.core.artifact_rules import ArtifactCase
from ceremony.core.plan import instant_text
from ceremony.errors import RefusedError
from ceremony.online.intake import Request, remove_request, told_request
from ceremony.online.tasks import Kind, State
from ceremony.online.web.calls import Answer, Call, receipt_headers
from ceremony.online.web.desk import Receipt, Submission
from ceremony.online.web.models import AddPayload, ArtifactsAnswer, ArtifactsData, DeletePayload, NewArtifact
from ceremony.online.web.problems import PlacedError

TASK_FIELD = "added_by_task_id"

_MESSAGES = {
    Kind.ADD: "New Artifact(s) successfully submitted.",
    Kind.REMOVE: "Remove Artifact(s) successfully submitted.",
    Kind.PUBLISH: "Publish artifacts successfully submitted.",
}
_SKIPPED = " Publishing will be skipped."


async def add(call: Call) -> Answer:
    """The targets of the call are durable, all of them or none."""
    payload: AddPayload = call.body
    call.grant.check_paths(each.path for each in payload.artifacts)
    task_id = call.new_task_id()
    told = task_id if payload.add_task_id_to_custom else None
    requests = await call.work_out(lambda: tuple(_placed(payload.artifacts, told)))
    paths = [each.path for each in payload.artifacts]
    return await _hand_in(call, Kind.ADD, task_id, requests, paths, is_held=not payload.publish_artifacts)


async def delete(call: Call) -> Answer:
    """The paths of the call are no targets any more, durably, all of them or none."""
    payload: DeletePayload = call.body
    call.grant.check_paths(payload.artifacts)
    requests = await call.work_out(lambda: tuple(_removals(payload.artifacts)))
    is_held = not payload.publish_artifacts
    return await _hand_in(call, Kind.REMOVE, call.new_task_id(), requests, payload.artifacts, is_held=is_held)


async def publish(call: Call) -> Answer:
    """Whatever was held for paths of this caller's is in line."""
    return await _hand_in(call, Kind.PUBLISH, call.new_task_id(), (), [], is_held=False)


def request_of(artifact: NewArtifact, task_id: str | None) -> Request:
    """The request for this target; with `task_id`, its custom names the task.

    Raises: RefusedError for what breaks a rule.
    """
    custom = artifact.info.custom
    if task_id is not None:
        custom = {TASK_FIELD: task_id, **(custom or {})}
    return told_request(artifact.path, ArtifactCase(artifact.info.length, artifact.info.hashes, custom))


def _placed(artifacts: Sequence[NewArtifact], task_id: str | None) -> Iterator[Request]:
    for place, artifact in enumerate(artifacts):
        try:
            yield request_of(artifact, task_id)
        except RefusedError as refusal:
            raise PlacedError(refusal, f"/artifacts/{place}") from None


def _removals(paths: Sequence[str]) -> Iterator[Request]:
    for place, path in enumerate(paths):
        try:
            yield remove_request(path)
        except RefusedError as refusal:
            raise PlacedError(refusal, f"/artifacts/{place}") from None


async def _hand_in(  # noqa: PLR0913  # what a submission is made of
    call: Call, kind: Kind, task_id: str, requests: tuple[Request, ...], paths: list[str], *, is_held: bool
) -> Answer:
    key = call.key
    submission = Submission(task_id, kind, call.grant, requests, key, call.digest if key else "", is_held=is_held)
    receipt, state = await call.hand_in(submission)
    return _answer(receipt, paths, state, is_held=is_held)


def _answer(receipt: Receipt, paths: list[str], state: State | None, *, is_held: bool) -> Answer:
    task = receipt.task
    message = _MESSAGES[task.kind] + (_SKIPPED if is_held else "")
    data = ArtifactsData(paths, task.id, instant_text(task.received_at), state)
    status = HTTPStatus.OK if state is State.SUCCESS else HTTPStatus.ACCEPTED
    return Answer(ArtifactsAnswer(data, message), status, receipt_headers(receipt))
