"""A signer for each test, closed when the test is over."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.online_signer import OnlineSigner, online_signer
from fakes.postgresql import PostgreSQL, postgresql
from fakes.release import Wanted

from ceremony.online.log import stop_log


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """What a test has started to log ends with it: its standard error is closed when the next one begins."""
    yield
    stop_log()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    """A PostgreSQL for all tests of this process that need one, each with a database of its own."""
    with postgresql() as found:
        yield found


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str | None:
    """The URL of a new database, None for a file in the home; tests that are of one of them alone say so."""
    if request.param == "sqlite":
        return None
    postgres: PostgreSQL = request.getfixturevalue("postgres")
    return postgres.new_database()


@pytest.fixture
def signer(tmp_path: Path, database: str | None) -> Iterator[OnlineSigner]:
    """An initialised signer to which nothing was delivered yet; its ceremony ended an hour before NOW."""
    made = online_signer(tmp_path, database=database)
    yield made
    made.store.close()


@pytest.fixture
def moment() -> datetime:
    """This machine's clock, which the real client reads."""
    return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  # the real client asks the real clock


@pytest.fixture
def living(tmp_path: Path, moment: datetime, database: str | None) -> Iterator[OnlineSigner]:
    """A signer whose first delivery is published, at a time that the real client believes."""
    made = online_signer(tmp_path, Wanted(now=moment), database=database)
    made.deliver(now=moment)
    yield made
    made.store.close()
