"""The desk at this machine: its devices as the settings describe them, its clock, its network."""

from datetime import UTC, datetime
from pathlib import Path

from ceremony.engine.preflight import look_at_machine
from ceremony.engine.sight import Seen, counts
from ceremony.settings import Settings
from ceremony.tui.desk import Desk
from hsm import Pin
from hsm.discovery import Sources, create_software_device, find_devices, usual_modules


def desk_for(settings: Settings, folder: Path) -> Desk:
    """This machine, as the settings describe it."""
    named = settings.pkcs11_modules

    def find() -> Seen:
        modules = usual_modules() if named is None else named
        found = find_devices(Sources(modules, settings.software_folder, yubikeys=settings.yubikeys))
        return tuple(each for each in found.devices if counts(settings, each.info)), found.faults

    return Desk(
        policy=settings.policy,
        clock=lambda: datetime.now(UTC),  # noqa: TID251  # the front door is where the clock is read
        folder=folder,
        find=find,
        practice_devices=lambda place: find_devices(Sources(software_folder=place)).devices,
        make_device=_make_device,
        machine=look_at_machine,
        authorities=settings.attestation_folders,
    )


def _make_device(folder: Path, serial: str, label: str, pin: Pin) -> None:
    create_software_device(folder, serial, label, pin)
