"""The content of what projects list: it stays while clients may ask for it, and while anybody counts on it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.claims import CLAIMED, RECENT, Changing, changed, metadata, project
from fakes.online_signer import OnlineSigner
from fakes.release import NOW
from sqlalchemy import Connection

from ceremony.errors import RefusedError
from ceremony.online.import_lines import LinesSource
from ceremony.online.importing import ImportWish, import_all
from ceremony.online.project_files import waiting_uploads
from ceremony.online.shelf import Artifact
from ceremony.online.store import Store
from ceremony.online.target_files import check_target_files, sweep_target_files
from ceremony.online.uploading import Offer, upload

DAY = timedelta(days=1)
ONE, TWO = {"files/demo/one": b"one"}, {"files/demo/two": b"two"}


@pytest.fixture
def published(signer: OnlineSigner) -> OnlineSigner:
    """A signer with demo, which published one file, long ago for whoever asks the file system."""
    signer.deliver()
    signer.deliver(changed(signer.bundle, Changing(delegations=(CLAIMED, RECENT))))
    signer.register(project("demo"))
    signer.upload("demo", metadata("demo", 1, ONE), b"one")
    signer.publisher.publish(NOW)
    grow_old(signer)
    return signer


def folder_of(signer: OnlineSigner) -> Path:
    """Where the content of targets lies."""
    return signer.home.repository / "targets"


def names(signer: OnlineSigner) -> list[str]:
    """Whose content is there, without hashes."""
    return sorted(each.name.partition(".")[2] for each in folder_of(signer).rglob("*") if each.is_file())


def grow_old(signer: OnlineSigner) -> None:
    """Every file was last touched a month ago."""
    then = (NOW - timedelta(days=30)).timestamp()
    for each in folder_of(signer).rglob("*"):
        if each.is_file():
            os.utime(each, (then, then))


def test_what_a_project_replaced_stays_for_clients_of_yesterday(published: OnlineSigner) -> None:
    """However old the file is: it counts since when no client is led to it."""
    published.upload("demo", metadata("demo", 2, TWO), b"two")
    published.publisher.publish(NOW + 2 * DAY)
    grow_old(published)

    assert sweep_target_files(published.store, folder_of(published), NOW + 2 * DAY + DAY / 2, DAY) == 0
    assert sweep_target_files(published.store, folder_of(published), NOW + 3 * DAY, DAY) == 1

    assert names(published) == ["two"]


def test_what_a_project_lists_stays_for_ever(published: OnlineSigner) -> None:
    """Published, or waiting to be."""
    published.upload("demo", metadata("demo", 2, {**ONE, **TWO}), b"two")
    grow_old(published)

    assert sweep_target_files(published.store, folder_of(published), NOW + 100 * DAY, DAY) == 0

    assert names(published) == ["one", "two"]


def test_the_content_that_projects_list_is_read_too(published: OnlineSigner) -> None:
    """Nobody else serves it: where it is not here, it is lost."""
    folder = folder_of(published)
    told: list[tuple[int, int]] = []
    assert check_target_files(published.store, folder, lambda done, total: told.append((done, total))).good == 1
    assert told == [(1, 1)]
    (file,) = (each for each in folder.rglob("*") if each.is_file())

    file.write_bytes(b"two")
    changed_content = check_target_files(published.store, folder, lambda _done, _total: None)
    file.unlink()
    lost = check_target_files(published.store, folder, lambda _done, _total: None)

    assert changed_content.wrong == lost.wrong == ("files/demo/one",)
    assert (changed_content.absent, lost.absent) == (0, 0)


def test_content_under_another_hash_is_not_on_this_shelf(published: OnlineSigner, tmp_path: Path) -> None:
    """Files are named by their SHA-256: of a target that tells none, nobody knows which file it would be."""
    (tmp_path / "lines").write_text(f"files/plain;3;sha512;{'ab' * 64}\n")
    import_all(published.store, LinesSource(tmp_path / "lines", "csv"), ImportWish(), NOW, lambda _done, _total: None)
    published.publisher.publish(NOW)

    found = check_target_files(published.store, folder_of(published), lambda _done, _total: None)

    assert (found.good, found.absent, found.wrong) == (1, 1, ())


def left_over(signer: OnlineSigner) -> None:
    """One is on the shelf, and no metadata that counts has named it for long."""
    signer.upload("demo", metadata("demo", 2, {}))
    signer.publisher.publish(NOW)


def test_an_upload_that_counts_on_what_a_sweep_takes_is_refused(published: OnlineSigner, tmp_path: Path) -> None:
    """It was there a moment ago: nobody is told that it will be published."""
    left_over(published)

    class _Swept:
        """A shelf that is swept as soon as somebody has looked."""

        keep = staticmethod(published.shelf.keep)

        def holds(self, path: str, artifact: Artifact) -> bool:
            """What was there."""
            found = published.shelf.holds(path, artifact)
            sweep_target_files(published.store, folder_of(published), NOW + 9 * DAY, DAY)
            return found

    (tmp_path / "third").write_bytes(metadata("demo", 3, ONE))

    with pytest.raises(RefusedError) as refusal:
        upload(published.store, _Swept(), Offer("demo", tmp_path / "third"), NOW)

    assert refusal.value.rule == "UPLOAD-FILES"
    assert waiting_uploads(published.store) == ()
    published.upload("demo", metadata("demo", 3, ONE), b"one")


def test_a_sweep_leaves_what_an_upload_has_come_to_name(published: OnlineSigner) -> None:
    """Acknowledged after the sweep has looked at what is named, and before it deletes anything."""
    left_over(published)

    class _Late:
        """A store in which an upload comes before the next who writes."""

        reading = staticmethod(published.store.reading)
        bins = staticmethod(published.store.bins)

        @contextmanager
        def writing(self) -> Iterator[Connection]:
            """After the upload."""
            published.upload("demo", metadata("demo", 3, ONE))
            with published.store.writing() as connection:
                yield connection

    late: Store = _Late()  # type: ignore[assignment]  # as much of one as a sweep asks for

    assert sweep_target_files(late, folder_of(published), NOW + 9 * DAY, DAY) == 0

    assert names(published) == ["one"]
