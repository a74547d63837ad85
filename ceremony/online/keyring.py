"""The online keys of one home: which of them sign a publication, each opened once."""

from dataclasses import dataclass

from ceremony.core.keys import key_of
from ceremony.core.online_key import OnlineKeyFile
from ceremony.online.home import Home
from ceremony.online.key import CheckedSigner, open_signer
from ceremony.online.next_key import FORMER, NEXT, spare_keys
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


class Keyring:
    """The keys of the signer in this home; whoever publishes has one."""

    def __init__(self, home: Home, store: Store) -> None:
        """The online key is open.

        Raises: StorageError, SettingsError, RefusedError (KEY-FILE-PRIVATE) if it cannot be had.
        """
        self._home = home
        self._store = store
        self._open: dict[str, CheckedSigner] = {}
        self._online()

    def signers(self, publication: int) -> Signers:
        """Who signs this publication, the last one of the store.

        Raises: StorageError, SettingsError, RefusedError (KEY-FILE-PRIVATE) if a key cannot be had.
        """
        spare = spare_keys(self._store)
        beside = [
            each
            for place, each in spare.items()
            if each.publication is not None
            if (place == NEXT and each.publication <= publication)
            or (place == FORMER and each.publication == publication)
        ]
        return Signers(self._online(), tuple(self._opened(each.uri, each.key_file) for each in beside))

    def _online(self) -> CheckedSigner:
        identity = self._store.identity()
        return self._opened(identity.key_uri, identity.key_file)

    def _opened(self, uri: str, file: OnlineKeyFile) -> CheckedSigner:
        keyid = file.key.keyid()
        if keyid not in self._open:
            self._open[keyid] = open_signer(uri, key_of(file.key.fields()), self._home.folder)
        return self._open[keyid]
