"""A folder that somebody else wrote is read with suspicion."""

import errno
import os
import socket
from pathlib import Path

import pytest

from ceremony.core.bundle_limits import BYTES_LIMIT, FILES_LIMIT
from ceremony.engine import strict_folder
from ceremony.engine.strict_folder import read_folder
from ceremony.errors import StorageError, TamperedError

LIMITS = {r"plan\.toml": 10, r"draft/[0-9]\.root\.json": 4}


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """A folder as it should be."""
    folder = tmp_path / "folder"
    (folder / "draft").mkdir(parents=True)
    (folder / "plan.toml").write_bytes(b"0123456789")
    (folder / "draft/1.root.json").write_bytes(b"{}")
    return folder


def refusal(folder: Path) -> TamperedError:
    """Why this folder is refused."""
    with pytest.raises(TamperedError) as refused:
        read_folder(folder, LIMITS)
    return refused.value


def test_every_file_is_read_by_name(folder: Path) -> None:
    """Also in the inner folder, and up to the very last byte that is allowed."""
    assert read_folder(folder, LIMITS) == {"plan.toml": b"0123456789", "draft/1.root.json": b"{}"}


@pytest.mark.parametrize("name", ["plan.toml", "draft/1.root.json"])
def test_one_byte_too_many_is_refused(folder: Path, name: str) -> None:
    """Each pattern has its own limit."""
    with (folder / name).open("ab") as file:
        file.write(b"....")

    assert refusal(folder).where == name
    assert "larger" in refusal(folder).what


@pytest.mark.parametrize(
    "name",
    ["autorun.inf", "PLAN.TOML", "plan.toml ", "plan.toml\n", "draft/plan.toml", "draft/.hidden", "1.root.json", "ünï"],
)
def test_a_name_that_fits_no_pattern_is_refused(folder: Path, name: str) -> None:
    """Names are compared whole, capitals, spaces and line ends included."""
    (folder / name).write_bytes(b"")

    assert refusal(folder).where == repr(name)


def test_a_name_that_is_no_text_is_refused(folder: Path) -> None:
    """Bytes that are no UTF-8 are shown escaped."""
    (Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe"))).write_bytes(b"")

    assert refusal(folder).where == repr("\udcff\udcfe")


@pytest.mark.parametrize("inside", ["", "draft"])
def test_too_many_files_are_refused_before_any_is_read(folder: Path, inside: str) -> None:
    """At each level."""
    for number in range(FILES_LIMIT + 1):
        (folder / inside / f"{number}").write_bytes(b"")

    assert refusal(folder).what == f"more than {FILES_LIMIT} files"
    assert refusal(folder).where == (f"{inside}/" if inside else "the bundle")


def test_more_than_memory_should_hold_is_refused_before_any_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file is within its limit, all of them together are not; sparse, they cost whoever made them nothing."""
    for number in range(6):
        with (folder / f"draft/{number}.root.json").open("wb") as file:
            file.truncate(BYTES_LIMIT // 5)
    monkeypatch.setattr(strict_folder, "read_regular", lambda *_found, **_limits: pytest.fail("it was read"))
    with pytest.raises(TamperedError) as refused:
        read_folder(folder, {**LIMITS, r"draft/[0-9]\.root\.json": BYTES_LIMIT})
    assert (refused.value.what, refused.value.where) == (f"more than {BYTES_LIMIT} bytes", "the bundle")


def test_a_disk_that_lies_about_sizes_is_stopped_while_it_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read counts, whatever was said before."""
    monkeypatch.setattr(strict_folder, "BYTES_LIMIT", 12)
    assert len(read_folder(folder, LIMITS)) == 2
    monkeypatch.setattr(strict_folder, "read_regular", lambda *_found, **_limits: b"12345678")
    assert refusal(folder).what == "more than 12 bytes"


@pytest.mark.parametrize("name", ["plan.toml", "draft/1.root.json"])
@pytest.mark.parametrize("kind", ["link", "second name", "pipe", "folder"])
def test_only_regular_files_with_one_name_are_read(folder: Path, name: str, kind: str) -> None:
    """Links, pipes and folders under the name of a file."""
    path = folder / name
    path.rename(folder.parent / "elsewhere")
    match kind:
        case "link":
            path.symlink_to(folder.parent / "elsewhere")
        case "second name":
            path.hardlink_to(folder.parent / "elsewhere")
        case "pipe":
            os.mkfifo(path)
        case _:
            path.mkdir()

    assert refusal(folder).where == name
    assert refusal(folder).what == "a link or a special file"


@pytest.mark.parametrize("kind", ["link", "file"])
def test_the_inner_folder_is_a_folder(folder: Path, kind: str) -> None:
    """Neither a link to one nor a file."""
    (folder / "draft").rename(folder.parent / "elsewhere")
    if kind == "link":
        (folder / "draft").symlink_to(folder.parent / "elsewhere")
    else:
        (folder / "draft").write_bytes(b"")

    assert (refusal(folder).what, refusal(folder).where) == ("not a folder", "draft")


def test_a_socket_under_the_name_of_a_file_is_no_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system refuses to open it."""
    (folder / "plan.toml").unlink()
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("plan.toml")

        assert (refusal(folder).what, refusal(folder).where) == ("a link or a special file", "plan.toml")


def test_a_stick_that_fails_while_it_is_read_is_told_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EIO out of the middle of a file, with its name."""

    def fail(*_positional: object) -> None:
        raise OSError(errno.EIO, "")

    monkeypatch.setattr(os, "listdir", fail)

    with pytest.raises(StorageError) as refused:
        read_folder(folder, LIMITS)

    assert refused.value.reason == "EIO"


@pytest.mark.parametrize(
    ("name", "reason"), [("nowhere", "ENOENT"), ("folder/plan.toml", "ENOTDIR"), ("link", "ENOTDIR")]
)
def test_what_is_no_folder_is_not_read(folder: Path, name: str, reason: str) -> None:
    """Nothing, a file, or a link to a folder."""
    (folder.parent / "link").symlink_to(folder)

    with pytest.raises(StorageError) as refused:
        read_folder(folder.parent / name, LIMITS)

    assert refused.value.reason == reason


def test_nothing_stays_open(folder: Path) -> None:
    """Neither after a reading nor after a refusal."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    read_folder(folder, LIMITS)
    (folder / "draft/1.root.json").write_bytes(b"12345")
    refusal(folder)
    (folder / "draft/1.root.json").unlink()
    os.mkfifo(folder / "draft/1.root.json")
    refusal(folder)

    assert len(list(Path("/proc/self/fd").iterdir())) == before
