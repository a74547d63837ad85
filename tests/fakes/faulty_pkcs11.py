"""A real PKCS#11 module (SoftHSM) whose answers a test spoils, one function at a time."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes.softhsm import MODULE, softhsm

SOURCE = Path(__file__).with_name("pkcs11_fault_shim.c")


@dataclass(frozen=True, slots=True)
class FaultyModule:
    """The module to load, and the file that says what it answers."""

    module: Path
    faults: Path

    def spoil(self, *lines: str) -> None:
        """From now on exactly these faults; the C source says how a line reads."""
        self.faults.write_text("".join(f"{line}\n" for line in lines))

    def is_reached(self) -> bool:
        """Whether a function that is late or hangs has been called since this was last asked."""
        try:
            self.faults.with_name(f"{self.faults.name}.reached").unlink()
        except FileNotFoundError:
            return False
        return True


def build_shim(folder: Path) -> Path:
    """The compiled shim, in `folder`."""
    shim = folder / "pkcs11_fault_shim.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", shim, SOURCE, "-ldl"], check=True)
    return shim


@contextmanager
def faulty_softhsm(shim: Path, folder: Path, pins: Mapping[str, str]) -> Iterator[FaultyModule]:
    """A SoftHSM with fresh tokens behind the shim, without faults at first."""
    faults = folder.with_suffix(".faults")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PKCS11_SHIM_MODULE", str(MODULE))
        patch.setenv("PKCS11_SHIM_FAULTS", str(faults))
        with softhsm(folder, pins, shim) as module:
            faulty = FaultyModule(module, faults)
            try:
                yield faulty
            finally:
                faulty.spoil()
