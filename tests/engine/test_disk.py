"""Files and folders are made durably, or not at all."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ceremony.engine.disk import create_file, create_folder, named, new_file, replace_file, sync_folder, write_folder
from ceremony.errors import StorageError

FILES = {"plan.toml": b"id", "draft/1.root.json": b"{}", "draft/1.bins.json": b"{}"}


def refusing(name: str) -> Callable[..., int]:
    """What the system says instead of doing it."""

    def refuse(*_positional: object, **_named: object) -> int:
        number = getattr(errno, name)
        raise OSError(number, os.strerror(number))

    return refuse


def refuse_from(monkeypatch: pytest.MonkeyPatch, call: int, name: str) -> None:
    """The given fsync and every one after it is refused."""
    calls = iter(range(1000))
    monkeypatch.setattr(os, "fsync", lambda _descriptor: refusing(name)() if next(calls) >= call else None)


def test_a_new_file_holds_its_bytes_and_is_its_owner_s_alone(tmp_path: Path) -> None:
    """No group and no other may read it."""
    create_file(tmp_path / "new", b"bytes")

    assert (tmp_path / "new").read_bytes() == b"bytes"
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600


def test_what_goes_on_a_stick_can_be_read_by_whoever_gets_it(tmp_path: Path) -> None:
    """A bundle holds no secret: its files and folders are open to everybody, as far as the umask allows."""
    previous = os.umask(0o022)
    try:
        create_folder(tmp_path / "stick", {"plan.toml": b"plan", "draft/1.root.json": b"{}"})
    finally:
        os.umask(previous)

    modes = {path.name: path.stat().st_mode & 0o777 for path in [tmp_path / "stick", *(tmp_path / "stick").rglob("*")]}
    assert modes == {"stick": 0o755, "draft": 0o755, "plan.toml": 0o644, "1.root.json": 0o644}


def _stop_half_way(path: Path) -> None:
    with new_file(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt


def test_a_file_that_is_written_piece_by_piece_is_whole_or_not_there(tmp_path: Path) -> None:
    """Whoever stops half-way leaves nothing; one that is there is never touched."""
    with pytest.raises(KeyboardInterrupt):
        _stop_half_way(tmp_path / "new")
    assert not (tmp_path / "new").exists()

    with new_file(tmp_path / "new") as file:
        file.write(b"by")
        file.write(b"tes")
    with pytest.raises(StorageError, match="EEXIST"), new_file(tmp_path / "new"):
        pass

    assert (tmp_path / "new").read_bytes() == b"bytes"


def test_a_new_file_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever returns from here can pull the plug."""
    synced: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
    )

    create_file(tmp_path / "new", b"bytes")

    assert synced == ["new"]


@pytest.mark.parametrize("kind", ["file", "dangling link", "folder"])
def test_a_file_that_is_there_is_never_touched(tmp_path: Path, kind: str) -> None:
    """EEXIST, and no link is followed to somewhere else."""
    path = tmp_path / "taken"
    if kind == "file":
        path.write_bytes(b"mine")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StorageError) as refused:
        create_file(path, b"yours")

    assert (refused.value.path, refused.value.reason) == (str(path), "EEXIST")
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]
    assert kind != "file" or path.read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["ENOSPC", "EIO", "EDQUOT"])
def test_a_new_file_that_the_disk_does_not_take_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The reason is told, and no half file is left."""
    refuse_from(monkeypatch, 0, name)

    with pytest.raises(StorageError) as refused:
        create_file(tmp_path / "new", b"bytes")

    assert refused.value.reason == name
    assert not list(tmp_path.iterdir())


def test_a_disk_that_can_only_be_read_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EROFS, when the file is opened."""
    monkeypatch.setattr(os, "open", refusing("EROFS"))

    with pytest.raises(StorageError) as refused:
        create_file(tmp_path / "new", b"bytes")

    assert refused.value.reason == "EROFS"


def test_a_replaced_file_holds_the_new_bytes(tmp_path: Path) -> None:
    """Nothing is left beside it."""
    (tmp_path / "it").write_bytes(b"old")

    replace_file(tmp_path / "it", b"new")

    assert (tmp_path / "it").read_bytes() == b"new"
    assert [each.name for each in tmp_path.iterdir()] == ["it"]


@pytest.mark.parametrize("call", [0, 1])
def test_a_file_that_cannot_be_replaced_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int) -> None:
    """The old bytes or the new ones, and nothing beside them, whichever sync fails."""
    (tmp_path / "it").write_bytes(b"old")
    refuse_from(monkeypatch, call, "ENOSPC")

    with pytest.raises(StorageError) as refused:
        replace_file(tmp_path / "it", b"new")

    assert refused.value.reason == "ENOSPC"
    assert (tmp_path / "it").read_bytes() == (b"old", b"new")[call]
    assert [each.name for each in tmp_path.iterdir()] == ["it"]


def test_a_new_folder_holds_exactly_its_files(tmp_path: Path) -> None:
    """With one level of folders, and nothing beside it."""
    create_folder(tmp_path / "new", FILES)

    found = {str(each.relative_to(tmp_path / "new")): each.read_bytes() for each in tmp_path.rglob("*.*")}
    assert found == FILES
    assert [each.name for each in tmp_path.iterdir()] == ["new"]


def test_a_folder_gets_its_name_after_everything_in_it_is_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files, then the folders that name them, then the rename, then the folder around."""
    done: list[str] = []
    rename = Path.rename
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: done.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
    )
    monkeypatch.setattr(Path, "rename", lambda path, to: (done.append("rename"), rename(path, to)))

    create_folder(tmp_path / "new", FILES)

    assert done == ["plan.toml", "1.root.json", "1.bins.json", ".new.new", "draft", "rename", tmp_path.name]


@pytest.mark.parametrize("call", range(7))
def test_a_folder_that_the_disk_does_not_take_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    """Whichever sync is refused, there is no folder, or (when only the last one is) a whole one."""
    refuse_from(monkeypatch, call, "ENOSPC")
    syncs = 6

    if call < syncs:
        with pytest.raises(StorageError) as refused:
            create_folder(tmp_path / "new", FILES)
        assert refused.value.reason == "ENOSPC"
    else:
        create_folder(tmp_path / "new", FILES)

    assert [each.name for each in tmp_path.iterdir()] == (["new"] if call >= syncs - 1 else [])


@pytest.mark.parametrize("kind", ["file", "dangling link", "empty folder"])
def test_a_folder_that_is_there_is_never_touched(tmp_path: Path, kind: str) -> None:
    """EEXIST: not even an empty folder is taken over."""
    path = tmp_path / "taken"
    if kind == "file":
        path.write_bytes(b"mine")
    elif kind == "empty folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StorageError) as refused:
        create_folder(path, FILES)

    assert refused.value.reason == "EEXIST"
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]


def test_what_a_try_that_died_left_behind_goes(tmp_path: Path) -> None:
    """A second try under the same name tidies up after the first."""
    write_folder(tmp_path / ".new.new", {"draft/half": b""})

    create_folder(tmp_path / "new", FILES)

    assert [each.name for each in tmp_path.iterdir()] == ["new"]
    assert not (tmp_path / "new/draft/half").exists()


def test_bytes_that_are_read_back_otherwise_are_no_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EIO: a stick that keeps other bytes than it was given is found out at once, and nothing stays under the name."""
    spoiled: list[Path] = []

    def spoil(descriptor: int, *_range: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        path.write_bytes(b"other")
        spoiled.append(path)

    monkeypatch.setattr(os, "posix_fadvise", spoil)

    with pytest.raises(StorageError) as refused:
        create_folder(tmp_path / "new", FILES)

    assert (refused.value.path, refused.value.reason) == (str(spoiled[0]), "EIO")
    assert not list(tmp_path.iterdir())


def test_a_folder_nowhere_cannot_be_made_or_synced(tmp_path: Path) -> None:
    """ENOENT, with the path that is not there."""
    with pytest.raises(StorageError) as refused:
        create_folder(tmp_path / "nowhere/new", FILES)
    assert refused.value.reason == "ENOENT"

    with pytest.raises(StorageError) as refused:
        sync_folder(tmp_path / "nowhere")
    assert (refused.value.path, refused.value.reason) == (str(tmp_path / "nowhere"), "ENOENT")


@pytest.mark.parametrize(
    ("error", "reason"),
    [(OSError(), "OSError"), (PermissionError(errno.EACCES, ""), "EACCES"), (OSError(9999, ""), "OSError")],
)
def test_whatever_the_system_refuses_has_a_name(tmp_path: Path, error: OSError, reason: str) -> None:
    """The system's own word, or that of Python where it has none; the cause is kept."""
    with pytest.raises(StorageError) as refused, named(tmp_path):
        raise error

    assert refused.value.reason == reason
    assert refused.value.__cause__ is error
