"""How long the test of kills goes on, and what tests of many machines share: a PostgreSQL and an S3.

By default the kills are a slice; with --kills as many as somebody says.
"""

from collections.abc import Iterator

import pytest
from fakes.postgresql import PostgreSQL, postgresql
from fakes.s3_server import S3Server, s3_server

KILLS = "--kills"


def pytest_addoption(parser: pytest.Parser) -> None:
    """How often a serving signer is killed; where nobody says it, a minute is enough."""
    parser.addoption(
        KILLS,
        type=int,
        default=0,
        metavar="NUMBER",
        help="Kills a serving signer so many times (tests/faults/test_serving_kills.py), however long that takes: a "
        "thousand are half an hour. Without it, some twenty.",
    )


@pytest.fixture
def kills(pytestconfig: pytest.Config) -> int:
    """So many were asked for, 0 where nobody asked."""
    found: int = pytestconfig.getoption(KILLS, default=0)
    return found


@pytest.fixture(scope="module")
def store() -> Iterator[S3Server]:
    """An S3 for all tests of a file."""
    with s3_server() as made:
        yield made


@pytest.fixture(scope="module")
def database() -> Iterator[PostgreSQL]:
    """A PostgreSQL for all tests of a file, any of which may stop it and start it again."""
    with postgresql() as made:
        yield made
