"""The verbs of a keyholder who is alone with a device: `prepare`, `unblock`, `check`."""

from pathlib import Path

import click

from ceremony.cli.asking import read_line
from ceremony.cli.codes_typed import new_code, with_code
from ceremony.cli.desk import Desk, pass_desk
from ceremony.cli.device_check import Judged, draw_judged, judge
from ceremony.cli.device_choice import choose_device
from ceremony.cli.device_reading import read_all
from ceremony.cli.device_table import draw_told
from ceremony.cli.drawing import device_name, plain
from ceremony.errors import StoppedError, TerminalError
from ceremony.explain import explain
from hsm import Codes, Device, Pin
from hsm.errors import PinBlockedError, PukBlockedError, UnsupportedError

_SERIAL = click.argument("serial", required=False)
_DEVICES = click.option("--devices", type=click.Path(path_type=Path), help="A folder of software devices to look into.")


@click.group("device", short_help="Prepare, unblock or check one device of your own.")
def device_verbs() -> None:
    """Prepare, unblock or check one device of your own, away from any ceremony.

    Codes are typed out of sight; no option takes one. Without a SERIAL, and with several devices plugged in, you are
    asked which one is meant.
    """


@device_verbs.command("prepare", short_help="Give the device a PIN, a PUK and a management key of its own.")
@_SERIAL
@_DEVICES
@pass_desk
def prepare_verb(desk: Desk, serial: str | None, devices: Path | None) -> None:
    """Give the device a PIN, a PUK and a management key of its own; its keys stay."""
    device = _device(desk, serial, devices)
    _confirm(desk, device)
    info = device.info
    pin = new_code(desk, "PIN", None)
    codes = Codes(pin, new_code(desk, "PUK", pin) if info.puk is not None else None)
    desk.out.print(plain("Setting the new codes. Should the device blink, touch it."))
    if info.pin.is_default:
        device.prepare(None, codes)
    else:
        with_code(desk, device, "PIN", lambda current: device.prepare(current, codes))
    which = "a PIN, a PUK and a management key of its own" if codes.puk else "a PIN of its own"
    desk.out.print(plain(f"Done: {device_name(info)} {info.serial} has {which}.", "bold green"))
    desk.out.print(plain("Nobody can tell you these codes again: keep each where you find it, apart from the device."))


@device_verbs.command("unblock", short_help="Give the device a new PIN, with its PUK.")
@_SERIAL
@_DEVICES
@pass_desk
def unblock_verb(desk: Desk, serial: str | None, devices: Path | None) -> None:
    """Give the device a new PIN, with its PUK, when the PIN is blocked or forgotten; its keys stay."""
    device = _device(desk, serial, devices)
    info = device.info
    if info.puk is None:
        raise UnsupportedError(info.serial, "take a new PIN with a PUK")
    if info.puk.is_blocked:
        raise PukBlockedError(info.serial)
    with_code(desk, device, "PUK", lambda puk: device.unblock(puk, new_code(desk, "PIN", puk)))
    desk.out.print(plain(f"Done: {device_name(info)} {info.serial} has a new PIN.", "bold green"))


@device_verbs.command("check", short_help="Ask the device's maker about its keys.")
@_SERIAL
@_DEVICES
@click.pass_context
def check_verb(context: click.Context, serial: str | None, devices: Path | None) -> None:
    """Check what the device's maker says of its keys, and whether a real ceremony would take them.

    The certificates of makers are those in the folder that the settings name.
    """
    desk = context.ensure_object(Desk)
    device = _device(desk, serial, devices)
    judged = _judged(desk, device)
    if not judged:
        desk.out.print(plain("The device holds no key that could be checked.", "yellow"))
    for each in judged:
        desk.out.print(draw_judged(each))
    refusals = [refusal for each in judged for refusal in each.refusals]
    context.exit(explain(refusals[0]).status if refusals else 0)


def _device(desk: Desk, serial: str | None, devices: Path | None) -> Device:
    if not desk.terminal.is_there():
        raise TerminalError(0, 0)
    device = choose_device(desk, serial, devices)
    desk.out.print(draw_told(*read_all([device])))
    return device


def _confirm(desk: Desk, device: Device) -> None:
    """Somebody typed which device is to get new codes.

    Raises: StoppedError; PinBlockedError where its PUK has to be used first.
    """
    info = device.info
    if info.pin.is_blocked:
        raise PinBlockedError(info.serial)
    if not info.has_makers_codes:
        desk.out.print(plain("Its codes are its owner's already: new ones take their place.", "yellow"))
    name = info.serial or info.label or "yes"
    desk.out.print(plain(f"Its codes are about to change. To agree, type its serial as it is printed on it: {name}"))
    if read_line(desk, "The serial (Enter = stop): ") != name:
        desk.out.print(plain("That is not its serial. Nothing was changed.", "yellow"))
        raise StoppedError("the operator", "the serial of the device")


def _judged(desk: Desk, device: Device) -> tuple[Judged, ...]:
    if not device.info.has_pin_pad:
        return with_code(desk, device, "PIN", lambda pin: _unlocked(desk, device, pin))
    desk.out.print(plain("Type the PIN on the keys of the device itself."))
    return _unlocked(desk, device, None)


def _unlocked(desk: Desk, device: Device, pin: Pin | None) -> tuple[Judged, ...]:
    with device.unlock(pin) as unlocked:
        return judge(unlocked, desk.settings.attestation_folders, desk.clock())
