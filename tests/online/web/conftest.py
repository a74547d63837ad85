"""A serving signer for each test, whose release the real client believes."""

from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest
from fakes.api_server import ApiServer, serving
from fakes.online_signer import OnlineSigner


@pytest.fixture
def server(living: OnlineSigner, moment: datetime) -> Iterator[ApiServer]:
    """A signer with its API on the loopback."""
    with serving(living, moment) as found:
        yield found


@pytest.fixture
def caller(server: ApiServer) -> Iterator[httpx.Client]:
    """Somebody with a token that may do everything."""
    with server.client(server.token()) as client:
        yield client
