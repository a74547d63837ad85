"""Publications of changes alone are those that the long way makes, byte for byte; after a crash it finishes them."""

from dataclasses import replace

import pytest
from fakes.online_signer import OnlineSigner
from fakes.release import NOW
from sqlalchemy import update

from ceremony.errors import StorageError
from ceremony.online import bin_press
from ceremony.online.intake import remove_request, take_in
from ceremony.online.shelf import DirectoryShelf
from ceremony.online.staging import Staging
from ceremony.online.tables import PUBLICATIONS


class _OtherShelf:
    """The same shelf, but one of which nothing is known."""

    def __init__(self, shelf: DirectoryShelf) -> None:
        self.prepare, self.read, self.put = shelf.prepare, shelf.read, shelf.put


def test_the_next_publication_needs_nothing_read(signer: OnlineSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered is enough, from the second one on."""
    signer.deliver()
    signer.ask("one", b"content")
    signer.publisher.publish(NOW)
    monkeypatch.setattr(type(signer.store), "tree", None)
    monkeypatch.setattr(type(signer.store), "bins", None)

    signer.ask("two", b"content")
    publication = signer.publisher.publish(NOW)

    assert publication is not None
    assert publication.snapshot.version == 3
    assert signer.publisher.publish(NOW) is None


def test_the_long_way_gives_the_same_bytes(signer: OnlineSigner) -> None:
    """Everything that the quick way published is right in the eyes of the other, and stays."""
    signer.deliver()
    for name in ("one", "two", "three"):
        signer.ask(name, b"content")
        signer.publisher.publish(NOW)
    take_in(signer.store, [remove_request("two")], NOW)
    signer.publisher.publish(NOW)
    before = signer.shelved()
    with signer.store.writing() as connection:
        connection.execute(update(PUBLICATIONS).values(is_published=False, snapshot_length=0, snapshot_sha256=""))

    replace(signer.publisher, shelf=_OtherShelf(signer.shelf)).recover()

    assert signer.shelved() == before
    assert {*signer.targets()} == {"one", "three"}


@pytest.mark.parametrize("failing", ["write_durably", "place", "create"])
def test_a_disk_that_refuses_costs_time_alone(
    signer: OnlineSigner, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """The intent is durable or nothing is, and the next try brings the change."""
    signer.deliver()
    signer.ask("one", b"content")
    signer.publisher.publish(NOW)
    signer.ask("two", b"content")

    def refuse(*_ignored: object) -> None:
        raise StorageError("somewhere", "ENOSPC")

    with monkeypatch.context() as patched:
        patched.setattr(Staging, failing, refuse)
        with pytest.raises(StorageError):
            signer.publisher.publish(NOW)

    signer.publisher.publish(NOW)
    assert {*signer.targets()} == {"one", "two"}


def test_many_bins_are_written_with_a_helper(signer: OnlineSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files are the same, whichever process wrote them."""
    monkeypatch.setattr(bin_press, "MANY", 1)
    monkeypatch.setattr(bin_press, "_SHARE", 1)
    monkeypatch.setattr("ceremony.online.publisher.MANY", 1)
    monkeypatch.setattr("ceremony.online.quick_publication.FEW", 0)
    signer.deliver()
    for number in range(20):
        signer.ask(f"demo-{number}", b"content")

    signer.publisher.publish(NOW)

    assert len(signer.targets()) == 20
    before = signer.shelved()
    with signer.store.writing() as connection:
        connection.execute(update(PUBLICATIONS).values(is_published=False, snapshot_length=0, snapshot_sha256=""))
    monkeypatch.undo()
    signer.publisher.recover()
    assert signer.shelved() == before


def test_a_helper_that_cannot_work_is_an_error(signer: OnlineSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The online key's file is gone: this process has it in memory, the helper cannot read it."""
    monkeypatch.setattr(bin_press, "MANY", 1)
    monkeypatch.setattr("ceremony.online.publisher.MANY", 1)
    monkeypatch.setattr(bin_press, "_SHARE", 1)
    signer.deliver()
    signer.home.private_key.rename(signer.home.private_key.with_suffix(".away"))
    monkeypatch.setattr("ceremony.online.quick_publication.FEW", 0)
    monkeypatch.setattr("ceremony.online.bin_press.BinPress._take", lambda _press, _shares: None)
    signer.ask("demo", b"content")

    with pytest.raises(StorageError):
        signer.publisher.publish(NOW)

    monkeypatch.undo()
    signer.publisher.publish(NOW)
    assert {*signer.targets()} == {"demo"}
