"""Two machines publish in turns, two answer calls, and die: on one PostgreSQL and one S3, under the eyes of clients."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.machines import Adding, Machines, Watching, adding, machines, see, watching
from fakes.postgresql import PostgreSQL
from fakes.release import Wanted
from fakes.s3_server import S3Server, before, use_s3

from ceremony.online.errand import is_newest_out
from ceremony.online.intake import waiting_count

_KILLS = 5
_SECONDS_TO_TAKE_OVER = 15


@pytest.fixture
def two(tmp_path: Path, database: PostgreSQL, store: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machines]:
    """Machines with a database and a place of their own, whose first delivery is published."""
    use_s3(monkeypatch, store.port)
    now = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  # the real client asks the real clock
    with machines(tmp_path, database.new_database(), store, Wanted(now=now), now) as made:
        yield made


def all_is_well(two: Machines, client: Watching, *adders: Adding) -> None:
    """What was acknowledged is published, and found by clients old and new; nothing was ever written over."""
    see(lambda: waiting_count(two.signer.store) == 0 and is_newest_out(two.signer.store))
    paths = [path for each in adders for path in each.acknowledged]
    assert all(each.acknowledged for each in adders)
    assert client.look(paths, afresh=True) == tuple(paths)
    rewritten = {name: found for name, found in two.bodies().items() if len(found) > 1}
    assert rewritten.keys() <= {"timestamp.json"}
    versions = two.timestamps()
    assert versions == sorted({*versions})


def test_whoever_publishes_is_killed_again_and_again(two: Machines) -> None:
    """Another takes over within seconds; callers of both machines go on, and clients never notice."""
    urls = [two.start_api("third", "--api-only"), two.start_api("fourth", "--api-only")]
    for name in ("first", "second"):
        two.start(name, "serve")
    see(lambda: two.leader() != "")
    took = []
    with watching(two) as client, adding(urls[0], "a") as one, adding(urls[1], "b") as other:
        for _ in range(_KILLS):
            victim = two.leader()
            two.kill(victim)
            took.append(see(lambda victim=victim: two.leader() not in ("", victim)))
            two.start(victim, "serve")
        see(lambda: waiting_count(two.signer.store) == 0)
    all_is_well(two, client, one, other)

    assert max(took) < _SECONDS_TO_TAKE_OVER
    assert (one.refused, other.refused) == (0, 0)


def test_one_that_stood_still_wakes_among_others(two: Machines) -> None:
    """Both write for a moment; the one that woke up ends, and nothing goes back. Whoever stands by answers calls."""
    urls = {name: two.start_api(name) for name in ("first", "second")}
    see(lambda: two.leader() != "")
    sleeper = two.leader()
    (awake,) = {*urls} - {sleeper}
    with watching(two) as client, adding(urls[awake], "a") as callers:
        with adding(urls[sleeper], "b") as other:
            see(lambda: bool(callers.acknowledged and other.acknowledged))
        two.processes[sleeper].send_signal(signal.SIGSTOP)
        see(lambda: two.leader() not in ("", sleeper))
        two.processes[sleeper].send_signal(signal.SIGCONT)
        assert two.processes[sleeper].wait(30) == 7
    all_is_well(two, client, callers, other)


def test_a_database_that_goes_away_under_load_comes_back(two: Machines, database: PostgreSQL) -> None:
    """Twice, as if its power had gone: callers are refused meanwhile, and what they were told is true afterwards."""
    url = two.start_api("third", "--api-only")
    for name in ("first", "second"):
        two.start(name, "serve")
    see(lambda: two.leader() != "")
    with watching(two) as client, adding(url, "a") as callers:
        for end in (database.stop, database.kill):
            known = len(callers.acknowledged)
            see(lambda known=known: len(callers.acknowledged) > known + 10)
            end()
            refused = callers.refused
            see(lambda refused=refused: callers.refused > refused)
            database.start()
            known = len(callers.acknowledged)
            see(lambda known=known: len(callers.acknowledged) > known)
            newest = callers.acknowledged[-1]
            see(lambda newest=newest: is_out(two, newest))
    all_is_well(two, client, callers)


def test_a_store_that_errs_and_is_slow_under_load(
    two: Machines, store: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It refuses, says nothing, and loses its own answers; callers wait, and clients see one state after another."""
    with before(store) as (port, faults):
        use_s3(monkeypatch, port)
        url = two.start_api("third", "--api-only")
        for name in ("first", "second"):
            two.start(name, "serve")
        see(lambda: two.leader() != "")
        with watching(two) as client, adding(url, "a") as callers:
            for fault in (faults.errors, faults.lost_answers, faults.silences):
                fault |= {".json": 3, "timestamp.json": 2, ".fence": 1}
                known = len(callers.acknowledged)
                see(lambda fault=fault: not any(fault.values()))
                see(lambda known=known: len(callers.acknowledged) > known)
        all_is_well(two, client, callers)


def is_out(two: Machines, path: str) -> bool:
    """True when a new client finds this target."""
    return bool(Watching(two).look([path], afresh=True))
