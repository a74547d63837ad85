"""Where this signer's shelf is: the folder in its home, or the object store that HOME/shelf.toml names."""

from pathlib import Path
from typing import TYPE_CHECKING

from ceremony.core.fields import Table
from ceremony.core.toml_lines import parse_toml, placed
from ceremony.engine.disk import read_file, replace_file
from ceremony.errors import Problem, RefusedError, SettingsError
from ceremony.online.home import Home
from ceremony.online.shelf import DirectoryShelf
from ceremony.online.sweep import FolderPlace, Place

if TYPE_CHECKING:
    from ceremony.online.object_shelf import ObjectShelf

FILE = "shelf.toml"
_SIZE_LIMIT = 4_096
_WANTED = "a place such as s3://bucket/folder"


def shelf_url(home: Home) -> str:
    """The URL of the object store, "" where the shelf is the folder in the home.

    Raises: SettingsError; StorageError.
    """
    path = _file(home)
    if not path.exists():
        return ""
    fields, lines = parse_toml(read_file(path, _SIZE_LIMIT), str(path), _SIZE_LIMIT)
    problems: list[Problem] = []
    table = Table(fields, problems)
    url = table.text("url", r"[a-z0-9]{2,8}://[^\s\"\\]{1,400}", _WANTED)
    table.finish("the file")
    if problems:
        raise SettingsError(str(path), placed(problems, lines))
    return url


def open_shelf(home: Home, number: int = 0) -> "DirectoryShelf | ObjectShelf":
    """The shelf of this signer, for whoever holds the lease of this number; nothing is asked of it yet.

    Raises: SettingsError, also where what object stores need is not installed; StorageError.
    """
    url = shelf_url(home)
    return object_shelf(url, number) if url else DirectoryShelf(home.repository, number)


def object_shelf(url: str, number: int = 0) -> "ObjectShelf":
    """The shelf at this URL, for whoever holds the lease of this number.

    Raises: SettingsError, also where what object stores need is not installed.
    """
    try:
        # Whoever has a folder needs nothing of this, and does not have to install it.
        from ceremony.online.object_shelf import ObjectShelf  # noqa: PLC0415
    except ModuleNotFoundError as error:
        wanted = "what object stores need: `pip install 'ceremony[scale]'`"
        raise SettingsError("--shelf", (Problem("shelf", f"{url}, without {error.name}", wanted),)) from error
    return ObjectShelf(url, number)


def place_of(shelf: "DirectoryShelf | ObjectShelf") -> Place:
    """Where superseded metadata of this shelf is swept away."""
    return FolderPlace(shelf.metadata) if isinstance(shelf, DirectoryShelf) else shelf


def refuse_other_shelf(home: Home, url: str | None) -> None:
    """Nothing, if the signer's shelf is where it is wished to be; None wishes nothing.

    Raises: RefusedError (SIGNER-UNCHANGED); SettingsError; StorageError.
    """
    found = shelf_url(home)
    if url is not None and url != found:
        raise RefusedError("SIGNER-UNCHANGED", f"a shelf at {found or home.repository}", f"{url}, in a home of its own")


def keep_shelf_url(home: Home, url: str) -> None:
    """The shelf of the signer that is about to be made is at this URL, which was tried.

    Raises: SettingsError; StorageError.
    """
    object_shelf(url).prepare()
    replace_file(_file(home), f'url = "{url}"\n'.encode())


def _file(home: Home) -> Path:
    return home.folder / FILE
