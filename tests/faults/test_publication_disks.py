"""A disk that is really full: nothing acknowledged is lost, clients go on, and room is all that is needed."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.online_signer import OnlineSigner, online_signer
from fakes.release import STRANGER_KEYS, Then, Wanted, following

from ceremony.errors import StorageError
from ceremony.online.intake import Ticket, are_published
from ceremony.online.shelf import DirectoryShelf

MOMENT = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  # the real client asks the real clock
KIBIBYTE = 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one mebibyte; only root can make one, everybody else relies on the stubs in tests/online."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount") or "mount"
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("may not mount a small disk here")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("room", [0, 4, 8, 12, 16, 24, 32, 48, 64, 96])
def test_a_full_disk_costs_time_and_nothing_else(small_disk: Path, tmp_path: Path, room: int) -> None:
    """So many kibibytes are left when a target is added."""
    signer = online_signer(small_disk, Wanted(now=MOMENT))
    signer.scratch = tmp_path
    signer.deliver(now=MOMENT)
    filler = small_disk / "filler"
    _fill(small_disk, filler, room)

    ticket, reasons = _try(signer)

    assert reasons <= {"ENOSPC", "EIO"}
    assert signer.follow() == {}
    filler.unlink()
    signer.publisher.publish(MOMENT)
    if ticket is not None:
        assert are_published(signer.store, [ticket])
        assert signer.follow("demo") == {"demo": b"x" * 5000}
    signer.store.close()


@pytest.mark.parametrize("room", range(0, 136, 8))
def test_a_full_disk_never_leaves_a_new_root_without_its_timestamp(small_disk: Path, tmp_path: Path, room: int) -> None:
    """So many kibibytes are left when everybody's key changes, and no client takes one half without the other."""
    signer = online_signer(small_disk, Wanted(now=MOMENT))
    signer.scratch = tmp_path
    signer.deliver(now=MOMENT)
    filler = small_disk / "filler"
    _fill(small_disk, filler, room)

    with contextlib.suppress(StorageError):
        signer.deliver(following(signer.bundle, Then(keys=STRANGER_KEYS, now=MOMENT)), MOMENT)

    assert signer.follow() == {}
    filler.unlink()
    signer.publisher.publish(MOMENT)
    assert signer.follow() == {}
    signer.store.close()


def test_a_target_is_not_kept_on_a_disk_that_can_only_be_read(small_disk: Path, tmp_path: Path) -> None:
    """The disk's own reason comes out, although the copy that was not begun cannot be tidied away either."""
    shelf = DirectoryShelf(small_disk)
    shelf.prepare()
    (tmp_path / "demo").write_bytes(b"content")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)

    with pytest.raises(StorageError) as refused:
        shelf.keep(tmp_path / "demo", "demo")

    assert refused.value.reason == "EROFS"


def _fill(disk: Path, filler: Path, room: int) -> None:
    size = max(0, shutil.disk_usage(disk).free - room * KIBIBYTE)
    filler.write_bytes(b"\x00" * size)


def _try(signer: OnlineSigner) -> tuple[Ticket | None, set[str]]:
    ticket = None
    try:
        ticket = signer.ask("demo", b"x" * 5000, MOMENT)
        signer.publisher.publish(MOMENT)
    except StorageError as error:
        return ticket, {error.reason}
    return ticket, set()
