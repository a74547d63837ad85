"""Where a developer's key for a project is: on a device, which makes it if need be, or in a file under a passphrase."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner, Signer

from ceremony.cli.asking import read_secret
from ceremony.cli.codes_typed import with_code
from ceremony.cli.desk import Desk
from ceremony.cli.device_choice import choose_device
from ceremony.cli.drawing import device_name, plain
from ceremony.engine.regular_file import read_regular
from ceremony.errors import StoppedError, TamperedError
from hsm import Device, DeviceKey, DeviceSigner, Pin, Scheme, Unlocked
from hsm.errors import KeyAbsentError, KeyExistsError

_Made = TypeVar("_Made")

_FILE_LIMIT = 16_384


@dataclass(frozen=True, slots=True)
class KeyOnDevice:
    """Which key, on which device: a serial, None for whichever, and the key's label.

    `scheme` is what a device makes that has no such key, None where it is to have it; `slot` is where one with numbered
    places makes it, "" for the first place that is empty. Software devices are looked for in `software_folder`.
    """

    serial: str | None
    software_folder: Path | None
    label: str
    scheme: Scheme | None = None
    slot: str = ""


def with_key_on_device(desk: Desk, wanted: KeyOnDevice, act: Callable[[Signer], _Made]) -> _Made:
    """What `act` made with that key; a device that makes it loses nothing by it.

    Raises: StoppedError; TerminalError without a terminal; DeviceError; what `act` raises.
    """
    device = choose_device(desk, wanted.serial, wanted.software_folder)
    desk.out.print(plain(f"{device_name(device.info)} {device.info.serial}: should it blink, touch it."))
    if device.info.has_makers_codes:
        said = "Its codes are its maker's: everybody can read them. `ceremony device prepare` sets others."
        desk.out.print(plain(said, "yellow"))
    if not device.info.has_pin_pad:
        return with_code(desk, device, "PIN", lambda pin: _acted(device, wanted, pin, act))
    desk.out.print(plain("Type the PIN on the keys of the device itself."))
    return _acted(device, wanted, None, act)


def with_key_in_file(desk: Desk, path: Path, act: Callable[[Signer], _Made]) -> _Made:
    """What `act` made with the private key in this file, PKCS#8 in PEM, encrypted under a passphrase that is asked for.

    Raises: StoppedError; TerminalError; TamperedError for another file, or another passphrase; what `act` raises.
    """
    data = read_regular(path, _FILE_LIMIT)
    passphrase = read_secret(desk, f"The passphrase of {path.name}, not shown (Enter = stop): ")
    if passphrase is None:
        raise StoppedError("the operator", f"the passphrase of {path.name}")
    return act(_opened(data, passphrase, path.name))


def _opened(data: bytes, passphrase: Pin, where: str) -> CryptoSigner:
    wanted = "no private key in PEM that this passphrase opens"
    try:
        return CryptoSigner(load_pem_private_key(data, passphrase.secret.encode()))
    except TypeError:
        # What is not encrypted takes no passphrase; whoever can read the file has that key already.
        raise TamperedError("a private key that is not encrypted, or none of a kind that signs", where) from None
    except (ValueError, UnsupportedAlgorithm):
        raise TamperedError(wanted, where) from None


def _acted(device: Device, wanted: KeyOnDevice, pin: Pin | None, act: Callable[[Signer], _Made]) -> _Made:
    with device.unlock(pin) as unlocked:
        return act(DeviceSigner(unlocked, _key(device, unlocked, wanted)))


def _key(device: Device, unlocked: Unlocked, wanted: KeyOnDevice) -> DeviceKey:
    found = [key for key in unlocked.keys() if key.label == wanted.label]  # noqa: SIM118  # a device is no mapping
    if len(found) == 1:
        return found[0]
    if found:
        raise KeyExistsError(device.info.serial, wanted.label)
    if wanted.scheme is None:
        raise KeyAbsentError(device.info.serial, wanted.label)
    return unlocked.generate(wanted.label, wanted.scheme, _place(device, wanted))


def _place(device: Device, wanted: KeyOnDevice) -> str:
    """The slot for a new key, "" where there are none; what is not empty stays as it is.

    Raises: KeyExistsError if every slot holds something.
    """
    slots = device.slots()
    if not slots or wanted.slot:
        return wanted.slot
    empty = next((each.name for each in slots if not each.holds), "")
    if not empty:
        raise KeyExistsError(device.info.serial, wanted.label)
    return empty
