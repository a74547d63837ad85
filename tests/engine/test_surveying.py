"""A stranger's folder is looked through, and judged as this machine would trust it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes import dated_repository as lab
from fakes.history import EXPIRES, FIRST, SECOND, TARGETS, THIRD, altered, by, files, rekeyed, root, targets, without
from fakes.people import NOW

from ceremony.core.findings import PYTHON_TUF, STRICT
from ceremony.engine.surveying import look_through
from ceremony.errors import RefusedError, StorageError, TamperedError

NOT_YET = EXPIRES - timedelta(days=1)


def published(folder: Path, found: dict[str, bytes]) -> Path:
    """The folder with these files."""
    folder.mkdir(exist_ok=True)
    for name, data in found.items():
        (folder / name).write_bytes(data)
    return folder


def test_a_clean_repository_is_good(tmp_path: Path) -> None:
    """Until something of it ends."""
    looked = look_through(published(tmp_path / "copy", files()), FIRST.encode())
    assert (looked.is_pinned, looked.refusal) == (True, None)
    assert (looked.state(NOT_YET), looked.state(EXPIRES)) == ("good", "caution")


def test_what_the_online_key_signs_is_looked_at_too(tmp_path: Path) -> None:
    """A timestamp by another key keeps every client from the rest."""
    lab.publish(tmp_path / "metadata", lab.files())
    first = lab.files()[0].encode()
    assert look_through(tmp_path, first).state(NOW) == "good"
    _snapshot, timestamp = lab.top(lab.files(), online="cyd")
    (tmp_path / "metadata" / "timestamp.json").write_bytes(timestamp.encode())
    looked = look_through(tmp_path, first)
    assert (looked.state(NOW), looked.refusal) == ("caution", None)


def test_what_strict_clients_refuse_asks_for_caution(tmp_path: Path) -> None:
    """The last root is as it should be, so this machine trusts it."""
    wrong = rekeyed(SECOND, "online", "0" * 64, "ann", "bob", "cyd")
    looked = look_through(published(tmp_path / "copy", files(wrong)), FIRST.encode())
    assert (looked.state(NOT_YET), looked.refusal) == ("caution", None)
    assert (looked.survey.start(PYTHON_TUF), looked.survey.start(STRICT)) == (1, 3)


def test_what_a_rule_refuses_is_refused(tmp_path: Path) -> None:
    """With the error that everybody gets who builds on it."""
    short = by(targets(5, bins=("ann", "bob")), "cyd")
    looked = look_through(published(tmp_path / "copy", files(short)), FIRST.encode())
    assert looked.state(NOT_YET) == "refused"
    assert isinstance(looked.refusal, RefusedError)
    assert looked.refusal.rule == "TRUSTED-TARGETS"


def test_bytes_that_are_no_metadata_are_refused(tmp_path: Path) -> None:
    """The survey goes on behind them."""
    looked = look_through(published(tmp_path / "copy", files() | {"2.root.json": b"{}"}), FIRST.encode())
    assert isinstance(looked.refusal, TamperedError)
    assert looked.survey.start() == THIRD.version


def test_without_a_pinned_root_the_oldest_counts(tmp_path: Path) -> None:
    """It has to be metadata, whatever clients of today make of it."""
    looked = look_through(published(tmp_path / "copy", files()))
    assert (looked.is_pinned, looked.survey.pinned) == (False, 1)
    old = altered(FIRST, lambda signed: signed.update(expires="2021-12-18T13:28:12.99008-06:00"), "ann", "bob")
    looked = look_through(published(tmp_path / "copy", files(old)))
    assert (looked.survey.pinned, looked.survey.start()) == (1, 2)
    looked = look_through(published(tmp_path / "copy", files() | {"1.root.json": b"<html>"}))
    assert looked.survey.pinned == SECOND.version


def test_a_root_without_a_version_in_its_name_is_the_newest(tmp_path: Path) -> None:
    """It counts where there is no other."""
    folder = published(tmp_path / "copy", {**without(files(), THIRD.name), "root.json": THIRD.encode()})
    assert look_through(folder).survey.pinned == 1
    alone = published(tmp_path / "alone", {"root.json": THIRD.encode(), TARGETS.name: TARGETS.encode()})
    assert look_through(alone).survey.pinned == THIRD.version


def test_where_no_root_is_metadata_nothing_can_be_looked_through(tmp_path: Path) -> None:
    """Nor where the pinned one is none, or the folder is not there."""
    with pytest.raises(TamperedError) as tampered:
        look_through(published(tmp_path / "copy", {"1.root.json": b"<html>", "2.root.json": b"[]"}))
    assert tampered.value.where == "1.root.json, 2.root.json"
    with pytest.raises(TamperedError):
        look_through(published(tmp_path / "copy", files()), b"[]")
    with pytest.raises(StorageError):
        look_through(tmp_path / "nowhere")


def test_another_repository_s_root_is_a_fork(tmp_path: Path) -> None:
    """Whoever pinned it is told so."""
    other = by(root(1, ("bob", "cyd")), "bob", "cyd")
    looked = look_through(published(tmp_path / "copy", files()), other.encode())
    assert isinstance(looked.refusal, RefusedError)
    assert looked.refusal.rule == "TRUSTED-FORK"
    assert looked.state(datetime(2030, 1, 1, tzinfo=UTC)) == "refused"
