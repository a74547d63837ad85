"""A signer for each test, closed when the test is over."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.online_signer import OnlineSigner, online_signer
from fakes.release import Wanted


@pytest.fixture
def signer(tmp_path: Path) -> Iterator[OnlineSigner]:
    """An initialised signer to which nothing was delivered yet; its ceremony ended an hour before NOW."""
    made = online_signer(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def moment() -> datetime:
    """This machine's clock, which the real client reads."""
    return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  # the real client asks the real clock


@pytest.fixture
def living(tmp_path: Path, moment: datetime) -> Iterator[OnlineSigner]:
    """A signer whose first delivery is published, at a time that the real client believes."""
    made = online_signer(tmp_path, Wanted(now=moment))
    made.deliver(now=moment)
    yield made
    made.store.close()
