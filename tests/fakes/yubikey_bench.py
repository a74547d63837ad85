"""A table with ann's and bob's YubiKeys on it, behind a real pcscd; and a way to one of them without any."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fakes.bench import PINS
from fakes.card_lab import CardLab
from fakes.virtual_yubikey import Pulled, VirtualYubiKey
from ykman.piv import get_pivman_protected_data
from yubikit.core import TRANSPORT
from yubikit.core.smartcard import SmartCardConnection
from yubikit.piv import DEFAULT_MANAGEMENT_KEY, PivSession

from hsm.device import Codes, Device, Pin, Unlocked
from hsm.discovery import Sources, find_devices
from hsm.yubikey_link import PcscError

PUKS = {"ann": "16180339", "bob": "57721566"}
TRIES = 3
SECONDS = 20
REMOVED = 0x80100069


@dataclass(frozen=True, slots=True)
class YubikeyBench:
    """A table with ann's and bob's YubiKeys on it, `cards` by owner; a YubiKey itself does not say whose it is."""

    lab: CardLab
    cards: Mapping[str, VirtualYubiKey]
    sources: Sources = field(default=Sources(yubikeys=True))

    def devices(self) -> tuple[Device, ...]:
        """Those plugged in now, by serial."""
        return find_devices(self.sources).devices

    def owner(self, device: Device) -> str:
        """Whose it is."""
        (owner,) = (name for name, card in self.cards.items() if str(card.serial) == device.info.serial)
        return owner

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

    def pull_during(self, label: str, instruction: int) -> None:
        """This owner's is pulled out as it gets this instruction: whether it still does it nobody hears."""
        card = self.cards[label]

        def hook(apdu: bytes) -> None:
            if apdu[1] == instruction:
                card.hook = None
                threading.Thread(target=self.lab.pull, args=[card]).start()
                card.unplugged.wait(SECONDS)

        card.hook = hook

    def swap(self) -> None:
        """Bob's stands where ann's did, and ann's is nowhere."""
        for name in ("ann", "bob"):
            self.lab.pull(self.cards[name])
        self.lab.plug(self.cards["bob"])


def yubikey_bench(folder: Path) -> Iterator[YubikeyBench]:
    """Their YubiKeys, with codes of their own, three tries and no keys; touched at once whenever they wait for it."""
    with yubikey_table(folder, {name: VirtualYubiKey(101 + place) for place, name in enumerate(PINS)}) as bench:
        for device in bench.devices():
            owner = bench.owner(device)
            device.prepare(None, Codes(Pin(PINS[owner]), Pin(PUKS[owner]), TRIES))
        yield bench


@contextmanager
def yubikey_table(folder: Path, cards: Mapping[str, VirtualYubiKey]) -> Iterator[YubikeyBench]:
    """These YubiKeys, by owner, as they left the factory."""
    with CardLab.started(folder) as lab:
        for card in cards.values():
            lab.plug(card)
        yield YubikeyBench(lab, cards)


class Wire(SmartCardConnection):
    """A line to a YubiKey without any daemon; pulling it out is the same to who is at the other end."""

    transport = TRANSPORT.USB

    def __init__(self, card: VirtualYubiKey) -> None:
        card.power_on()
        self._card = card

    def send_and_receive(self, apdu: bytes) -> tuple[bytes, int]:
        """The answer.   Raises: PcscError."""
        try:
            answer = self._card.transmit(apdu)
        except Pulled as error:
            raise PcscError(REMOVED) from error
        return answer[:-2], int.from_bytes(answer[-2:])

    def close(self) -> None:
        """Who was logged in is forgotten."""
        self._card.power_off()


@contextmanager
def by_hand(card: VirtualYubiKey, pin: str = "") -> Iterator[PivSession]:
    """A session past the driver and PC/SC, while nobody else asks the YubiKey.

    With the PIN of one that was prepared everything may be done; one as it left the factory needs none for that.
    """
    with Wire(card) as wire:
        session = PivSession(wire)
        if pin:
            session.verify_pin(pin)
            session.authenticate(get_pivman_protected_data(session).key)
        else:
            session.authenticate(DEFAULT_MANAGEMENT_KEY)
        yield session
