"""A disk that is full, or can only be read, takes nothing away: the bundle stays whole, and a sitting goes on later."""

import contextlib
import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.rooms import Desk, desk

from ceremony.core.policy import Policy
from ceremony.core.transcript import Entry
from ceremony.engine import questions as q
from ceremony.engine.bundle import encode_bundle, open_bundle, pack, save
from ceremony.engine.disk import replace_file
from ceremony.engine.sitting import sit
from ceremony.engine.verify import verify
from ceremony.errors import StoppedError, StorageError

KIBIBYTE = 1024


@contextlib.contextmanager
def mounted(folder: Path, size: int) -> Iterator[Path]:
    """A small disk of its own at `folder`; the test is passed over where nobody may mount one."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(folder)]
    if subprocess.run(["mount", *options], check=False, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """A file that takes all the room there is."""
    path = folder / "ballast"
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(KIBIBYTE)):
            pass
    return path


def stopped_at(folder: Path, kind: type, person: str = "") -> Desk:
    """A desk whose sitting was stopped at this question."""
    table = desk(folder)

    def stop(question: q.Question[object]) -> object:
        if person in {"", question.person}:
            raise StoppedError(question.person, question.step)
        return table.operator.willing(question)

    table.operator.answers = {kind: stop}
    with pytest.raises(StoppedError):
        sit(table.room, table.agenda())
    table.operator.answers = {}
    return table


def names_in(folder: Path) -> list[str]:
    """What stands there, in order."""
    return sorted(each.name for each in folder.iterdir())


def refusing(number: int) -> Callable[..., int]:
    """What the system says instead of doing it."""

    def refuse(*_positional: object, **_named: object) -> int:
        raise OSError(number, os.strerror(number))

    return refuse


@pytest.fixture(name="reviewed")
def _reviewed(tmp_path: Path) -> Desk:
    """A desk at which everybody is enrolled."""
    return stopped_at(tmp_path / "desk", q.TypeWords)


@pytest.fixture(autouse=True)
def _desk_folder(tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()


def test_a_bundle_on_a_full_disk_stays_as_it_was(reviewed: Desk, tmp_path: Path) -> None:
    """ENOSPC, by a real disk that is full: nothing is half saved, and with room again it is saved."""
    bundle = open_bundle(reviewed.bundle)
    size = 2 * sum(len(data) + 4096 for data in encode_bundle(bundle).values()) + 16 * 4096
    longer = replace(
        bundle, transcript=bundle.transcript.add(Entry(reviewed.clock(), "roll", "ann", "looked", "Looked."))
    )
    with mounted(tmp_path / "disk", size) as disk:
        save(bundle, disk / "bundle")
        ballast = fill(disk)

        with pytest.raises(StorageError) as refused:
            save(longer, disk / "bundle")

        assert refused.value.reason == "ENOSPC"
        assert open_bundle(disk / "bundle") == bundle
        assert names_in(disk) == ["ballast", "bundle"]
        ballast.unlink()
        save(longer, disk / "bundle")
        assert open_bundle(disk / "bundle") == longer


@pytest.mark.parametrize("question", [q.RollCall, q.AskPin, q.ReviewPage, q.TypeWords])
def test_a_sitting_on_a_full_disk_stops_and_goes_on_with_room(tmp_path: Path, question: type) -> None:
    """Wherever it is when the disk fills up: no signature is lost, and the same plan finishes."""
    with mounted(tmp_path / "disk", 1024 * KIBIBYTE) as disk:
        table = desk(disk)
        ballast: list[Path] = []

        def fill_up(asked: q.Question[object]) -> object:
            ballast.append(fill(disk))
            return table.operator.willing(asked)

        table.operator.answers = {question: fill_up}
        with pytest.raises(StorageError) as refused:
            sit(table.room, table.agenda())

        assert refused.value.reason == "ENOSPC"
        kept = open_bundle(table.bundle)
        assert kept.transcript.entries == tuple(table.operator.entries)
        ballast[0].unlink()
        table.operator.answers = {}
        sit(table.room, table.agenda())
        assert verify(table.release, Policy()).is_good
        lines = open_bundle(table.bundle).transcript.lines
        assert lines[: len(kept.transcript.lines)] == kept.transcript.lines


def test_an_export_to_a_full_stick_leaves_no_half_release(tmp_path: Path) -> None:
    """The stick is as it was, the bundle is whole, and another place is asked for."""
    table = desk(tmp_path / "desk")
    with mounted(tmp_path / "stick", 64 * KIBIBYTE) as stick:
        ballast = fill(stick)
        with ballast.open("r+b") as file:
            file.truncate(ballast.stat().st_size - 16 * KIBIBYTE)
        places = iter([stick / "release", table.release])
        table.operator.patient = True
        table.operator.answers = {q.ChoosePlace: lambda _question: next(places)}

        done = sit(table.room, table.agenda())

        assert names_in(stick) == ["ballast"]
    assert done.release == table.release
    assert verify(table.release, Policy()).is_good
    (trouble,) = [each.trouble for each in table.operator.asked if each.trouble is not None]
    assert isinstance(trouble, StorageError)
    assert trouble.reason == "ENOSPC"


def test_an_export_to_a_stick_that_can_only_be_read_changes_nothing(tmp_path: Path) -> None:
    """EROFS, by a real disk that is mounted so; with the place given beforehand the error comes out."""
    table = desk(tmp_path / "desk")
    with mounted(tmp_path / "stick", 1024 * KIBIBYTE) as stick:
        subprocess.run(["mount", "-o", "remount,ro", str(stick)], check=True)

        with pytest.raises(StorageError) as refused:
            sit(table.room, table.agenda(stick / "release"))

        assert refused.value.reason == "EROFS"
        assert names_in(stick) == []
    sit(table.room, table.agenda(table.release))
    assert verify(table.release, Policy()).is_good


def test_a_file_on_a_disk_that_can_only_be_read_is_not_replaced(tmp_path: Path) -> None:
    """The disk's own reason comes out, although what stands beside the file cannot be tidied away either."""
    with mounted(tmp_path / "disk", 64 * KIBIBYTE) as disk:
        (disk / "file").write_bytes(b"old")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)

        with pytest.raises(StorageError) as refused:
            replace_file(disk / "file", b"new")

        assert refused.value.reason == "EROFS"
        assert (disk / "file").read_bytes() == b"old"


def test_a_bundle_on_a_disk_that_can_only_be_read_stays_as_it_was(reviewed: Desk, tmp_path: Path) -> None:
    """EROFS; it can still be opened and checked there."""
    bundle = open_bundle(reviewed.bundle)
    with mounted(tmp_path / "disk", 1024 * KIBIBYTE) as disk:
        pack(bundle, disk / "bundle")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)

        with pytest.raises(StorageError) as refused:
            sit(reviewed.room, replace(reviewed.agenda(), folder=disk / "bundle"))

        assert refused.value.reason == "EROFS"
        assert open_bundle(disk / "bundle") == bundle
        assert verify(disk / "bundle", Policy()).is_good


@pytest.mark.parametrize("reason", ["ENOSPC", "EDQUOT", "EIO", "EROFS"])
@pytest.mark.parametrize("call", ["fsync", "mkdir", "rename"])
def test_whatever_a_save_is_refused_the_bundle_still_opens(
    reviewed: Desk, monkeypatch: pytest.MonkeyPatch, reason: str, call: str
) -> None:
    """The reason is the system's own word; once the disk takes things again, the sitting goes on."""
    before = open_bundle(reviewed.bundle)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, refusing(getattr(errno, reason)))
        with pytest.raises(StorageError) as refused:
            sit(reviewed.room, reviewed.agenda())

    assert refused.value.reason == reason
    assert open_bundle(reviewed.bundle) == before
    sit(reviewed.room, reviewed.agenda())
    assert names_in(reviewed.folder) == ["bundle", "practice", "release"]
    assert verify(reviewed.release, Policy()).is_good


def test_a_disk_that_fails_between_the_two_renames_loses_nothing(
    reviewed: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old bundle has stepped aside and the new one cannot take its place: the next sitting puts it there."""
    rename = Path.rename

    def fail(path: Path, target: Path) -> Path:
        if path.name == ".bundle.new":
            refusing(errno.EIO)()
        return rename(path, target)

    before = open_bundle(reviewed.bundle)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fail)
        with pytest.raises(StorageError) as refused:
            sit(reviewed.room, reviewed.agenda())

    assert refused.value.reason == "EIO"
    assert not reviewed.bundle.exists()
    sit(reviewed.room, reviewed.agenda())
    lines = open_bundle(reviewed.bundle).transcript.lines
    assert lines[: len(before.transcript.lines)] == before.transcript.lines
    assert verify(reviewed.release, Policy()).is_good
