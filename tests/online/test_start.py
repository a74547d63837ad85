"""A signer on one machine starts without what only others need, or what it needs once in a while."""

import subprocess
import sys

import pytest
from fakes.online_signer import OnlineSigner
from fakes.release import NOW
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex

import ceremony.online.postgresql  # noqa: F401  # what it says of an index is looked at
from ceremony.online.tables import CHANGES_WAITING

ELSEWHERE = {"sqlalchemy.dialects.postgresql", "psycopg", "procrastinate", "obstore", "boto3"}
"""What many machines share."""

SELDOM = {"alembic", "tuf.ngclient", "ceremony.core.review", "ceremony.core.delivery_rules", "ceremony.engine.bundle"}
"""What brings a database up, looks as a client does, and judges a release."""

FRONT = {"click", "rich", "starlette", "uvicorn", "textual"}

PROGRAM = f"""
import sys
from datetime import datetime
from pathlib import Path
from ceremony.online.errand import publisher_of
from ceremony.online.opening import opened
from ceremony.online.home import Home
from ceremony.online.intake import Request, take_in

home, now = Home(Path(sys.argv[1])), datetime.fromisoformat({NOW.isoformat()!r})
with opened(home) as store, home.writing():
    publisher = publisher_of(home, store, lambda _done, _total: None)
    take_in(store, [Request("demo", b'"demo":{{"hashes":{{"sha256":"{"0" * 64}"}},"length":1}}')], now)
    print(publisher.publish(now).number)
print(*sys.modules)
"""


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_up_to_its_first_publication_a_signer_on_one_machine_loads_nothing_that_others_need(
    signer: OnlineSigner,
) -> None:
    """Most of the time from its start to its first answer is loading."""
    signer.deliver()
    signer.store.close()

    command = [sys.executable, "-c", PROGRAM, str(signer.home.folder)]
    published, loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    assert published == "2"
    assert (ELSEWHERE | SELDOM | FRONT) & {*loaded.split()} == set()


def test_a_postgresql_is_told_which_changes_an_index_is_about() -> None:
    """Though the tables, which every start loads, do not speak its language."""
    told = str(CreateIndex(CHANGES_WAITING).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]

    assert told.endswith("WHERE publication IS NULL")
