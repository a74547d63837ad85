"""What the signer is: whether anything was delivered, what holds for its roles, and signing its roles anew."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from starlette.concurrency import run_in_threadpool
from tuf.api.metadata import Role

from ceremony.core.bin_delegation import bin_count, bin_roles, lifetimes_of
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import instant_text
from ceremony.core.signed import root_of, targets_of
from ceremony.errors import RefusedError
from ceremony.online.renewal import RENEWABLE
from ceremony.online.store import Store
from ceremony.online.tasks import Kind, State
from ceremony.online.web.calls import Answer, Call, receipt_headers
from ceremony.online.web.desk import Receipt, Submission
from ceremony.online.web.models import (
    BootstrapAnswer,
    BootstrapData,
    ConfigAnswer,
    ConfigPayload,
    OnlinePayload,
    TaskAnswer,
    TaskData,
)

_DAY = timedelta(days=1)
_ROLE_NAMES = {"bins": "bin-n"}


async def bootstrap(call: Call) -> Answer:
    """Whether a first release was delivered; its id is the same for ever."""
    roots = await run_in_threadpool(call.api.store.trusted_roots)
    if not roots:
        return Answer(BootstrapAnswer(BootstrapData(bootstrap=False), "System available for bootstrap."))
    data = BootstrapData(bootstrap=True, state="finished", id=_bootstrap_id(roots))
    return Answer(BootstrapAnswer(data, "System LOCKED for bootstrap."))


async def config(call: Call) -> Answer:
    """What holds for each role: lifetimes, thresholds, how many keys."""
    return Answer(ConfigAnswer(await run_in_threadpool(_settings, call.api.store, call.api.clock())))


async def change_config(call: Call) -> Answer:
    """A task that is done, if what is wanted holds already: how long signatures last is for keyholders to say."""
    payload: ConfigPayload = call.body
    found = await run_in_threadpool(_settings, call.api.store, call.api.clock())
    for role, days in payload.settings.expiration.items():
        now = found.get(f"{role}_expiration", "no such role")
        if now != days or role not in RENEWABLE:
            raise RefusedError("LIFETIMES-SIGNED", f"{days} days for {role[:40]}", f"what is signed: {now}")
    names = " ".join(sorted(payload.settings.expiration))
    return await _hand_in(call, Kind.SETTINGS, "Settings successfully submitted.", note=f"unchanged: {names}"[:200])


async def renew(call: Call) -> Answer:
    """The roles of the call, or all online roles if it names none, are signed anew with the next publication."""
    payload: OnlinePayload = call.body
    await run_in_threadpool(_settings, call.api.store, call.api.clock())
    for role in payload.roles:
        if role not in RENEWABLE:
            raise RefusedError("ROLES-ONLINE", f"the role {role[:40]!r}", ", ".join(RENEWABLE))
    roles = tuple(role for role in RENEWABLE if role in payload.roles or not payload.roles)
    return await _hand_in(call, Kind.RENEW, "Force online metadata update accepted.", roles)


def task_answer(receipt: Receipt, message: str, state: State | None) -> Answer:
    """The answer to whatever became this task."""
    status = HTTPStatus.OK if state is State.SUCCESS else HTTPStatus.ACCEPTED
    data = TaskData(receipt.task.id, instant_text(receipt.task.received_at), state)
    return Answer(TaskAnswer(data, message), status, receipt_headers(receipt))


async def _hand_in(call: Call, kind: Kind, message: str, roles: tuple[str, ...] = (), note: str = "") -> Answer:
    submission = Submission(
        call.new_task_id(), kind, call.grant, key=call.key, digest=call.digest, roles=roles, note=note
    )
    receipt, state = await call.hand_in(submission)
    return task_answer(receipt, message, state)


def _settings(store: Store, now: datetime) -> dict[str, Any]:
    roots, trusted = store.trusted_roots(), store.trusted()
    if not roots:
        raise RefusedError("DELIVERED-FIRST", "a signer to which nothing was delivered yet", "a delivered release")
    root, bins = root_of(roots[-1]), targets_of(trusted["bins"])
    lifetimes = lifetimes_of(bins)
    ends = {"root": root.expires, "targets": targets_of(trusted["targets"]).expires}
    roles: Mapping[str, Role] = {**root.roles, "bins": bin_roles(bins)[0]}
    found: dict[str, Any] = {"number_of_delegated_bins": bin_count(bins), "targets_online_key": False}
    for name, role in roles.items():
        # What keyholders sign ends at a date, not after a time: what is left of it is the nearest thing.
        lifetime = ends[name] - now if name in ends else lifetimes[_ROLE_NAMES.get(name, name)]
        # In days, as Repository Service for TUF counts them; less than a day counts as one.
        found[f"{name}_expiration"] = max(1, lifetime // _DAY)
        found[f"{name}_lifetime_seconds"] = int(lifetime.total_seconds())
        found[f"{name}_threshold"] = role.threshold
        found[f"{name}_num_keys"] = len(role.keyids)
    found["bootstrap"] = _bootstrap_id(roots)
    return found


def _bootstrap_id(roots: Sequence[MetadataFile]) -> str:
    return sha256(roots[0].payload).hexdigest()[:32]
