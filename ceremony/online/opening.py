"""What every program of the signer does first: the database of its home is open, and as this version knows it."""

import contextlib
from collections.abc import Iterator

from ceremony.online.database_file import database_of
from ceremony.online.home import Home
from ceremony.online.log_options import open_log
from ceremony.online.migrating import bring_up
from ceremony.online.settings import load_signer_settings
from ceremony.online.store import Store, open_store


@contextlib.contextmanager
def opened(home: Home) -> Iterator[Store]:
    """The database of this home, with every table that this version knows, closed afterwards.

    What is done with it is in the log, where the settings ask for one of every command.
    Raises: StorageError; TamperedError if it is no database of a signer; SettingsError.
    """
    open_log(load_signer_settings(home.folder).log)
    with contextlib.closing(open_store(database_of(home))) as store:
        bring_up(home, store)
        yield store
