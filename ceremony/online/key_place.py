"""Where an online key's private half lies, by its URI: in a file of the home, or in a credential of systemd's."""

import os
from dataclasses import dataclass
from pathlib import Path
from re import fullmatch

from ceremony.core.signer_rules import KEY_FILE_RULES, KeyFileCase
from ceremony.engine.disk import named
from ceremony.errors import Problem, SettingsError

FILE_SCHEME = "file2"
CREDENTIAL_SCHEME = "credential"
PIN_NAME = "online-key-pin"
"""The credential, or the file in the home, that holds the PIN of a device."""

_PIN_LONGEST = 256


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """A file with a private key; `is_credential` where systemd put it there for this process alone."""

    path: Path
    is_credential: bool = False

    def counting(self, mode: int) -> int:
        """Those of `mode` that count: systemd grants its credentials by an access list, whose mask stands as group."""
        return mode & ~0o040 if self.is_credential else mode


def place_of(uri: str, home: Path) -> KeyPlace | None:
    """The file that `uri` names, None if it names no file.

    Raises: SettingsError for a credential that cannot be, or outside a service of systemd's.
    """
    scheme, _, rest = uri.partition(":")
    if scheme == FILE_SCHEME:
        return KeyPlace(home / rest)
    if scheme != CREDENTIAL_SCHEME:
        return None
    folder = _credentials()
    if not fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", rest) or folder is None:
        found = rest[:60] if folder else "no credentials (CREDENTIALS_DIRECTORY names no folder)"
        wanted = "the name of a credential, in a service that has LoadCredential=NAME:/PATH"
        raise SettingsError(uri, (Problem("key-uri", found, wanted),))
    return KeyPlace(folder / rest, is_credential=True)


def read_pin(home: Path) -> str:
    """The PIN of the device that holds the online key, out of a credential or a file that its owner alone can read.

    It goes to the device and is kept nowhere.
    Raises: StorageError; SettingsError; RefusedError (KEY-FILE-PRIVATE).
    """
    folder = _credentials()
    is_given = folder is not None and (folder / PIN_NAME).exists()
    place = KeyPlace(folder / PIN_NAME, is_credential=True) if folder and is_given else KeyPlace(home / PIN_NAME)
    if not place.path.exists():
        wanted = f"the PIN in a credential {PIN_NAME}, or in this file, readable by its owner alone"
        raise SettingsError(str(place.path), (Problem(PIN_NAME, "nothing of this name", wanted),))
    with named(place.path), place.path.open("rb") as file:
        KEY_FILE_RULES.check(KeyFileCase(str(place.path), place.counting(os.fstat(file.fileno()).st_mode)))
        found = file.read(_PIN_LONGEST + 1)
    line = found.removesuffix(b"\n").removesuffix(b"\r")
    if not line or len(found) > _PIN_LONGEST or not line.isascii() or not line.decode("ascii").isprintable():
        # Nothing of what it holds is said.
        raise SettingsError(str(place.path), (Problem("", "no PIN", "one line with the PIN"),))
    return line.decode("ascii")


def _credentials() -> Path | None:
    found = os.environ.get("CREDENTIALS_DIRECTORY", "")
    return Path(found) if found.startswith("/") else None
