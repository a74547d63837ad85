"""What a machine trusts itself: read from what lies there, from the first root there or from one that was pinned."""

from pathlib import Path

import pytest
from fakes.history import BINS, FIRST, SECOND, TARGETS, THIRD, altered, files
from fakes.people import keyid

from ceremony.engine.own import read_own
from ceremony.errors import RefusedError, TamperedError


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "metadata"
    folder.mkdir()
    for name, data in files().items():
        (folder / name).write_bytes(data)
    return folder


def versions(path: Path, pinned: Path | None = None) -> list[int]:
    """The versions of the roots that are trusted then."""
    return [each.version for each in read_own(path, pinned).trusted.roots]


def test_a_folder_is_trusted_from_its_first_root_on(folder: Path) -> None:
    """It came by a way of its own."""
    assert versions(folder) == [1, 2, 3]


def test_a_folder_is_trusted_from_the_pinned_root_on(folder: Path, tmp_path: Path) -> None:
    """Which lies elsewhere, and vouches for what follows it."""
    pinned = tmp_path / "mine.json"
    pinned.write_bytes(SECOND.encode())
    found = read_own(folder, pinned)
    assert [each.version for each in found.trusted.roots] == [2, 3]
    assert found.trusted.targets == {"targets": TARGETS, "bins": BINS}


def test_a_root_file_is_trusted_from_the_pinned_root_on(folder: Path) -> None:
    """If it is the next one."""
    assert versions(folder / "2.root.json", folder / "1.root.json") == [1, 2]


def test_a_root_that_the_pinned_one_does_not_vouch_for_is_refused(folder: Path, tmp_path: Path) -> None:
    """However well the folder goes together in itself."""
    pinned = tmp_path / "mine.json"
    pinned.write_bytes(altered(FIRST, lambda signed: signed.update({"x": 1}), "ann", "bob").encode())
    with pytest.raises(RefusedError) as refused:
        read_own(folder, pinned)
    assert refused.value.rule == "TRUSTED-FORK"


def test_a_pinned_file_that_is_no_root_is_told(folder: Path) -> None:
    """By its place."""
    with pytest.raises((TamperedError, RefusedError)):
        read_own(folder, folder / f"{TARGETS.version}.targets.json")


def test_delegations_whose_names_no_plan_can_have_are_left_aside(folder: Path) -> None:
    """Nothing of them can be carried on, and a bundle has no place for their files."""

    def rename(signed: dict[str, dict[str, list[dict[str, str]]]]) -> None:
        signed["delegations"]["roles"][0]["name"] = "registry.example.org"

    (folder / TARGETS.name).write_bytes(altered(TARGETS, rename, "cyd", "ann again").encode())
    (folder / "1.registry.example.org.json").write_bytes(BINS.encode())
    found = read_own(folder)
    assert [*found.trusted.targets] == ["targets"]
    assert found.key(keyid("cyd")) is not None
    assert THIRD.version == found.trusted.root.version
