"""One writer at a time."""

from pathlib import Path

import pytest

from ceremony.errors import StorageError
from ceremony.online.home import Home


def test_a_second_writer_is_told_that_there_is_one(tmp_path: Path) -> None:
    """Also within the same process."""
    home = Home(tmp_path)

    with home.writing(), home.trying_to_write() as is_writer:
        assert not is_writer
    with home.trying_to_write() as is_writer:
        assert is_writer


def test_a_second_writer_that_insists_is_refused(tmp_path: Path) -> None:
    """The system's word for it is EBUSY."""
    home = Home(tmp_path)

    with home.writing(), pytest.raises(StorageError) as refusal, home.writing():
        raise AssertionError

    assert refusal.value.reason == "EBUSY"


def test_a_home_that_is_not_there_is_named(tmp_path: Path) -> None:
    """No folder, no lock."""
    with pytest.raises(StorageError), Home(tmp_path / "none").writing():
        raise AssertionError
