"""Workers die, hang, or have no key while every bin is signed anew: all of it is published, and nothing twice."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.machines import PATIENCE_SECONDS, Machines, machines, see, watching
from fakes.postgresql import PostgreSQL
from fakes.release import Wanted
from fakes.s3_server import S3Server, use_s3
from sqlalchemy import text

from ceremony.core.plan import Bins
from ceremony.online.bin_ranges import VERY_MANY
from ceremony.online.errand import is_newest_out
from ceremony.online.renewal import ask_renewal

_BINS = 2_048
_TAKEN = "SELECT count(*) FROM ceremony_work.procrastinate_jobs WHERE status = 'doing'"


@pytest.fixture
def many(tmp_path: Path, database: PostgreSQL, store: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machines]:
    """Machines of a signer with so many bins that workers are asked to help."""
    assert _BINS >= VERY_MANY
    use_s3(monkeypatch, store.port)
    now = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  # the real client asks the real clock
    wanted = Wanted(now=now, bins=Bins(_BINS, "succinct"))
    with machines(tmp_path, database.new_database(), store, wanted, now) as made:
        yield made


def renew(many: Machines) -> None:
    """Somebody wants every bin signed anew, and one target changed."""
    now = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  # the real client asks the real clock
    with many.signer.store.writing() as connection:
        ask_renewal(connection, ("bins",), now)
    many.signer.ask("demo", now.isoformat().encode(), now)


def is_renewed(many: Machines, version: int) -> bool:
    """True when every bin is out at this version, or at a later one."""
    store = many.signer.store
    return is_newest_out(store) and min(each.version for each in store.bins()) >= version


def at_it(many: Machines) -> int:
    """How many workers have a range in hand."""
    with many.signer.store.reading() as connection:
        return int(connection.execute(text(_TAKEN)).scalar_one())


def test_workers_are_lost_in_the_middle(many: Machines) -> None:
    """What they had is made by somebody else; one that wakes up much later does no harm, one told to stop finishes."""
    workers = ("dead", "sleeping", "stopped", "other")
    for name in workers:
        many.start(name, "work")
    see(lambda: all("Working for" in many.log(name) for name in workers))
    many.start("first", "serve")
    see(lambda: many.leader() == "first")
    with watching(many) as client:
        renew(many)
        see(lambda: at_it(many) >= len(workers) - 1)
        for name, number in zip(workers, (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM), strict=False):
            many.processes[name].send_signal(number)
        see(lambda: is_renewed(many, 2))
        many.processes["sleeping"].send_signal(signal.SIGCONT)
        renew(many)
        see(lambda: is_renewed(many, 3))
    client.look(afresh=True)

    assert '"is_made": true' in many.log("other")
    rewritten = {name for name, found in many.bodies().items() if len(found) > 1}
    assert rewritten <= {"timestamp.json"}
    for name in ("sleeping", "other"):
        many.processes[name].send_signal(signal.SIGTERM)
    ends = {name: many.processes[name].wait(PATIENCE_SECONDS) for name in workers}
    assert ends == {"dead": -signal.SIGKILL, "sleeping": 0, "stopped": 0, "other": 0}
    assert "Stopped." in many.log("stopped")
