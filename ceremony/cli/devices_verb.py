"""The verb that lists what is plugged in."""

from pathlib import Path

import click

from ceremony.cli.desk import Desk, pass_desk
from ceremony.cli.device_reading import Told, read_all
from ceremony.cli.device_table import draw_told
from ceremony.cli.drawing import draw_explanation, plain, print_json
from ceremony.cli.keyids import keyid_of
from ceremony.explain import explain
from hsm import DeviceKey, PinState, Slot
from hsm.discovery import Found
from hsm.errors import DeviceError, DeviceFaultError


@click.command("devices", short_help="List the devices that this machine can see.")
@click.option("--devices", type=click.Path(path_type=Path), help="A folder of software devices to list too.")
@click.option("--json", "as_json", is_flag=True, help="Plain values for machines.")
@pass_desk
def devices_verb(desk: Desk, devices: Path | None, *, as_json: bool) -> None:
    """List the devices that this machine can see, with all they tell of themselves; no PIN is asked."""
    found = desk.find(devices)
    told = read_all(found.devices)
    if as_json:
        print_json(_as_json(told, found))
        return
    if not told:
        desk.out.print(plain("No device is plugged in.", "yellow"))
    for each in told:
        desk.out.print(draw_told(each))
    for fault in found.faults:
        desk.out.print(draw_explanation(explain(fault)))


def _as_json(told: tuple[Told, ...], found: Found) -> dict[str, object]:
    return {
        "devices": [_device(each) for each in told],
        "faults": [_fault(each) for each in found.faults],
    }


def _fault(error: DeviceError) -> dict[str, object]:
    code = error.code if isinstance(error, DeviceFaultError) else type(error).__name__
    return {"serial": error.serial, "code": code, "trouble": explain(error).title}


def _device(told: Told) -> dict[str, object]:
    info = told.info
    is_known = told.trouble is None
    return {
        "driver": info.driver,
        "maker": info.maker,
        "model": info.model,
        "serial": info.serial,
        "label": info.label,
        "firmware": info.firmware,
        "form_factor": info.form_factor,
        "found_in": info.found_in,
        "schemes": [str(scheme) for scheme in info.schemes],
        "touch_seconds": info.touch_seconds,
        "has_pin_pad": info.has_pin_pad,
        "pin": _code(info.pin),
        "puk": None if info.puk is None else _code(info.puk),
        "is_management_key_default": info.is_management_key_default,
        "has_makers_codes": info.has_makers_codes,
        "keys": [_key(each) for each in told.keys] if is_known else None,
        "slots": [_slot(each) for each in told.slots] if is_known else None,
        "trouble": None if told.trouble is None else explain(told.trouble).title,
    }


def _code(state: PinState) -> dict[str, object]:
    return {
        "attempts_left": state.attempts_left,
        "is_low": state.is_low,
        "is_final_try": state.is_final_try,
        "is_blocked": state.is_blocked,
        "is_default": state.is_default,
    }


def _key(key: DeviceKey) -> dict[str, object]:
    return {
        "label": key.label,
        "id": key.key_id,
        "scheme": str(key.scheme),
        "keyid": keyid_of(key),
        "is_generated_inside": key.is_generated_inside,
        "is_extractable": key.is_extractable,
        "pin_policy": key.pin_policy,
        "touch_policy": key.touch_policy,
    }


def _slot(slot: Slot) -> dict[str, object]:
    return {"name": slot.name, "purpose": slot.purpose, "holds": slot.holds, "content": slot.content}
