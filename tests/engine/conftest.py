"""What the engine's tests share: a desk for each, one release made once, and a disk that does not keep them waiting."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.rooms import Desk, desk

from ceremony.engine.sitting import sit


@pytest.fixture(autouse=True, scope="module")
def _quick_disk() -> Iterator[None]:
    """Nothing waits for the disk: a sitting syncs some five hundred times, and no test here cuts the power."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        yield


@pytest.fixture(name="table")
def _table(tmp_path: Path) -> Desk:
    return desk(tmp_path)


@pytest.fixture(name="finished", scope="module")
def _finished(_quick_disk: None, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk whose ceremony is over: bundle and release stand in its folder. Read only."""
    done = desk(tmp_path_factory.mktemp("finished"))
    sit(done.room, done.agenda())
    return done
