"""What a rehearsal needs: plans that are marked as such, and a software device for each keyholder."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from securesystemslib.signer import CryptoSigner

from ceremony.core.before import Before
from ceremony.core.keys import fields_of
from ceremony.core.online_key import online_key_of
from ceremony.core.plan import Bins, Keyholder, OnlineKey, Plan, Window, write_plan
from ceremony.core.plan_after import changed_roles, ends_of, plan_after, with_claims, with_ends, with_new_device
from ceremony.core.plan_before_bins import CLAIMED, RECENTLY_CLAIMED, with_names
from ceremony.core.plan_emergency import Fate, emergency_plan, incident_of
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.possession import online_message
from ceremony.core.projects import Project
from ceremony.engine.disk import create_file, named
from hsm import Codes, Pin

REPOSITORY = "rehearsal.example"
BINS = 256
PINS_FILE = "practice-pins.txt"
_YEAR = timedelta(days=365)
_MONTH = timedelta(days=30)

MakeDevice = Callable[[Path, str, str, Pin], None]
"""Makes a device in a folder, with a serial, a label and a PIN."""


@dataclass(frozen=True, slots=True)
class Practice:
    """A rehearsal that is ready: the plan's file, the folder of devices, and each serial's PIN."""

    plan: Path
    devices: Path
    pins: Mapping[str, Pin]


def practice_plan(
    names: Sequence[str],
    threshold: int,
    now: datetime,
    online_key: OnlineKey,
    serials: Mapping[str, str] = MappingProxyType({}),
) -> Plan:
    """An initial ceremony of these keyholders, to be held within a day, marked as a rehearsal.

    Every keyholder signs root, targets and bins; each of them needs `threshold` signatures. `serials` names the devices
    of those keyholders who sign with one device and no other.
    """
    opens = now.replace(minute=0, second=0, microsecond=0)
    closes = opens + timedelta(days=1)
    return Plan(
        id=f"rehearsal-{opens:%Y-%m-%d}",
        kind="initial",
        repository=REPOSITORY,
        is_rehearsal=True,
        window=Window(opens, closes),
        keyholders=tuple(Keyholder(name, OFFLINE_ROLES, device=serials.get(name, "")) for name in names),
        thresholds=dict.fromkeys(OFFLINE_ROLES, threshold),
        expires=dict.fromkeys(OFFLINE_ROLES, closes + _YEAR),
        bins=Bins(BINS, "succinct"),
        lifetimes={"bin-n": timedelta(days=7), "snapshot": timedelta(days=1), "timestamp": timedelta(days=1)},
        online_key=online_key,
    )


def practice_rotation(before: Before, last: Plan, name: str, device: str) -> Plan:
    """The rotation after a rehearsal, on the same day: this keyholder gets this device, everything else is kept.

    The roles in which that changes something are signed anew, and no others.
    """
    plan = with_new_device(_practice_after(before, last, "rotation"), name, device)
    return with_ends(plan, {role: plan.expires[role] for role in changed_roles(plan, before)})


def practice_refresh(before: Before, last: Plan) -> Plan:
    """The refresh after a rehearsal, on the same day: root, targets and bins get new ends, and nothing else changes."""
    return _practice_after(before, last, "refresh")


def practice_emergency(  # noqa: PLR0913, PLR0917  # whose device, which one in its place, and the other key
    before: Before, last: Plan, name: str, device: str, online_key: OnlineKey, now: datetime
) -> Plan:
    """The emergency after a rehearsal: this keyholder's device and the online key are stolen, others take their place.

    What that changes is signed anew.
    """
    reason = f"In this rehearsal the device of {name} is stolen, and the online key copied"
    incident = incident_of(before, reason, stolen=(name,), lost=(), online=Fate.STOLEN)
    return with_new_device(emergency_plan(before, last, incident, now, online_key), name, device)


def practice_delegation(before: Before, last: Plan) -> Plan:
    """The ceremony after a rehearsal from which on clients ask claimed and recently-claimed before bins.

    Whoever signs bins signs claimed, the online signer recently-claimed; what that changes is signed, and no root.
    Spec: PEP 480.
    """
    plan = with_names(_practice_after(before, last, "delegation"), (CLAIMED, RECENTLY_CLAIMED))
    end = plan.expires["bins"]
    return with_ends(plan, {role: plan.expires.get(role, end) for role in changed_roles(plan, before)})


def practice_claims(before: Before, last: Plan, projects: tuple[Project, ...]) -> Plan:
    """The ceremony after that one, in which these projects enter claimed; nothing else is signed."""
    plan = with_claims(_practice_after(before, last, "delegation", "claims"), CLAIMED, projects)
    return with_ends(plan, {CLAIMED: plan.expires[CLAIMED]})


def _practice_after(before: Before, last: Plan, kind: str, name: str = "") -> Plan:
    ends = {role: end + _MONTH for role, end in ends_of(before).items()}
    return plan_after(before, last, kind, name=f"{last.id}-{name or kind}", window=last.window, expires=ends)


def throwaway_online_key() -> OnlineKey:
    """The public half of a key that nobody keeps: enough to rehearse the offline side alone."""
    signer = CryptoSigner.generate_ecdsa()
    message = online_message(REPOSITORY, signer.public_key.keyid)
    return online_key_of(fields_of(signer.public_key), signer.sign(message).signature)


def make_practice(
    folder: Path, names: Sequence[str], threshold: int, now: datetime, make_device: MakeDevice
) -> Practice:
    """A new folder with `plan.toml` and `devices/`, one software device for each name, under PINs made just now.

    The PINs protect nothing; they lie beside the devices in PINS_FILE, so that a rehearsal can be resumed.

    Raises: StorageError; DeviceFaultError.
    """
    devices = folder / "devices"
    with named(folder):
        folder.mkdir(parents=True, exist_ok=True)
        devices.mkdir(mode=0o700)
    plan = practice_plan(names, threshold, now, throwaway_online_key())
    create_file(folder / "plan.toml", write_plan(plan).encode())
    pins: dict[str, Pin] = {}
    for number, name in enumerate(names, start=1):
        serial = f"practice-{number}"
        pins[serial] = Pin(f"{secrets.randbelow(10**6):06}")
        make_device(devices, serial, name, pins[serial])
    keep_codes(folder, {name: (serial, Codes(pin)) for name, (serial, pin) in zip(names, pins.items(), strict=True)})
    return Practice(folder / "plan.toml", devices, pins)


def keep_codes(folder: Path, codes: Mapping[str, tuple[str, Codes]]) -> None:
    """PINS_FILE in this folder, readable by its owner alone, tells each keyholder's device by serial, and its codes.

    Raises: StorageError, where there is such a file already too.
    """
    create_file(folder / PINS_FILE, "".join(_line(name, *each) for name, each in codes.items()).encode())


def _line(name: str, serial: str, codes: Codes) -> str:
    puk = f", PUK {codes.puk.secret}" if codes.puk else ""
    return f"{name}: device {serial}, PIN {codes.pin.secret}{puk}\n"
