"""Files are whole and durable before they have their names."""

from pathlib import Path

import pytest

from ceremony.errors import StorageError
from ceremony.online import staging as module
from ceremony.online.staging import staging


def test_a_file_has_its_name_only_when_it_is_placed(tmp_path: Path) -> None:
    """Until then it lies beside."""
    with staging(tmp_path) as stage:
        with stage.files() as files:
            files.begin("one.json", [b"a", bytearray(b"b")])
            files.finish()
        before = [path.name for path in tmp_path.iterdir()]
        stage.place(["one.json"])

    assert before == [".one.json"]
    assert (tmp_path / "one.json").read_bytes() == b"ab"
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o644]


@pytest.mark.parametrize("is_trusty", [True, False])
def test_many_files_are_synced_together_or_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_trusty: bool
) -> None:
    """As the system can."""
    if not is_trusty:
        monkeypatch.setattr(module, "_is_trusty", lambda: False)
    names = [f"{number}.json" for number in range(40)]
    with staging(tmp_path) as stage:
        for name in names:
            stage.write(name, [name.encode()])
        stage.sync(names)
        stage.place(names)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {name: name.encode() for name in names}


def test_what_a_kill_left_is_written_over(tmp_path: Path) -> None:
    """Nothing of it stays."""
    (tmp_path / ".one.json").write_bytes(b"a longer half of a file")
    with staging(tmp_path) as stage:
        stage.write("one.json", [b"new"])
        stage.place(["one.json"])

    assert (tmp_path / "one.json").read_bytes() == b"new"


def test_a_file_may_begin_with_what_comes_last(tmp_path: Path) -> None:
    """What follows it is on its way to the disk meanwhile."""
    with staging(tmp_path) as stage, stage.files() as files:
        first = files.begin("one.json", [b"b" * 9_000, b"c"], 3)
        files.begin("two.json", [b"2"])
        first.write([b"aaa"])
        files.finish()
        stage.place(["one.json", "two.json"])

    assert (tmp_path / "one.json").read_bytes() == b"aaa" + b"b" * 9_000 + b"c"
    assert (tmp_path / "two.json").read_bytes() == b"2"


def test_files_that_come_to_nothing_are_closed(tmp_path: Path) -> None:
    """Whatever went wrong, none stays open."""
    before = len([*Path("/proc/self/fd").iterdir()])
    with staging(tmp_path) as stage, stage.files() as files:
        files.begin("one.json", [b"1"])
        with pytest.raises(StorageError):
            files.begin("no/such/folder.json", [b"2"])

    assert len([*Path("/proc/self/fd").iterdir()]) == before


def test_a_link_is_never_followed(tmp_path: Path) -> None:
    """Somebody has put one where the file is to be written."""
    (tmp_path / ".one.json").symlink_to(tmp_path / "elsewhere")
    with staging(tmp_path) as stage, pytest.raises(StorageError) as refusal:
        stage.write("one.json", [b"new"])

    assert (refusal.value.reason, refusal.value.path) == ("ELOOP", str(tmp_path / "one.json"))
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With the system's word for it."""
    with pytest.raises(StorageError) as refusal, staging(tmp_path / "nowhere"):
        raise AssertionError

    assert refusal.value.reason == "ENOENT"
