"""A signer moves into a database that machines share: every row, once, and nothing is acknowledged where it was."""

from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from fakes.online_signer import OnlineSigner, online_signer, reopened
from fakes.postgresql import PostgreSQL
from sqlalchemy import func, select

from ceremony.errors import SettingsError, StorageError, TamperedError
from ceremony.explain import explain
from ceremony.online.database_file import database_of, name_database
from ceremony.online.home import Home
from ceremony.online.intake import are_published
from ceremony.online.leading import Leading
from ceremony.online.lease import read_lease
from ceremony.online.main import verbs
from ceremony.online.moving import move
from ceremony.online.store import Store, open_store
from ceremony.online.tables import METADATA


@pytest.fixture
def database() -> None:
    """In a file of its home, as every signer begins."""
    return


def counts(store: Store) -> dict[str, int]:
    """How many rows each table has."""
    with store.reading() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in METADATA.tables.items()
        }


def moved(signer: OnlineSigner) -> OnlineSigner:
    """The signer of the same home, as it is opened next."""
    return reopened(signer.home, signer.scratch, signer.bundle, signer.key_file)


def _ignore(_done: int, _total: int) -> None:
    """Nobody watches."""


def test_everything_goes_along(living: OnlineSigner, postgres: PostgreSQL, moment: datetime) -> None:
    """What is published, what waits, who may call; clients see one history."""
    living.ask("out", b"one", moment)
    with Leading(living.home, living.store, living.shelf).writing():
        living.publisher.publish(moment)
    waiting = living.ask("waits", b"two", moment)
    living.stay("out")
    was, url = counts(living.store), postgres.new_database()

    done = CliRunner().invoke(verbs, ["--home", str(living.home.folder), "migrate", "--to", url])

    assert done.exit_code == 0, done.output
    found = moved(living)
    with closing(found.store):
        assert found.store.database.is_shared
        assert counts(found.store) == was
        with Leading(found.home, found.store, found.shelf).writing():
            with found.store.reading() as connection:
                assert read_lease(connection).number == 2
            found.publisher.publish(moment)
        assert are_published(found.store, [waiting])
        later = found.ask("later", b"three", moment)
        assert later.number > waiting.number
        found.publisher.publish(moment)
        assert living.stay("out", "waits", "later") == {"out": b"one", "waits": b"two", "later": b"three"}


def test_whoever_has_the_file_open_is_refused(living: OnlineSigner, postgres: PostgreSQL, moment: datetime) -> None:
    """What nobody would publish is not acknowledged."""
    living.ask("before", b"one", moment)
    move(living.home, living.store, postgres.new_database(), _ignore)

    with pytest.raises(StorageError):
        living.ask("after", b"two", moment)


def test_nothing_moves_while_somebody_publishes(living: OnlineSigner, postgres: PostgreSQL) -> None:
    """It is told so."""
    with living.home.writing(), pytest.raises(StorageError) as refusal:
        move(living.home, living.store, postgres.new_database(), _ignore)

    assert refusal.value.reason == "EBUSY"


def test_a_database_that_is_a_signers_is_not_written_over(living: OnlineSigner, postgres: PostgreSQL) -> None:
    """The signer stays where it was, and works."""
    url = postgres.new_database()
    move(living.home, living.store, url, _ignore)
    living.home.database_file.unlink()
    with living.store.reading() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
    with living.store.writing() as connection:
        for name in names:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")

    with pytest.raises(StorageError) as refusal:
        move(living.home, living.store, url, _ignore)

    assert refusal.value.reason == "EEXIST"
    living.ask("after", b"two")


def test_a_move_that_was_cut_short_is_finished(living: OnlineSigner, postgres: PostgreSQL) -> None:
    """Sealed, and not named yet: the same again names it, if all of it arrived."""
    url, other = postgres.new_database(), postgres.new_database()
    first = move(living.home, living.store, url, _ignore)
    living.home.database_file.unlink()

    with pytest.raises(StorageError) as refusal:
        move(living.home, living.store, other, _ignore)
    again = move(living.home, living.store, url, _ignore)

    assert refusal.value.reason == "ENOENT"
    assert again == first
    assert database_of(living.home).is_shared


@pytest.mark.parametrize("step", ["_seal", "_arrive", "name_database"])
def test_a_move_is_finished_wherever_it_was_cut_short(
    living: OnlineSigner, postgres: PostgreSQL, moment: datetime, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Until the file is sealed the signer goes on with it, and what it did meanwhile goes along, too."""
    url, tickets = postgres.new_database(), [living.ask("before", b"one", moment)]
    with monkeypatch.context() as patched:
        patched.setattr(f"ceremony.online.moving.{step}", _die)
        with pytest.raises(_DiedError):
            move(living.home, living.store, url, _ignore)
    assert not database_of(living.home).is_shared
    if step == "_seal":
        tickets.append(living.ask("after", b"two", moment))

    move(living.home, living.store, url, _ignore)

    found = moved(living)
    with closing(found.store):
        with Leading(found.home, found.store, found.shelf).writing():
            found.publisher.publish(moment)
        assert are_published(found.store, tickets)


@pytest.mark.parametrize("step", ["_seal", "_arrive"])
def test_nobody_works_with_a_database_that_is_not_whole(
    living: OnlineSigner, postgres: PostgreSQL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Neither another machine that names it already, nor another signer that would move into it."""
    url = postgres.new_database()
    with monkeypatch.context() as patched:
        patched.setattr(f"ceremony.online.moving.{step}", _die)
        with pytest.raises(_DiedError):
            move(living.home, living.store, url, _ignore)

    beside = Home(tmp_path / "beside")
    beside.prepare()
    name_database(beside, url)
    refused = CliRunner().invoke(verbs, ["--home", str(beside.folder), "status"]).exception
    (tmp_path / "other").mkdir()
    with closing(online_signer(tmp_path / "other").store) as other, pytest.raises(StorageError) as refusal:
        move(Home(tmp_path / "other" / "home"), other, url, _ignore)

    assert isinstance(refused, StorageError)
    assert refused.reason == "EINPROGRESS"
    assert "migrate --to" in explain(refused).advice
    assert refusal.value.reason == "EEXIST"


class _DiedError(Exception):
    """As if the machine had stopped here."""


def _die(*_given: object) -> None:
    raise _DiedError


def test_rows_that_did_not_arrive_are_missed(living: OnlineSigner, postgres: PostgreSQL) -> None:
    """The home goes on naming what it had."""
    url = postgres.new_database()
    move(living.home, living.store, url, _ignore)
    with closing(open_store(database_of(living.home))) as store, store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM bins WHERE number = 1")
    living.home.database_file.unlink()

    with pytest.raises(TamperedError):
        move(living.home, living.store, url, _ignore)

    assert not living.home.database_file.exists()


def test_whoever_has_moved_moves_no_more(living: OnlineSigner, postgres: PostgreSQL) -> None:
    """From one server to another its own tools take it; a file is no place to move to."""
    move(living.home, living.store, postgres.new_database(), _ignore)
    found = moved(living)
    with closing(found.store), pytest.raises(SettingsError):
        move(living.home, found.store, postgres.new_database(), _ignore)
    with pytest.raises(SettingsError):
        move(living.home, living.store, "sqlite:///signer.db", _ignore)
