"""How text, devices and explanations stand on a plain terminal: nothing that a device says can steer it."""

import json
from collections.abc import Sequence

import click
from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ceremony.explain import Explanation, explain
from hsm import DeviceInfo, PinState
from hsm.errors import DeviceError


def plain(text: str, style: str = "") -> Text:
    """The text as it stands: no markup is read in it, and what a terminal would obey is shown as a question mark."""
    return Text("".join(char if char.isprintable() or char == "\n" else "?" for char in text), style=style)


def print_json(value: object) -> None:
    """The value stands on standard output as JSON, all of it ASCII: nothing in it can steer a terminal."""
    click.echo(json.dumps(value, indent=2))


def draw_explanation(found: Explanation) -> RenderableType:
    """Title, detail and what to do now, in a frame."""
    advice = Text.assemble(("What to do now: ", "bold"), plain(found.advice))
    title = plain(found.title, "bold red" if found.is_fault else "bold yellow")
    return Panel(Group(plain(found.detail), Text(), advice), title=title, title_align="left")


def draw_devices(devices: Sequence[DeviceInfo]) -> RenderableType:
    """The devices, numbered from one."""
    if not devices:
        return plain("No device is plugged in. `ceremony devices` shows what this machine can see.", "yellow")
    table = Table(box=box.SIMPLE)
    for heading in ("", "serial", "device", "label", "PIN"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "serial")
    for number, each in enumerate(devices, start=1):
        cells = (str(number), each.serial, device_name(each), each.label, code_words(each.pin))
        table.add_row(*(plain(cell) for cell in cells))
    return table


def draw_fault(fault: DeviceError) -> RenderableType:
    """What could not be read, in one line, and below it what to do now."""
    found = explain(fault)
    where = f": {fault.serial}" if fault.serial else ""
    return Group(plain(f"! {found.title}{where}", "yellow"), plain(f"{found.detail} {found.advice}", "dim"))


def device_name(device: DeviceInfo) -> str:
    """What its maker sells it as; the maker is named only where the model does not say it."""
    model = device.model.casefold()
    is_said = device.maker.casefold() in model or "yubikey" in model
    return device.model if is_said else f"{device.maker} {device.model}".strip()


def code_words(state: PinState) -> str:
    """What a device says of its PIN, or of its PUK, in a few words."""
    if state.is_blocked:
        return "blocked"
    makers = ", still the maker's" if state.is_default else ""
    if state.is_final_try or state.attempts_left == 1:
        return f"LAST TRY{makers}"
    left = "tries unknown" if state.attempts_left is None else f"{state.attempts_left} tries left"
    return f"{left}{', after a wrong one' if state.is_low else ''}{makers}"
