"""Offline metadata that gathers signatures over the API: offered, shown, signed, taken back."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from ceremony.core import strict_json
from ceremony.core.tally import Standing
from ceremony.online.offered import held, offer, offered, sign_offered, withdraw
from ceremony.online.store import Store
from ceremony.online.tasks import Kind, Task, record_task, repeated_task
from ceremony.online.web.calls import Answer, Call
from ceremony.online.web.desk import Receipt
from ceremony.online.web.models import OfferPayload, PendingAnswer, PendingData, SignPayload, WithdrawPayload
from ceremony.online.web.repository import task_answer

_Act = Callable[[Connection], tuple[str, int | None]]


async def pending(call: Call) -> Answer:
    """What waits for signatures, and beside it what is trusted."""
    found = await run_in_threadpool(_pending, call.api.store)
    if not found:
        return Answer(PendingAnswer("No metadata pending signing available"))
    return Answer(PendingAnswer("Metadata role(s) pending signing", PendingData(found)))


async def offer_metadata(call: Call) -> Answer:
    """The metadata of the call waits for signatures."""
    payload: OfferPayload = call.body
    store = call.api.store

    def act(connection: Connection) -> tuple[str, int | None]:
        return _told(offer(store, connection, payload.metadata)), None

    return await _record(call, Kind.OFFER, "Metadata update accepted.", act)


async def sign(call: Call) -> Answer:
    """The signature is kept; if it is the last one needed, the metadata is delivered."""
    payload: SignPayload = call.body
    store, now = call.api.store, call.api.clock()
    signature = (payload.signature.keyid, payload.signature.sig)

    def act(connection: Connection) -> tuple[str, int | None]:
        standings, delivery = sign_offered(store, connection, payload.role, signature, now)
        return _told(standings), delivery

    return await _record(call, Kind.SIGN, "Metadata sign accepted.", act)


async def withdraw_metadata(call: Call) -> Answer:
    """What was offered waits for nothing any more."""
    payload: WithdrawPayload = call.body

    def act(connection: Connection) -> tuple[str, int | None]:
        withdraw(connection, payload.role)
        return "", None

    return await _record(call, Kind.WITHDRAW, "Metadata sign delete accepted.", act)


async def _record(call: Call, kind: Kind, message: str, act: _Act) -> Answer:
    key, digest, now = call.key, call.digest, call.api.clock()
    _ = call.wants_to_wait  # refused before anything is durable

    def record() -> Receipt:
        # One at a time: each needs a second connection while it has the first, and there are only so many.
        with call.api.signing, call.api.store.writing() as connection:
            found = None if key is None else repeated_task(connection, call.grant.name, key, digest)
            if found is not None:
                return Receipt(found, is_repeated=True)
            note, delivery = act(connection)
            task = Task(call.new_task_id(), kind, call.grant.name, now, delivery=delivery, note=note)
            record_task(connection, task, key, digest)
            return Receipt(task)

    receipt = await run_in_threadpool(record)
    return task_answer(receipt, message, await call.waited(receipt.task))


def _told(standings: tuple[Standing, ...]) -> str:
    return "; ".join(f"{each.role} under {each.by}: {each.progress}" for each in standings)


def _pending(store: Store) -> dict[str, Any]:
    files = offered(store)
    trusted = held(store) if files else {}
    shown = {**files, **{f"trusted_{role}": file for role, file in trusted.items() if role in files}}
    return {name: strict_json.decode(file.encode(), name) for name, file in shown.items()}
