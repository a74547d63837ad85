"""The modules that were asked for, each in whichever process holds it now."""

import atexit
import os
import time
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

from hsm.pkcs11_messages import ListSlots, SlotList
from hsm.pkcs11_process import HungError, LostError, ModuleProcess

LISTING_SECONDS, FIRST_LISTING_SECONDS = 3.0, 8.0
"""How long a listing waits for a module, and for one that has to be loaded first."""
BACK_OFF_SECONDS = 30.0
"""How long no listing starts a module again that hung when it was started or listed."""
_OPENSC_SETTINGS = Path(__file__).with_name("opensc.conf")


@dataclass(frozen=True, slots=True)
class _Hung:
    """When a module hung, on the monotonic clock, and how."""

    moment: float
    how: str

    def is_recent(self) -> bool:
        return time.monotonic() < self.moment + BACK_OFF_SECONDS


class Driver:
    """A module, in whichever process holds it now; with `skips_yubikeys` one that leaves YubiKeys to others."""

    def __init__(self, module: Path) -> None:
        """Nothing is started yet."""
        self.skips_yubikeys = False
        self._module = module
        self._turn = RLock()
        self._process: ModuleProcess | None = None
        self._told: dict[ListSlots, SlotList] = {}
        self._hung: _Hung | None = None

    @property
    def listing_seconds(self) -> float:
        """How long a listing waits for this module; one that hung before gets no time to be loaded in."""
        return LISTING_SECONDS if self._told or self._hung is not None else FIRST_LISTING_SECONDS

    def process(self) -> ModuleProcess:
        """The process that holds the module, a fresh one where there is none.

        Raises: LostError, ModuleRefusedError.
        """
        with self._turn:
            if self._process is None or not self._process.is_running():
                self._told.clear()
                self._process = ModuleProcess(self._module, self._environment())
                try:
                    self._process.start()
                except HungError as error:
                    self._hung = _Hung(time.monotonic(), error.how)
                    raise
            return self._process

    def list_slots(self, request: ListSlots) -> SlotList:
        """What the module shows now; while it is at work for another thread, what it showed before.

        Raises: LostError, for a while also where it hung the last time; ModuleRefusedError.
        """
        process, told = self._process, self._told.get(request)
        if process is not None and told is not None and process.is_at_work():
            return told
        if self._hung is not None and self._hung.is_recent():
            raise LostError(self._hung.how)
        process = self.process()
        try:
            told = self._told[request] = process.ask(request)
        except HungError as error:
            self._hung = _Hung(time.monotonic(), error.how)
            raise
        self._hung = None
        return told

    def end(self) -> None:
        """The process is gone, in whatever it was doing, and nothing is held against the module any more."""
        process = self._process  # without the turn: whoever has it may be waiting for this process
        if process is not None:
            process.end()
        with self._turn:
            if self._process is not None:
                self._process.end()
            self._process = self._hung = None
            self._told.clear()

    def _environment(self) -> dict[str, str]:
        """That of this process; where YubiKeys are left to others OpenSC is told so, wherever it is loaded."""
        if not self.skips_yubikeys:
            return dict(os.environ)
        ours = {name: value for name, value in os.environ.items() if name != "OPENSC_DRIVER"}
        return ours | {"OPENSC_CONF": str(_OPENSC_SETTINGS)}


_drivers: dict[Path, Driver] = {}
_registering = RLock()


def driver_of(module: Path) -> Driver:
    """The one driver of this module, under whatever name it goes."""
    with _registering:
        # one module under two names would be two processes that fight for one device
        return _drivers.setdefault(module.resolve(), Driver(module.resolve()))


def end_processes() -> None:
    """Every process is gone; the next act on a module starts a fresh one, with the environment of that moment."""
    with _registering:
        drivers = tuple(_drivers.values())
    for driver in drivers:
        driver.end()


atexit.register(end_processes)
