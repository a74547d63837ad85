"""How long the test of kills goes on: a slice of it by default, as often as somebody says with --kills."""

import pytest

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
