"""What the engine's tests share: a desk for each, and one release made once."""

from pathlib import Path

import pytest
from fakes.rooms import Desk, desk

from ceremony.engine.sitting import sit


@pytest.fixture(name="table")
def _table(tmp_path: Path) -> Desk:
    return desk(tmp_path)


@pytest.fixture(name="finished", scope="module")
def _finished(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk whose ceremony is over: bundle and release stand in its folder. Read only."""
    done = desk(tmp_path_factory.mktemp("finished"))
    sit(done.room, done.agenda())
    return done
