"""Projects that sign for themselves: registered with their keys, uploading what they signed, listed, taken away."""

import re
from collections.abc import Callable
from http import HTTPStatus

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from ceremony.core.metadata_file import MetadataFile
from ceremony.core.projects import PROJECT_NAME, PROJECT_NAME_WORDS, decode_claims, project_role
from ceremony.core.signed import targets_of
from ceremony.core.trusted import decode_published
from ceremony.errors import RefusedError, TamperedError
from ceremony.online import uploading
from ceremony.online.access import Grant
from ceremony.online.arrivals import Arriving
from ceremony.online.number_ranges import Numbers
from ceremony.online.project_status import gather_projects
from ceremony.online.projects import registrations_of
from ceremony.online.registering import Batch, enter_batch, leave
from ceremony.online.store import Store
from ceremony.online.tasks import Kind, Task, record_task, repeated_task
from ceremony.online.web.bodies import BYTES, check_type, read_chunks
from ceremony.online.web.calls import Answer, Call, query_of
from ceremony.online.web.desk import Receipt
from ceremony.online.web.project_models import ArrivalAnswer, ArrivalData, ProjectsAnswer, ProjectState
from ceremony.online.web.repository import task_answer

_DIGEST = r"[0-9a-f]{64}"
_AT_ONCE = 1 << 20


async def register_projects(call: Call) -> Answer:
    """The projects of the call are registered, all of them or none; each counts from its next upload on."""
    batch = _batch(call)
    for each in batch.projects:
        call.grant.check_paths(each.paths)
    return await _record(call, Kind.REGISTER, "Projects registered.", lambda it: _entered(call, it, batch))


async def list_projects(call: Call) -> Answer:
    """Every project, who delegates to it, and whether it has to upload again."""
    found = await run_in_threadpool(gather_projects, call.api.store, call.api.clock())
    return Answer(ProjectsAnswer([ProjectState(**each.to_json()) for each in found]))  # type: ignore[arg-type]  # as JSON has them


async def remove_project(call: Call) -> Answer:
    """This signer delegates to the project no more, from the next publication on."""
    name = _name(call)
    for each in await run_in_threadpool(registrations_of, call.api.store, name):
        call.grant.check_paths(each.project.paths)

    def act(connection: Connection) -> tuple[str, Numbers]:
        return f"removed: {name}", leave(call.api.store, connection, (name,))

    return await _record(call, Kind.LEAVE, "Project removal accepted.", act)


async def take_file(call: Call) -> Answer:
    """The file waits for the metadata that names it."""
    check_type(call.request, BYTES)
    name, digest, api = _name(call), call.places["sha256"], call.api
    if not re.fullmatch(_DIGEST, digest):
        raise RefusedError("BODY-SHAPE", f"{digest[:80]!r} in the path", "a SHA-256 in small hex digits")
    await run_in_threadpool(_check_known, api.store, name)
    arriving = await run_in_threadpool(api.arrivals.expect, name, api.clock())
    try:
        await _take_all(call, arriving)
        await run_in_threadpool(arriving.keep, digest)
    finally:
        await run_in_threadpool(arriving.close)
    data = ArrivalData(digest, arriving.length)
    return Answer(ArrivalAnswer(data, "File accepted; it waits for the metadata that names it."), HTTPStatus.ACCEPTED)


async def upload_metadata(call: Call) -> Answer:
    """What the project signed is verified, durable and waits for its publication, and its files are on the shelf."""
    name = _name(call)
    file = _metadata(call, name)
    call.grant.check_paths(targets_of(file).targets)
    key, digest, api = call.key, call.digest, call.api
    _ = call.wants_to_wait  # refused before anything is durable
    made: list[Receipt] = []

    def note(connection: Connection, uploaded: uploading.Receipt) -> None:
        task = Task(
            call.new_task_id(),
            Kind.UPLOAD,
            call.grant.name,
            api.clock(),
            note=f"{name}, version {uploaded.version}",
            upload=uploaded.number,
        )
        made.append(_once(connection, task, key, digest))

    def take_in() -> None:
        files = api.arrivals.waiting(name, _digests(file))
        uploading.take_in_file(api.store, api.shelf, file, files, api.clock(), noted=note)
        api.arrivals.forget(files)

    found = await run_in_threadpool(_found, api.store, call.grant, key, digest)
    if found is None:
        await run_in_threadpool(take_in)
        found = made[0]
    return task_answer(found, "Project metadata accepted.", await call.waited(found.task))


async def _record(call: Call, kind: Kind, message: str, act: Callable[[Connection], tuple[str, Numbers]]) -> Answer:
    key, digest, api = call.key, call.digest, call.api
    _ = call.wants_to_wait  # refused before anything is durable

    def record() -> Receipt:
        # One at a time: each needs a second connection while it has the first, and there are only so many.
        with api.signing, api.store.writing() as connection:
            found = None if key is None else repeated_task(connection, call.grant.name, key, digest)
            if found is not None:
                return Receipt(found, is_repeated=True)
            note, leaving = act(connection)
            task = Task(call.new_task_id(), kind, call.grant.name, api.clock(), note=note, leaving=leaving)
            record_task(connection, task, key, digest)
            return Receipt(task)

    receipt = await run_in_threadpool(record)
    return task_answer(receipt, message, await call.waited(receipt.task))


def _found(store: Store, grant: Grant, key: str | None, digest: str) -> Receipt | None:
    if key is None:
        return None
    with store.reading() as connection:
        task = repeated_task(connection, grant.name, key, digest)
    return None if task is None else Receipt(task, is_repeated=True)


def _once(connection: Connection, task: Task, key: str | None, digest: str) -> Receipt:
    found = None if key is None else repeated_task(connection, task.maker, key, digest)
    if found is None:
        record_task(connection, task, key, digest)
    return Receipt(found or task, is_repeated=found is not None)


def _entered(call: Call, connection: Connection, batch: Batch) -> tuple[str, Numbers]:
    # What is registered anew puts an end to what was: a grant has to be about both.
    for each in batch.projects:
        for before in registrations_of(call.api.store, each.name):
            call.grant.check_paths(before.project.paths)
    role, new = enter_batch(call.api.store, connection, batch, call.api.clock())
    names = ", ".join(each.name for each in new) or "none that was not before"
    return f"registered in {role}: {names}"[:1_000], Numbers()


def _batch(call: Call) -> Batch:
    try:
        repository, projects = decode_claims(call.raw, "batch")
    except TamperedError as error:
        raise RefusedError("BODY-SHAPE", error.what[:300], "a batch of projects, each with its keys' proofs") from None
    return Batch(repository, projects, query_of(call.request).get("role", ""))


def _name(call: Call) -> str:
    name = call.places["name"]
    if not re.fullmatch(PROJECT_NAME, name):
        raise RefusedError("BODY-SHAPE", f"{name[:100]!r} in the path", PROJECT_NAME_WORDS)
    return name


def _metadata(call: Call, name: str) -> MetadataFile:
    try:
        file = decode_published(call.raw, project_role(name), "metadata")
        targets_of(file)
    except TamperedError as error:
        raise RefusedError("BODY-SHAPE", error.what[:300], f"the targets metadata of {name}") from None
    return file


def _digests(file: MetadataFile) -> list[str]:
    return [each.hashes.get("sha256", "") for each in targets_of(file).targets.values()]


def _check_known(store: Store, name: str) -> None:
    if not registrations_of(store, name) and project_role(name) not in store.tree().projects:
        raise RefusedError("UPLOAD-CLAIMED", f"{name}, which nobody delegates to", "a project that was registered")


async def _take_all(call: Call, arriving: Arriving) -> None:
    limits = call.api.limits
    waiting: list[bytes] = []
    async for chunk in read_chunks(call.request, limits, limits.file_bytes):
        waiting.append(chunk)
        if sum(map(len, waiting)) >= _AT_ONCE:
            await run_in_threadpool(arriving.take, b"".join(waiting))
            waiting = []
    await run_in_threadpool(arriving.take, b"".join(waiting))
