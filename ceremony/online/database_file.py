"""Which database the signer of a home uses: HOME/database.toml names it by URL; without that file, HOME/signer.db."""

from pathlib import Path

from ceremony.core.fields import Table
from ceremony.core.toml_lines import parse_toml, placed
from ceremony.engine.disk import read_file, replace_file
from ceremony.errors import Problem, RefusedError, SettingsError
from ceremony.online.database import Database, SqliteDatabase
from ceremony.online.home import Home

_SIZE_LIMIT = 4_096
_URL = r'[^\x00-\x20\x7f"\\]{1,2000}'
_FIELDS = ("url",)


def database_of(home: Home) -> Database:
    """The database of this home, which need not be there yet.

    Raises: SettingsError; StorageError.
    """
    path = home.database_file
    if not path.exists():
        return SqliteDatabase(home.database)
    fields, lines = parse_toml(read_file(path, _SIZE_LIMIT), str(path), _SIZE_LIMIT)
    problems: list[Problem] = []
    table = Table(fields, problems)
    url = table.text("url", _URL, "the URL of a database")
    for name in sorted(set(fields) - set(_FIELDS)):
        table.refuse(name, "an unknown field", "only `url`")
    if problems:
        raise SettingsError(str(path), placed(problems, lines))
    return _database(url, str(path))


def name_database(home: Home, url: str) -> None:
    """The home names the database at `url` as its own.

    Raises: SettingsError; StorageError.
    """
    _database(url, "--database")
    replace_file(home.database_file, f'url = "{url}"\n'.encode())


def refuse_other_database(home: Home, url: str) -> None:
    """Nothing, if the signer's database is the one at `url`.

    Raises: RefusedError (SIGNER-UNCHANGED); SettingsError; StorageError.
    """
    found, wanted = database_of(home).name, _database(url, "--database").name
    if found != wanted:
        raise RefusedError("SIGNER-UNCHANGED", f"a signer whose database is {found}", f"{wanted}, in a home of its own")


def _database(url: str, file: str) -> Database:
    # A signer on one machine needs no driver for PostgreSQL, and may not have one.
    from ceremony.online.postgresql import parse_url  # noqa: PLC0415

    return parse_url(url, file)


def database_at(place: Path | Database) -> Database:
    """The database at `place`: itself, or the SQLite file of this path."""
    return SqliteDatabase(place) if isinstance(place, Path) else place
