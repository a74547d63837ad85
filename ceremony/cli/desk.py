"""What every verb has at hand: the screen's two outputs, the keyboard, the clock, the settings, the devices."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from ceremony.cli.terminal import StandardTerminal, Terminal
from ceremony.engine.sight import Seen, counts
from ceremony.settings import Settings
from hsm.discovery import Found, Sources, find_devices, usual_modules


def read_clock() -> datetime:
    """This machine's clock, in UTC."""
    return datetime.now(UTC)  # noqa: TID251  # the front door is where the clock is read


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the operator sits. `out` takes what was asked for, `err` what went wrong.

    `open_screens` is what happens without a verb: its answer is the exit status; None shows the help.
    """

    out: Console = field(default_factory=lambda: Console(highlight=False))
    err: Console = field(default_factory=lambda: Console(file=sys.stderr, highlight=False))
    terminal: Terminal = field(default_factory=StandardTerminal)
    clock: Callable[[], datetime] = read_clock
    settings: Settings = field(default_factory=Settings)
    open_screens: Callable[[Settings], int] | None = None

    def find(self, software_folder: Path | None) -> Found:
        """What is plugged in now and counts here, the software devices of this folder (or of the settings) among it."""
        named = self.settings.pkcs11_modules
        modules = usual_modules() if named is None else named
        folder = software_folder or self.settings.software_folder
        found = find_devices(Sources(modules, folder, yubikeys=self.settings.yubikeys))
        return replace(found, devices=tuple(each for each in found.devices if counts(self.settings, each.info)))

    def look(self, software_folder: Path | None) -> Seen:
        """The same, as the room wants it."""
        found = self.find(software_folder)
        return found.devices, found.faults


pass_desk = click.make_pass_decorator(Desk)
"""Hands the desk to a verb, as its first argument."""
