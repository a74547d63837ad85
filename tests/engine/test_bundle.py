"""A bundle crosses the gap whole, or not at all."""

import errno
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from fakes.rooms import Desk

from ceremony.core.policy import CLIENT_SIZE_LIMITS
from ceremony.core.transcript import Transcript
from ceremony.engine.bundle import bundle_digest, encode_bundle, held, open_bundle, pack, save, settle
from ceremony.errors import CeremonyError, RefusedError, SettingsError, StorageError, TamperedError

ROOT = Path(__file__).parents[2]


@pytest.fixture(name="copy")
def _copy(finished: Desk, tmp_path: Path) -> Path:
    """A release that a test may spoil."""
    return Path(shutil.copytree(finished.release, tmp_path / "release"))


def remanifest(folder: Path) -> None:
    """The manifest fits whatever files stand in `folder`, as a forger would make it."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    names = sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json"
    )
    manifest["files"] = [
        {"length": len(data), "name": name, "sha256": sha256(data).hexdigest()}
        for name, data in ((name, (folder / name).read_bytes()) for name in names)
    ]
    (folder / "manifest.json").write_text(json.dumps(manifest, sort_keys=True, separators=(",", ":")))


def change(folder: Path) -> None:
    """One signature has another last digit."""
    path = folder / "draft/1.root.json"
    path.write_bytes(path.read_bytes().replace(b'"threshold":2', b'"threshold":1'))


def change_and_fit(folder: Path) -> None:
    """A file is no canonical JSON any more, under a manifest that fits."""
    path = folder / "draft/1.root.json"
    path.write_bytes(path.read_bytes() + b"\n")
    remanifest(folder)


def lose(folder: Path) -> None:
    """A file is missing."""
    (folder / "draft/1.bins.json").unlink()


def lose_and_fit(folder: Path) -> None:
    """A file is missing, under a manifest that fits."""
    lose(folder)
    remanifest(folder)


def lose_manifest(folder: Path) -> None:
    """The manifest itself is missing."""
    (folder / "manifest.json").unlink()


def lose_roster(folder: Path) -> None:
    """The roster is missing, under a manifest that fits."""
    (folder / "roster.json").unlink()
    remanifest(folder)


def add_stranger(folder: Path) -> None:
    """A file with a name that no bundle has."""
    (folder / "autorun.inf").write_bytes(b"")


def add_known(folder: Path) -> None:
    """A file with a fitting name that the manifest does not name."""
    (folder / "draft/2.root.json").write_bytes(b"{}")


def add_second(folder: Path) -> None:
    """A second root, under a manifest that fits."""
    shutil.copy(folder / "draft/1.root.json", folder / "draft/2.root.json")
    remanifest(folder)


def rename(folder: Path) -> None:
    """A file under the name of another version, under a manifest that fits."""
    (folder / "draft/1.root.json").rename(folder / "draft/2.root.json")
    remanifest(folder)


def add_many(folder: Path) -> None:
    """More files than any bundle has."""
    for number in range(100):
        (folder / f"{number}").write_bytes(b"")


def link(folder: Path) -> None:
    """A symbolic link in place of a file, with the same bytes behind it."""
    target = folder.parent / "elsewhere"
    (folder / "roster.json").rename(target)
    (folder / "roster.json").symlink_to(target)


def hard_link(folder: Path) -> None:
    """A file that has a second name elsewhere."""
    os.link(folder / "roster.json", folder.parent / "second name")


def link_folder(folder: Path) -> None:
    """A symbolic link in place of the inner folder."""
    (folder / "draft").rename(folder.parent / "draft elsewhere")
    (folder / "draft").symlink_to(folder.parent / "draft elsewhere")


def nest(folder: Path) -> None:
    """A folder inside the inner folder."""
    (folder / "draft/1.root.json").unlink()
    (folder / "draft/1.root.json").mkdir()


def pipe(folder: Path) -> None:
    """A named pipe, which would block whoever reads it."""
    (folder / "minutes.html").unlink()
    os.mkfifo(folder / "minutes.html")


def tell_early(folder: Path) -> None:
    """A request with minutes, which nobody would compare with it."""
    path = folder / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"release"', b'"request"'))


def grow(folder: Path) -> None:
    """A file of more bytes than its name allows."""
    with (folder / "draft/1.root.json").open("ab") as file:
        file.truncate(CLIENT_SIZE_LIMITS["root"] + 1)


def other_purpose(folder: Path) -> None:
    """A purpose that is none."""
    path = folder / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"release"', b'"rumour"'))


def other_ceremony(folder: Path) -> None:
    """A manifest that names another ceremony than the plan."""
    path = folder / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"rehearsal-', b'"rehearsed-'))


def odd_manifest(folder: Path) -> None:
    """A manifest whose entries have no length."""
    path = folder / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"length":', b'"lenght":'))


def no_object(folder: Path) -> None:
    """A manifest that is a list."""
    (folder / "manifest.json").write_bytes(b"[]")


def cut_transcript(folder: Path) -> None:
    """A transcript whose first entry is gone, under a manifest that fits."""
    path = folder / "transcript.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    remanifest(folder)


SPOILERS = [
    change, change_and_fit, lose, lose_and_fit, lose_manifest, lose_roster, add_stranger, add_known, add_second, rename,
    add_many, link, hard_link, link_folder, nest, pipe, grow, other_purpose, other_ceremony, odd_manifest, no_object,
    cut_transcript, tell_early,
]  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILERS, ids=lambda spoil: spoil.__name__)
def test_a_bundle_that_is_not_what_it_says_is_refused(copy: Path, spoil: Callable[[Path], None]) -> None:
    """Changed, missing, extra, oversized, linked or special files: TamperedError, each naming where."""
    spoil(copy)

    with pytest.raises(TamperedError) as refused:
        open_bundle(copy)

    assert refused.value.where
    assert refused.value.what


def test_a_plan_that_cannot_be_read_is_refused_with_its_line(copy: Path) -> None:
    """A forged plan under a fitting manifest is judged as any plan."""
    path = copy / "plan.toml"
    path.write_bytes(path.read_bytes() + b"\n[surprise]\n")
    remanifest(copy)

    with pytest.raises(SettingsError):
        open_bundle(copy)


def test_a_link_to_a_bundle_is_no_bundle(copy: Path) -> None:
    """The folder itself is opened without following links."""
    (copy.parent / "link").symlink_to(copy)

    with pytest.raises(StorageError) as refused:
        open_bundle(copy.parent / "link")

    assert refused.value.reason in {"ELOOP", "ENOTDIR"}


def test_no_folder_is_no_bundle(tmp_path: Path) -> None:
    """What is not there cannot be opened."""
    with pytest.raises(StorageError) as refused:
        open_bundle(tmp_path / "nowhere")

    assert refused.value.reason == "ENOENT"


def test_a_bundle_opens_as_it_was_saved(finished: Desk, tmp_path: Path) -> None:
    """Packing and opening are inverse, to the byte."""
    bundle = open_bundle(finished.release)

    pack(bundle, tmp_path / "copy")

    assert open_bundle(tmp_path / "copy") == bundle
    assert bundle_digest(bundle) == sha256((finished.release / "manifest.json").read_bytes()).digest()


def test_what_could_not_be_opened_is_not_written(finished: Desk, tmp_path: Path) -> None:
    """BUNDLE-FITS: neither saved nor packed, and what stood there stands there still."""
    bundle = open_bundle(finished.release)
    save(bundle, tmp_path / "saved")
    large = replace(bundle, minutes=b"x" * ((32 << 20) + 1))
    for write, path in ((save, tmp_path / "saved"), (pack, tmp_path / "packed")):
        with pytest.raises(RefusedError) as refused:
            write(large, path)
        assert (refused.value.rule, refused.value.found) == ("BUNDLE-FITS", "minutes.html of 33554433 bytes")
    assert open_bundle(tmp_path / "saved") == bundle
    assert [each.name for each in tmp_path.iterdir()] == ["saved"]


def test_packing_never_overwrites(finished: Desk, tmp_path: Path) -> None:
    """A name that is taken stays as it is, folder, file or dangling link."""
    bundle = open_bundle(finished.release)
    (tmp_path / "file").write_bytes(b"mine")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")

    for taken in (tmp_path / "file", tmp_path / "dangling", finished.release):
        with pytest.raises(StorageError) as refused:
            pack(bundle, taken)
        assert refused.value.reason == "EEXIST"
    assert (tmp_path / "file").read_bytes() == b"mine"


def test_saving_replaces_and_leaves_nothing_beside(finished: Desk, tmp_path: Path) -> None:
    """After a save the folder holds the new bundle and its neighbourhood holds nothing new."""
    bundle = open_bundle(finished.bundle)
    release = open_bundle(finished.release)

    save(bundle, tmp_path / "it")
    save(release, tmp_path / "it")

    assert open_bundle(tmp_path / "it") == release
    assert [path.name for path in tmp_path.iterdir()] == ["it"]


def crashed(folder: Path, *, stand: str, old: str, new: str) -> Path:
    """A folder as a crash may leave it: which of the three names hold the given bundle ("" for none)."""
    for name, source in (("it", stand), (".it.old", old), (".it.new", new)):
        if source:
            shutil.copytree(source, folder / name)
    return folder / "it"


def test_a_save_that_died_between_its_renames_is_finished(finished: Desk, tmp_path: Path) -> None:
    """The old folder had stepped aside, so the new one was whole: it takes the place."""
    path = crashed(tmp_path, stand="", old=str(finished.bundle), new=str(finished.release))

    settle(path)

    assert open_bundle(path).purpose == "release"
    assert [path.name for path in tmp_path.iterdir()] == ["it"]


def test_a_save_that_died_before_its_renames_is_undone(finished: Desk, tmp_path: Path) -> None:
    """The bundle that stands is whole; what lies beside it goes."""
    path = crashed(tmp_path, stand=str(finished.bundle), old="", new=str(finished.release))
    (tmp_path / ".it.new/manifest.json").unlink()

    settle(path)

    assert open_bundle(path).purpose == "request"
    assert [path.name for path in tmp_path.iterdir()] == ["it"]


def test_a_save_that_died_after_its_renames_is_tidied(finished: Desk, tmp_path: Path) -> None:
    """The old folder is of no use any more."""
    path = crashed(tmp_path, stand=str(finished.release), old=str(finished.bundle), new="")

    settle(path)

    assert open_bundle(path).purpose == "release"
    assert [path.name for path in tmp_path.iterdir()] == ["it"]


def test_an_old_folder_alone_is_taken_back(finished: Desk, tmp_path: Path) -> None:
    """Whatever took the new folder away, the old one is still a bundle."""
    path = crashed(tmp_path, stand="", old=str(finished.bundle), new="")

    settle(path)

    assert open_bundle(path).purpose == "request"


def test_a_first_save_that_died_leaves_nothing(tmp_path: Path) -> None:
    """Before the first rename there was no bundle, and there is none afterwards."""
    (tmp_path / ".it.new").mkdir()

    settle(tmp_path / "it")

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", range(0, 4000, 211))
def test_a_flipped_byte_anywhere_is_noticed(finished: Desk, tmp_path: Path, place: int) -> None:
    """Every byte of every file is accounted for."""
    files = encode_bundle(open_bundle(finished.release))
    for name, data in files.items():
        if place < len(data):
            copy = Path(shutil.copytree(finished.release, tmp_path / name.replace("/", "-")))
            (copy / name).write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
            with pytest.raises(CeremonyError):
                open_bundle(copy)


def test_a_bundle_that_is_held_is_busy_however_often_one_asks(tmp_path: Path) -> None:
    """Whoever is turned away takes nothing with him: the lock still stands."""
    with held(tmp_path / "it"):
        for _again in range(3):
            with pytest.raises(StorageError) as refused, held(tmp_path / "it"):
                pass
            assert refused.value.reason == "EBUSY"
        assert [each.name for each in tmp_path.iterdir()] == [".it.lock"]

    assert not list(tmp_path.iterdir())
    with held(tmp_path / "it"):
        pass


@pytest.mark.parametrize("is_taken_again", [True, False])
def test_a_lock_whose_name_is_gone_locks_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_taken_again: bool,  # noqa: FBT001  # a parameter
) -> None:
    """Its holder let go between our opening and our locking it; somebody else may hold the new one already."""
    lock = tmp_path / ".it.lock"
    flock = fcntl.flock

    def let_go_first(descriptor: int, operation: int) -> None:
        lock.rename(tmp_path / "the first one")
        if is_taken_again:
            lock.write_bytes(b"")
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", let_go_first)

    with pytest.raises(StorageError) as refused, held(tmp_path / "it"):
        pass

    assert refused.value.reason == "EBUSY"
    assert lock.exists() is is_taken_again


def test_trouble_inside_is_not_taken_for_a_busy_bundle(tmp_path: Path) -> None:
    """Whatever goes wrong while it is held comes out as it is, and the lock goes."""
    trouble = BlockingIOError(errno.EAGAIN, "")

    with pytest.raises(BlockingIOError) as found, held(tmp_path / "it"):
        raise trouble

    assert found.value is trouble
    assert not list(tmp_path.iterdir())


def test_a_save_that_failed_between_its_renames_is_finished_by_the_next(finished: Desk, tmp_path: Path) -> None:
    """The disk refused the second rename; nothing that was written is thrown away before something newer stands."""
    path = crashed(tmp_path, stand="", old=str(finished.bundle), new=str(finished.bundle))

    save(open_bundle(finished.release), path)

    assert open_bundle(path).purpose == "release"
    assert [each.name for each in tmp_path.iterdir()] == ["it"]


SAVING = """
import sys
from pathlib import Path
from ceremony.engine.bundle import open_bundle, save

folder, former, later = map(Path, sys.argv[1:])
bundles = open_bundle(former), open_bundle(later)
print("saving", flush=True)
while True:
    for bundle in bundles:
        save(bundle, folder)
"""


def test_whoever_opens_a_bundle_that_is_being_saved_gets_one_or_the_other(finished: Desk, tmp_path: Path) -> None:
    """A sitting saves it at another window, without a pause; its folder is gone for an instant, or taken away."""
    bundle = open_bundle(finished.bundle)
    known = bundle.transcript
    folder, former = tmp_path / "bundle", tmp_path / "former"
    pack(replace(bundle, transcript=Transcript(known.entries[:-1], known.lines[:-1])), former)
    shutil.copytree(finished.bundle, folder)
    found = {bundle_digest(open_bundle(each)) for each in (former, finished.bundle)}
    command = [sys.executable, "-c", SAVING, folder, former, finished.bundle]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as saving:
        try:
            assert saving.stdout is not None
            assert saving.stdout.readline() == b"saving\n"
            opened = {bundle_digest(open_bundle(folder)) for _ in range(150)}
        finally:
            saving.kill()
    assert opened == found


def test_a_save_that_died_between_its_renames_is_not_waited_for_long(
    finished: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever only looks tidies nothing up: after a moment the folder is told to be gone."""
    folder = crashed(tmp_path, stand="", old=str(finished.bundle), new=str(finished.bundle))
    looks: list[float] = []
    monkeypatch.setattr(time, "sleep", looks.append)
    with pytest.raises(StorageError):
        open_bundle(folder)
    assert 0.5 < sum(looks) < 2
