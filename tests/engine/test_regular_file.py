"""One file of strangers is read: what is no file is refused, by whatever name it goes, and nothing waits for it."""

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from ceremony.engine.regular_file import read_regular
from ceremony.errors import StorageError, TamperedError

LIMIT = 8


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    """A file of eight bytes."""
    path = tmp_path / "file"
    path.write_bytes(b"01234567")
    return path


def tampering(path: Path, **how: str | int) -> TamperedError:
    """What is wrong with what lies there."""
    with pytest.raises(TamperedError) as found:
        read_regular(path, LIMIT, **how)  # type: ignore[arg-type]  # each test names what there is
    return found.value


def test_a_file_is_read_to_its_last_byte(file: Path) -> None:
    """Up to as many as it may have; an empty one too."""
    assert read_regular(file, LIMIT) == b"01234567"
    file.write_bytes(b"")
    assert read_regular(file, LIMIT) == b""


def test_one_byte_more_is_refused(file: Path) -> None:
    """It is named as people know it."""
    file.write_bytes(b"012345678")
    assert (tampering(file).what, tampering(file).where) == ("larger than 8 bytes", "file")
    assert tampering(file, where="draft/file").where == "draft/file"


def test_what_never_ends_is_no_file_and_is_not_read() -> None:
    """A device gives bytes for ever."""
    assert tampering(Path("/dev/zero")).what == "a link or a special file"


def linked(path: Path) -> None:
    """A link to a good file."""
    path.symlink_to(path.parent / "file")


def dangling(path: Path) -> None:
    """A link to nothing."""
    path.symlink_to(path.parent / "nothing")


def folder(path: Path) -> None:
    """A folder."""
    path.mkdir()


@pytest.mark.parametrize("make", [linked, dangling, os.mkfifo, folder])
def test_what_is_no_file_is_refused_at_once(file: Path, make: Callable[[Path], None]) -> None:
    """Links, pipes, folders."""
    make(file.parent / "odd")
    assert (tampering(file.parent / "odd").what, tampering(file.parent / "odd").where) == (
        "a link or a special file",
        "odd",
    )


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system does not even open it."""
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        assert tampering(Path("socket")).what == "a link or a special file"


def test_a_second_name_is_refused_where_only_one_may_be(file: Path) -> None:
    """Whoever has the other name can change the bytes after they were looked at."""
    (file.parent / "second").hardlink_to(file)
    assert read_regular(file, LIMIT) == b"01234567"
    assert tampering(file, has_one_name=True).what == "a link or a special file"


def test_a_name_is_looked_up_in_an_open_folder(file: Path) -> None:
    """However that is called meanwhile."""
    descriptor = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        assert read_regular(Path("file"), LIMIT, folder=descriptor) == b"01234567"
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("where", ["", "draft/nowhere"])
def test_what_the_system_refuses_is_a_matter_of_storage(tmp_path: Path, where: str) -> None:
    """It is named by its path, or as people know it."""
    with pytest.raises(StorageError) as absent:
        read_regular(tmp_path / "nowhere", LIMIT, where=where)
    assert absent.value.path == (where or str(tmp_path / "nowhere"))
    assert absent.value.reason == errno.errorcode[errno.ENOENT]


def test_a_stick_that_fails_half_way_is_told_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the file is closed."""

    def fail(*_positional: object) -> bytes:
        raise OSError(errno.EIO, "")

    before = len([*Path("/proc/self/fd").iterdir()])
    monkeypatch.setattr(os, "read", fail)
    with pytest.raises(StorageError) as failed:
        read_regular(file, LIMIT)
    assert failed.value.reason == "EIO"
    assert len([*Path("/proc/self/fd").iterdir()]) == before
