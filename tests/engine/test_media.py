"""Sticks are found by what the kernel says of mounts and disks."""

from pathlib import Path

import pytest

from ceremony.engine.media import suggested_place, writable_places


@pytest.fixture(name="blocks")
def _blocks(tmp_path: Path) -> Path:
    """Two disks with a partition each, one of them removable, as /sys lays them out."""
    blocks = tmp_path / "sys/class/block"
    blocks.mkdir(parents=True)
    for disk, flag in (("sda", "0\n"), ("sdb", "1\n")):
        devices = tmp_path / "sys/devices" / disk
        (devices / f"{disk}1").mkdir(parents=True)
        (devices / "removable").write_text(flag, encoding="utf-8")
        (blocks / disk).symlink_to(devices)
        (blocks / f"{disk}1").symlink_to(devices / f"{disk}1")
    return blocks


def mounts(folder: Path, *lines: bytes) -> Path:
    """A list of mounts, as the kernel writes it."""
    path = folder / "mounts"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def test_a_stick_that_is_mounted_for_writing_is_offered(tmp_path: Path, blocks: Path) -> None:
    """A partition counts by the disk it lies on; a whole disk by itself."""
    found = mounts(
        tmp_path,
        b"/dev/sda1 / ext4 rw,relatime 0 0",
        b"/dev/sdb1 /media/stick vfat rw,nosuid 0 0",
        b"/dev/sdb /media/another vfat nosuid,rw 0 0",
    )

    assert writable_places(found, blocks) == (Path("/media/another"), Path("/media/stick"))


@pytest.mark.parametrize(
    "line",
    [
        b"/dev/sdb1 /media/stick vfat ro,nosuid 0 0",
        b"/dev/sdb1 /media/stick vfat norw,arwen 0 0",
        b"/dev/sda1 /home ext4 rw 0 0",
        b"tmpfs /run tmpfs rw,nosuid 0 0",
        b"/dev/mapper/luks /media/safe ext4 rw 0 0",
    ],
)
def test_nothing_else_is_offered(tmp_path: Path, blocks: Path, line: bytes) -> None:
    """Not what can only be read, not the disk inside, not what is no disk at all."""
    assert writable_places(mounts(tmp_path, line), blocks) == ()


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (rb"/media/my\040stick", b"/media/my stick"),
        (rb"/media/a\134b\011c", b"/media/a\\b\tc"),
        ("/media/Schlüssel".encode(), "/media/Schlüssel".encode()),
        ("/media/Schlüssel".encode("latin-1"), "/media/Schlüssel".encode("latin-1")),
        ("/media/two\u2028lines".encode(), "/media/two\u2028lines".encode()),
    ],
)
def test_a_stick_may_have_any_name(tmp_path: Path, blocks: Path, written: bytes, name: bytes) -> None:
    """Spaces as the kernel escapes them, other encodings, and what looks like the end of a line."""
    (found,) = writable_places(mounts(tmp_path, b"/dev/sdb1 " + written + b" vfat rw 0 0"), blocks)

    assert bytes(found) == name


def test_no_list_of_mounts_means_no_sticks(tmp_path: Path) -> None:
    """Where the kernel tells nothing, nothing is offered."""
    assert writable_places(tmp_path / "nowhere", tmp_path) == ()


def test_this_machine_can_be_looked_at() -> None:
    """Whatever is mounted here, the real list can be read."""
    assert all(place.is_absolute() for place in writable_places())


def test_the_only_stick_is_suggested(tmp_path: Path) -> None:
    """A folder on it, named for the ceremony."""
    assert suggested_place((tmp_path,), "first-root") == tmp_path / "first-root-release"


@pytest.mark.parametrize("places", [(), (Path("/media/one"), Path("/media/two"))])
def test_without_a_single_stick_the_current_folder_is_suggested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, places: tuple[Path, ...]
) -> None:
    """Nobody guesses between two sticks."""
    monkeypatch.chdir(tmp_path)

    assert suggested_place(places, "first-root") == tmp_path / "first-root-release"


def test_a_name_that_is_taken_is_not_suggested(tmp_path: Path) -> None:
    """The next free number is."""
    (tmp_path / "first-root-release").mkdir()
    (tmp_path / "first-root-release-2").write_bytes(b"")

    assert suggested_place((tmp_path,), "first-root") == tmp_path / "first-root-release-3"
