"""A room whose keyholders bring YubiKeys, as new, behind a real pcscd; what is plugged in is what the driver finds."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fakes.card_lab import CardLab
from fakes.rooms import NAMES, PUK, Desk, desk
from fakes.virtual_yubikey import VirtualYubiKey, YubicoLikeAuthority

from ceremony.engine import questions as q
from ceremony.engine.room import Room
from hsm import Pin
from hsm.discovery import Sources, find_devices

PIN = Pin("24680135")
"""What every keyholder chooses here."""

__all__ = ["NAMES", "PIN", "PUK", "YubikeyRoom", "yubikey_room"]


@dataclass
class YubikeyRoom:
    """The desk of a ceremony, the bus that keys are plugged into, and each keyholder's key."""

    table: Desk
    lab: CardLab
    keys: Mapping[str, VirtualYubiKey]

    @property
    def room(self) -> Room:
        """The room, with whatever YubiKeys are plugged in."""
        return replace(self.table.room, devices=lambda: find_devices(Sources(yubikeys=True)).devices)

    def serial_of(self, name: str) -> str:
        """The serial of this keyholder's key."""
        return str(self.keys[name].serial)

    def asked(self, kind: type) -> list[Any]:
        """The questions of this kind, in order."""
        return [each for each in self.table.operator.asked if isinstance(each, kind)]


@contextmanager
def yubikey_room(
    folder: Path, names: tuple[str, ...] = NAMES, firmware: tuple[int, int, int] = (5, 7, 4)
) -> Iterator[YubikeyRoom]:
    """Ann, bob and cyd with new keys of one authority, whose certificates the ceremony is given; all plugged in."""
    table = desk(folder, names)
    authority = YubicoLikeAuthority.make("new" if firmware >= (5, 7, 4) else "old")
    (folder / "certificates").mkdir()
    authority.save(folder / "certificates")
    table.authorities = (folder / "certificates",)
    keys = {name: VirtualYubiKey(30000001 + place, firmware, authority) for place, name in enumerate(names)}
    table.operator.pins = {str(key.serial): PIN for key in keys.values()}
    table.operator.answers[q.PlugIn] = lambda question: str(keys[question.person].serial)
    with CardLab.started(folder / "lab") as lab:
        for key in keys.values():
            lab.plug(key)
        yield YubikeyRoom(table, lab, keys)
