"""The verb that lists what is plugged in."""

from pathlib import Path

import click
from rich import box
from rich.table import Table

from ceremony.cli.desk import Desk, pass_desk
from ceremony.cli.drawing import draw_explanation, pin_words, plain
from ceremony.cli.look_verbs import print_json
from ceremony.explain import explain
from hsm import Device
from hsm.discovery import Found
from hsm.errors import DeviceError
from hsm.signer import public_key_of


@click.command("devices", short_help="List the devices that this machine can see.")
@click.option("--devices", type=click.Path(path_type=Path), help="A folder of software devices to list too.")
@click.option("--json", "as_json", is_flag=True, help="Plain values for machines.")
@pass_desk
def devices_verb(desk: Desk, devices: Path | None, *, as_json: bool) -> None:
    """List the devices that this machine can see, with their keys; no PIN is asked."""
    found = desk.find(devices)
    if as_json:
        print_json(_found_as_json(found))
        return
    if not found.devices:
        desk.out.print(plain("No device is plugged in.", "yellow"))
    for device in found.devices:
        desk.out.print(_draw_device(device))
    for fault in found.faults:
        desk.out.print(draw_explanation(explain(fault)))


def _draw_device(device: Device) -> Table:
    info = device.info
    title = plain(f"{info.label or 'no label'}: {info.maker} {info.model}", "bold")
    table = Table(box=box.SIMPLE, show_header=False, title=title, title_justify="left")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    rows = {
        "serial": info.serial,
        "driver": info.driver,
        "firmware": info.firmware,
        "PIN": pin_words(info.pin),
        "schemes": ", ".join(info.schemes),
        "keys": _keys_text(device),
    }
    for name, value in rows.items():
        table.add_row(plain(name), plain(value))
    return table


def _keys_text(device: Device) -> str:
    try:
        keys = device.keys()
        return "\n".join(f"{key.label}: {key.scheme} {public_key_of(key).keyid[:16]}" for key in keys) or "none"
    except DeviceError as error:
        return explain(error).title


def _found_as_json(found: Found) -> dict[str, object]:
    return {
        "devices": [_device_as_json(each) for each in found.devices],
        "faults": [{"serial": each.serial, "code": each.code} for each in found.faults],
    }


def _device_as_json(device: Device) -> dict[str, object]:
    info = device.info
    return {
        "driver": info.driver,
        "maker": info.maker,
        "model": info.model,
        "serial": info.serial,
        "label": info.label,
        "firmware": info.firmware,
        "pin": {
            "attempts_left": info.pin.attempts_left,
            "is_low": info.pin.is_low,
            "is_final_try": info.pin.is_final_try,
            "is_blocked": info.pin.is_blocked,
            "is_default": info.pin.is_default,
        },
        "schemes": [str(scheme) for scheme in info.schemes],
        "keys": _keys_as_json(device),
    }


def _keys_as_json(device: Device) -> object:
    try:
        keys = device.keys()
        return [{"label": key.label, "scheme": str(key.scheme), "keyid": public_key_of(key).keyid} for key in keys]
    except DeviceError:
        return None
