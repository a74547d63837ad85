"""An online key inside a device: `pkcs11:token=...;object=...?module-path=/...`, unlocked once, for as long as we live.

The device's module runs in a process of its own, as everywhere in this program. A PIN that was refused is never tried
again: a signer that is started anew by itself would block its own device.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from securesystemslib.signer import Key, SecretsHandler, Signature, Signer, SSlibKey

from ceremony.core.token_uri import SCHEME, TokenUri, parse_token_uri
from ceremony.errors import Problem, SettingsError, StorageError
from hsm.device import Device, DeviceKey, Pin, Unlocked
from hsm.errors import DeviceAbsentError, DeviceError, DriverLostError, PinBlockedError, WrongPinError
from hsm.signer import DeviceSigner, public_key_of

DEVICE_SCHEME = SCHEME.removesuffix(":")
_WANTED = "a URI such as pkcs11:token=online;object=online?module-path=/usr/lib/softhsm/libsofthsm2.so"

ReadPin = Callable[[], str]


class DeviceKeySigner(Signer):
    """Signs with a key that never leaves its device; a device that was away for a while is opened again."""

    def __init__(self, uri: str, key: SSlibKey, read_pin: ReadPin) -> None:
        """The device is unlocked, and holds the private half of `key`.

        Raises: SettingsError for a URI that names none, or a PIN that was refused; StorageError if it does not answer.
        """
        self._uri = uri
        self._key = key
        self._read_pin = read_pin
        self._turn = threading.Lock()
        self._unlocked: Unlocked | None = None
        self._signer = self._open()

    @property
    def public_key(self) -> SSlibKey:
        """The TUF public key this signer signs with."""
        return self._key

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None
    ) -> "DeviceKeySigner":
        """The signer that the URI names; `secrets_handler` is asked for "pin", once each time the device is opened.

        Raises: SettingsError; StorageError.
        """
        if not isinstance(public_key, SSlibKey) or secrets_handler is None:
            raise SettingsError(priv_key_uri, (Problem("key-uri", "no public key, or no PIN", _WANTED),))
        return cls(priv_key_uri, public_key, lambda: secrets_handler("pin"))

    def sign(self, payload: bytes) -> Signature:
        """The signature of `payload`, not yet verified.

        Raises: StorageError, SettingsError, or what the device raises.
        """
        # What is signed often lies in a buffer that goes on changing; a device's process gets a copy.
        message = bytes(payload)
        with self._turn:
            try:
                return self._signer.sign(message)
            except (DeviceAbsentError, DriverLostError):
                self._signer = self._open()
                return self._signer.sign(message)

    def _open(self) -> DeviceSigner:
        if self._unlocked is not None:
            self._unlocked.close()
            self._unlocked = None
        wanted, module = _parsed(self._uri)
        with self._told():
            device = self._device(wanted, module)
            unlocked = self._unlock(device)
            self._unlocked = unlocked
            return DeviceSigner(unlocked, self._find(unlocked.keys(), wanted), self._key)

    def _device(self, wanted: TokenUri, module: Path) -> Device:
        if find_spec("pkcs11") is None:
            # The signer's environment has no PKCS#11 of itself; the driver's process would die of it, and say nothing.
            raise StorageError(self._uri, "UnsupportedLibraryError")
        from hsm.discovery import Sources, find_devices  # noqa: PLC0415 - no signer without a device loads its driver

        found = find_devices(Sources(pkcs11_modules=(module,)))
        matching = [each for each in found.devices if _names(wanted, each)]
        if len(matching) != 1 and found.faults:
            raise found.faults[0]
        if len(matching) != 1:
            raise StorageError(self._uri, "ENODEV" if not matching else "ENOTUNIQ")
        return matching[0]

    def _unlock(self, device: Device) -> Unlocked:
        try:
            return device.unlock(Pin(self._read_pin()))
        except (WrongPinError, PinBlockedError) as error:
            problem = Problem("online-key-pin", "a PIN that the device refuses", "its PIN; then start the signer again")
            raise SettingsError(self._uri, (problem,)) from error

    def _find(self, keys: tuple[DeviceKey, ...], wanted: TokenUri) -> DeviceKey:
        for each in keys:
            is_named = wanted.matches_key(label=each.label, key_id_hex=each.key_id)
            if is_named and public_key_of(each).keyval == self._key.keyval:
                return each
        problem = Problem("key-uri", f"no key with this public half among {len(keys)}", "the URI of the online key")
        raise SettingsError(self._uri, (problem,))

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except DeviceError as error:
            raise StorageError(self._uri, type(error).__name__) from error


def _parsed(uri: str) -> tuple[TokenUri, Path]:
    try:
        found = parse_token_uri(uri)
    except ValueError as error:
        # The URI itself is shown nowhere: somebody may have written a PIN into it.
        raise SettingsError(SCHEME, (Problem("key-uri", f"a URI that cannot be used: {error}", _WANTED),)) from error
    module = dict(found.modules).get("module-path", "")
    if not module.startswith("/"):
        raise SettingsError(uri, (Problem("key-uri", "no module-path", _WANTED),))
    return found, Path(module)


def _names(wanted: TokenUri, device: Device) -> bool:
    info = device.info
    return wanted.matches_token(label=info.label, serial=info.serial, manufacturer=info.maker, model=info.model)
