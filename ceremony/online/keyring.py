"""The online keys of one home: which of them sign a publication, each opened once."""

from dataclasses import dataclass

from ceremony.core.keys import key_of
from ceremony.core.online_key import OnlineKeyFile
from ceremony.errors import Problem, SettingsError
from ceremony.online.delivery_rows import waiting_delivery
from ceremony.online.home import Home
from ceremony.online.key import CheckedSigner, open_signer
from ceremony.online.next_key import FORMER, LOST, is_lost, spare_keys
from ceremony.online.store import Store

_BOTH = ("snapshot", "timestamp")


@dataclass(frozen=True, slots=True)
class Signers:
    """Who signs one publication: `online` all of it; those `beside` it snapshot and timestamp too, for both roots."""

    online: CheckedSigner
    beside: tuple[CheckedSigner, ...] = ()

    def of(self, role: str) -> tuple[CheckedSigner, ...]:
        """Each of whom signs files of this role."""
        return (self.online, *self.beside) if role in _BOTH else (self.online,)


def keys_at(store: Store, publication: int) -> tuple[tuple[str, OnlineKeyFile], ...]:
    """URI and public half of every key that signs this publication, the last one of the store: the online key first.

    Raises: StorageError; TamperedError.
    """
    identity = store.identity()
    former = spare_keys(store).get(FORMER)
    if former is None or former.publication != publication:
        return ((identity.key_uri, identity.key_file),)
    return (identity.key_uri, identity.key_file), (former.uri, former.key_file)


class Keyring:
    """The keys of the signer in this home; whoever publishes has one."""

    def __init__(self, home: Home, store: Store) -> None:
        """The online key is open, unless it is lost, and a release waits that names the next one.

        Raises: StorageError, SettingsError, RefusedError (KEY-FILE-PRIVATE) if it cannot be had.
        """
        self._home = home
        self._store = store
        self._open: dict[str, CheckedSigner] = {}
        if not is_lost(store) or waiting_delivery(store) is None:
            self.online()

    def signers(self, publication: int) -> Signers:
        """Who signs this publication, the last one of the store.

        Raises: StorageError, SettingsError, RefusedError (KEY-FILE-PRIVATE) if a key cannot be had.
        """
        online, *beside = keys_at(self._store, publication)
        return Signers(self._opened(*online), tuple(self._opened(*each) for each in beside))

    def online(self) -> CheckedSigner:
        """The key that signs bins from the newest publication on.

        Raises: StorageError, SettingsError, RefusedError (KEY-FILE-PRIVATE) if it cannot be had.
        """
        identity = self._store.identity()
        return self._opened(identity.key_uri, identity.key_file)

    def _opened(self, uri: str, file: OnlineKeyFile) -> CheckedSigner:
        if uri.startswith(LOST):
            wanted = "`ceremony-online deliver` of a release that names the next key"
            raise SettingsError(uri, (Problem("key-uri", "a key that was given up as lost", wanted),))
        keyid = file.key.keyid()
        if keyid not in self._open:
            self._open[keyid] = open_signer(uri, key_of(file.key.fields()), self._home.folder)
        return self._open[keyid]
