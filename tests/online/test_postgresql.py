"""A PostgreSQL as the signer's database: durable, told in words of ours when it fails, good again when it is back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.online_signer import OnlineSigner
from fakes.postgresql import PostgreSQL, postgresql
from fakes.release import NOW

from ceremony.errors import SettingsError, StorageError
from ceremony.online.database_file import database_of, name_database
from ceremony.online.home import Home
from ceremony.online.intake import are_published
from ceremony.online.postgresql import parse_url
from ceremony.online.store import open_store

SECRET = "correct-horse-battery"


def test_every_commit_is_on_the_disk_although_the_server_would_not_mind(
    signer: OnlineSigner, postgres: PostgreSQL
) -> None:
    """Whatever the database's own setting is."""
    name = signer.store.database.name.rpartition("/")[2]
    postgres.run(f"ALTER DATABASE {name} SET synchronous_commit = off")
    store = open_store(database_of(signer.home))

    with store.reading() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    store.close()


def test_paths_are_in_the_order_of_their_bytes(signer: OnlineSigner) -> None:
    """As canonical JSON has them."""
    with signer.store.reading() as connection:
        found = connection.exec_driver_sql(
            "SELECT collation_name FROM information_schema.columns WHERE column_name = 'path'"
        )
        assert {name for (name,) in found} == {"C"}


def test_a_reader_sees_one_moment(signer: OnlineSigner) -> None:
    """However many questions it asks."""
    signer.deliver()
    with signer.store.reading() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM changes").scalar()
        signer.ask("demo", b"content")
        assert connection.exec_driver_sql("SELECT count(*) FROM changes").scalar() == before


def test_a_database_that_can_only_be_read_has_the_systems_word(signer: OnlineSigner) -> None:
    """EROFS, as for a disk."""
    with pytest.raises(StorageError) as refusal:
        _write_where_nothing_can_be_written(signer)

    assert refusal.value.reason == "EROFS"


def _write_where_nothing_can_be_written(signer: OnlineSigner) -> None:
    with signer.store.writing() as connection:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        connection.exec_driver_sql("UPDATE signer SET format = 7")


def test_whoever_stands_still_in_a_transaction_holds_nobody_up_for_long(signer: OnlineSigner) -> None:
    """The server ends it."""
    with signer.store.reading() as connection:
        assert connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar() == "10s"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+psycopg://signer:{SECRET}@db.example.org/ceremony",
        f"postgresql+psycopg://signer@db.example.org/ceremony?password={SECRET}",
        "mysql://signer@db.example.org/ceremony",
        "no url at all",
    ],
)
def test_a_url_that_will_not_do_is_refused_and_no_password_repeated(tmp_path: Path, url: str) -> None:
    """Where people write a URL, others read it."""
    with pytest.raises(SettingsError) as refusal:
        name_database(Home(tmp_path), url)

    assert SECRET not in repr(refusal.value)
    assert not (tmp_path / "database.toml").exists()


def test_the_file_of_passwords_is_libpqs_own_business() -> None:
    """The URL names it, and errors do not."""
    found = parse_url(
        "postgresql+psycopg://signer@db.example.org/ceremony?passfile=/etc/ceremony/pass", "database.toml"
    )

    assert "passfile=%2Fetc%2Fceremony%2Fpass" in found.address
    assert found.name == "postgresql://db.example.org/ceremony"


@pytest.fixture
def own_server() -> Iterator[PostgreSQL]:
    """One that may be stopped."""
    with postgresql() as found:
        yield found


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """In the server that all tests share, or in one of the test's own where it asks for it."""
    name = "own_server" if "own_server" in request.fixturenames else "postgres"
    server: PostgreSQL = request.getfixturevalue(name)
    return server.new_database()


def test_a_database_that_went_away_and_came_back_lost_nothing(signer: OnlineSigner, own_server: PostgreSQL) -> None:
    """What was acknowledged before its power went is published after."""
    signer.deliver()
    ticket = signer.ask("demo", b"content")
    own_server.kill()

    with pytest.raises(StorageError) as refusal:
        signer.publisher.publish(NOW)
    own_server.start()
    signer.publisher.publish(NOW)

    assert refusal.value.reason in {"ECONNREFUSED", "ECONNRESET"}
    assert are_published(signer.store, [ticket])
