"""Ann's and bob's YubiKeys seen through PKCS#11 modules of two makers, ykcs11 and OpenSC, over a real pcscd."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate, CertificateBuilder, Name, NameAttribute
from cryptography.x509.oid import NameOID
from fakes.bench import PINS
from fakes.card_lab import CardLab
from fakes.virtual_yubikey import VirtualYubiKey, YubicoLikeAuthority
from fakes.yubikey_bench import Wire
from ykman.piv import generate_chuid
from yubikit.piv import DEFAULT_MANAGEMENT_KEY, KEY_TYPE, OBJECT_ID, PIN_POLICY, SLOT, TOUCH_POLICY, PivSession

from hsm.device import Device, Pin, Unlocked
from hsm.discovery import Sources, find_devices
from hsm.pkcs11_driver import end_processes

FIRMWARE = (5, 4, 3)  # ykcs11 2.2 knows no management key but 3DES
FOLDERS = (Path("/usr/lib"), Path("/usr/lib64"), *sorted(Path("/usr/lib").glob("*-linux-gnu")))
MAKERS_PIN = "123456"


def find_module(name: str) -> Path | None:
    """Where a module of this name is installed; None where it is not."""
    return next((folder / name for folder in FOLDERS if (folder / name).exists()), None)


YKCS11, OPENSC = find_module("libykcs11.so"), find_module("opensc-pkcs11.so")


@dataclass(frozen=True, slots=True)
class CardBench:
    """A table with ann's and bob's YubiKeys, each with a key in its slot for signatures, behind one module."""

    lab: CardLab
    cards: dict[str, VirtualYubiKey]
    sources: Sources

    def devices(self) -> tuple[Device, ...]:
        """Those plugged in now, by serial."""
        return find_devices(self.sources).devices

    def owner(self, device: Device) -> str:
        """Whose it is: ykcs11 tells the serial, OpenSC the name in the certificate."""
        serials = {str(card.serial): name for name, card in self.cards.items()}
        return serials.get(device.info.serial, device.info.label)

    def device(self, label: str) -> Device:
        """That of this owner."""
        (found,) = (device for device in self.devices() if self.owner(device) == label)
        return found

    def unlocked(self, label: str) -> Unlocked:
        """That of this owner, whose PIN was accepted."""
        return self.device(label).unlock(Pin(PINS[label]))

    def unplug(self, device: Device) -> None:
        """It is out, and its reader gone."""
        self.lab.pull(self.cards[self.owner(device)])


def ykcs11_bench(folder: Path) -> Iterator[CardBench]:
    """Their YubiKeys behind ykcs11."""
    return _bench(folder, YKCS11)


def opensc_bench(folder: Path) -> Iterator[CardBench]:
    """Their YubiKeys behind OpenSC."""
    return _bench(folder, OPENSC)


def card_with_key(  # noqa: PLR0913 - each is a fact of the card, named by its caller
    serial: int,
    name: str,
    pin: str,
    *,
    slot: SLOT = SLOT.SIGNATURE,
    touch: TOUCH_POLICY = TOUCH_POLICY.NEVER,
    authority: YubicoLikeAuthority | None = None,
) -> VirtualYubiKey:
    """A YubiKey with this PIN and a P-256 key that wants the PIN each time; the certificate beside it has the name."""
    card = VirtualYubiKey(serial, FIRMWARE, authority)
    with Wire(card) as wire:
        session = PivSession(wire)
        session.authenticate(DEFAULT_MANAGEMENT_KEY)
        session.change_pin(MAKERS_PIN, pin)
        session.put_object(OBJECT_ID.CHUID, generate_chuid())  # what OpenSC takes a serial from
        public = session.generate_key(slot, KEY_TYPE.ECCP256, PIN_POLICY.ALWAYS, touch)
        session.put_certificate(slot, _certificate(public, name))
    return card


def _certificate(public: ec.EllipticCurvePublicKey, name: str) -> Certificate:
    """A certificate of the key that bears this name; nobody asks who signed it."""
    named = Name([NameAttribute(NameOID.COMMON_NAME, name)])
    builder = CertificateBuilder(named, named, public, 1, dt.datetime(2025, 1, 1), dt.datetime(2045, 1, 1))  # noqa: DTZ001
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), SHA256())


def _bench(folder: Path, module: Path | None) -> Iterator[CardBench]:
    assert module is not None
    cards = {name: card_with_key(101 + place, name, digits) for place, (name, digits) in enumerate(PINS.items())}
    with CardLab.started(folder) as lab:
        for card in cards.values():
            lab.plug(card)
        try:
            yield CardBench(lab, cards, Sources(pkcs11_modules=(module,)))
        finally:
            end_processes()
