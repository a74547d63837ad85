"""What callers leave for the writer: durable with its publication; and by itself where the writer is kept from it."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import httpx
import pytest
from fakes.api_server import ANY_PORT, ApiServer, artifact, serving
from fakes.online_signer import OnlineSigner
from fakes.polling_client import wait_until
from sqlalchemy import func, select

from ceremony.errors import RefusedError, StorageError
from ceremony.online.access import Grant, Scope
from ceremony.online.hot_rows import HotRows
from ceremony.online.intake import Request, remove_request
from ceremony.online.staging import Staging
from ceremony.online.store import Store
from ceremony.online.tables import CHANGES, TASKS
from ceremony.online.tasks import Kind
from ceremony.online.web.desk import Asked, Submission
from ceremony.online.web.settings import ApiSettings, Limits
from ceremony.online.web.store_desk import StoreDesk
from ceremony.online.web.writers_counter import WritersCounter

ADD = "/api/v1/artifacts/"
DELETE = "/api/v1/artifacts/delete"
WAITING = {"wait": "true"}
GRANT = Grant("cyd", frozenset(Scope))
FILE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""Of a database that is a file alone: in one that is shared nobody leaves anything for one writer."""


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """By whom change requests were made durable: the desk, or the writer."""
    found: list[str] = []
    entering, commit = Store.entering, HotRows.commit

    def enter(store: Store) -> object:
        found.append("desk")
        return entering(store)

    def write(rows: HotRows) -> None:
        found.append("writer")
        commit(rows)

    monkeypatch.setattr(Store, "entering", enter)
    monkeypatch.setattr(HotRows, "commit", write)
    return found


def add(client: httpx.Client, path: str) -> httpx.Response:
    """A caller who waits."""
    return client.post(ADD, params=WAITING, json={"artifacts": [artifact(path)]})


@FILE
def test_whoever_waits_costs_one_transaction(server: ApiServer, caller: httpx.Client, commits: list[str]) -> None:
    """The first caller finds out that there is a writer; whoever does not wait has a transaction of their own."""
    assert add(caller, "first").status_code == 200
    commits.clear()

    assert add(caller, "demo").status_code == 200
    assert commits == ["writer"]
    commits.clear()
    assert caller.post(ADD, json={"artifacts": [artifact("other")]}).status_code == 202
    wait_until(lambda: commits == ["desk", "writer"])

    assert {*server.signer.targets()} >= {"first", "demo"}


@FILE
def test_of_many_who_wait_each_hears_what_became_of_its_own(server: ApiServer, caller: httpx.Client) -> None:
    """Some are refused; some ask under a key, twice; some ask for what is there already."""
    add(caller, "first")
    key = {"Idempotency-Key": "the-same"}
    bodies = [
        *(
            caller.build_request("POST", ADD, params=WAITING, json={"artifacts": [artifact(f"demo-{n}")]})
            for n in range(9)
        ),
        *(caller.build_request("POST", ADD, params=WAITING, json={"artifacts": [artifact("first")]}) for _ in range(3)),
        *(caller.build_request("POST", DELETE, params=WAITING, json={"artifacts": [f"none-{n}"]}) for n in range(3)),
        *(
            caller.build_request("POST", ADD, params=WAITING, headers=key, json={"artifacts": [artifact("keyed")]})
            for _ in range(3)
        ),
    ]
    with ThreadPoolExecutor(len(bodies)) as pool:
        found = [*pool.map(caller.send, bodies)]

    assert [each.status_code for each in found] == [200] * 12 + [404] * 3 + [200] * 3
    assert len({each.json()["data"]["task_id"] for each in found[-3:]}) == 1
    assert {*server.signer.targets()} == {"first", "keyed", *(f"demo-{number}" for number in range(9))}


@FILE
def test_what_is_refused_alone_makes_no_publication(server: ApiServer, caller: httpx.Client) -> None:
    """Nor does what is out already: its task is done at once."""
    add(caller, "first")
    before = server.signer.store.last_publication()

    refused = caller.post(DELETE, params=WAITING, json={"artifacts": ["none"]})
    repeated = add(caller, "first")

    assert (refused.status_code, repeated.status_code) == (404, 200)
    assert server.signer.store.last_publication() == before
    task = caller.get("/api/v1/task/", params={"task_id": repeated.json()["data"]["task_id"]})
    assert task.json()["data"]["state"] == "SUCCESS"


@FILE
@pytest.mark.parametrize("failing", ["create", "place"])
def test_what_fails_after_the_transaction_undoes_nothing_of_it(
    living: OnlineSigner, moment: datetime, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """There is no room for the files of the quick way: what was asked for is in line, once, and goes the long way."""
    with serving(living, moment) as server, server.client(server.token()) as client:
        add(client, "first")

        def refuse(*_ignored: object) -> None:
            raise StorageError("somewhere", "ENOSPC")

        monkeypatch.setattr(Staging, failing, refuse)
        assert add(client, "demo").status_code == 200
        assert _count(living.store, "demo") == 1
        assert {*living.targets()} == {"first", "demo"}


@FILE
def test_where_the_transaction_fails_others_try(
    living: OnlineSigner, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer cannot commit, the desk can: the caller waits in vain, but what was asked for is in line."""
    settings = ApiSettings(listen=ANY_PORT, limits=Limits(wait_seconds=1))
    with serving(living, moment, settings) as server, server.client(server.token()) as client:
        add(client, "first")
        kept, refusing = HotRows.commit, threading.Event()
        refusing.set()

        def commit(rows: HotRows) -> None:
            if refusing.is_set():
                raise StorageError("somewhere", "ENOSPC")
            kept(rows)

        monkeypatch.setattr(HotRows, "commit", commit)
        assert add(client, "demo").status_code == 202
        assert _count(living.store, "demo") == 1
        refusing.clear()
        wait_until(lambda: "demo" in living.targets())
        assert add(client, "last").status_code == 200


@FILE
def test_a_writer_that_finds_no_database_keeps_nobody_waiting(living: OnlineSigner, moment: datetime) -> None:
    """Nor does one that finds it while it sleeps: whoever waits is refused at once, and is served when it is back."""
    database = living.home.database
    with serving(living, moment) as server, server.client(server.token()) as client:
        add(client, "first")
        database.rename(database.with_suffix(".away"))

        began = time.monotonic()
        assert add(client, "refused").status_code == 503
        assert time.monotonic() - began < Limits().wait_seconds / 3

        database.with_suffix(".away").rename(database)
        assert add(client, "demo").status_code == 200
        assert {*living.targets()} == {"first", "demo"}


def _count(store: Store, path: str) -> int:
    query = select(func.count()).select_from(CHANGES).where(CHANGES.c.path == path)
    with store.reading() as connection:
        return connection.execute(query).scalar_one()


# the counter by itself


def _counter(moment: datetime) -> tuple[WritersCounter, list[Asked], list[tuple[Asked, object]]]:
    handed: list[Asked] = []
    told: list[tuple[Asked, object]] = []
    return WritersCounter(lambda: moment, handed.extend, told.extend), handed, told


def _asked(*requests: Request, until_out: bool = True, is_held: bool = False) -> Asked:
    submission = Submission(f"task-{id(requests)}", Kind.ADD, GRANT, requests, is_held=is_held)
    return Asked(submission, until_out, asyncio.get_running_loop().create_future())


async def test_nothing_is_left_before_the_writer_has_published(moment: datetime) -> None:
    """Nor after it gave back; and only by those who wait, for changes alone."""
    counter, handed, _ = _counter(moment)
    waiting, going, held = _asked(), _asked(until_out=False), _asked(is_held=True)
    assert counter.leave([waiting]) == [waiting]

    counter.open()
    assert counter.leave([waiting, going, held]) == [going, held]
    assert counter.has_some
    counter.give_back()
    assert (handed, counter.has_some) == ([waiting], False)
    assert counter.leave([waiting]) == [waiting]


async def test_whoever_has_waited_long_enough_is_handed_on(moment: datetime) -> None:
    """Once, and nobody else with them."""
    counter, handed, _ = _counter(moment)
    counter.open()
    one, other = _asked(), _asked()
    counter.leave([one, other])

    counter.hasten(one)
    counter.hasten(one)

    assert handed == [one]
    assert counter.has_some


@FILE
async def test_what_is_taken_and_not_settled_is_given_back(signer: OnlineSigner, moment: datetime) -> None:
    """What was settled is not."""
    signer.deliver()
    counter, handed, told = _counter(moment)
    counter.open()
    rows = signer.store.hot_rows()
    lost, kept = _asked(remove_request("none")), _asked(remove_request("none"))

    counter.leave([lost])
    with rows.writing():
        counter.take_in(rows.intake)
    counter.give_back()
    assert handed == [lost]
    counter.open()
    counter.leave([kept])
    with rows.writing():
        counter.take_in(rows.intake)
        rows.commit()
    counter.settle()
    counter.give_back()

    assert handed == [lost]
    ((asked, outcome),) = told
    assert asked is kept
    assert isinstance(outcome, RefusedError)
    with signer.store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(TASKS)).scalar_one() == 0


@FILE
async def test_what_comes_in_one_turn_of_the_loop_is_handed_in_at_once(
    signer: OnlineSigner, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One transaction for all of it."""
    signer.deliver()
    entering, entered = Store.entering, []

    def enter(store: Store) -> object:
        entered.append(store)
        return entering(store)

    monkeypatch.setattr(Store, "entering", enter)
    desk = StoreDesk(signer.store, lambda: moment, lambda: None)
    with desk.opened():
        requests = [signer.request(f"demo-{number}", b"content") for number in range(20)]
        asked = [desk.submit(Submission(f"t{n}", Kind.ADD, GRANT, (each,))) for n, each in enumerate(requests)]
        await _all(asked)
    assert len(entered) == 1


async def _all(asked: list[Asked]) -> None:
    for each in asked:
        await each.answer
