"""Which libraries the device layer loads, looked at in a fresh interpreter."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOREIGN = {"pkcs11", "yubikit", "ykman", "smartcard", "tuf", "textual", "click", "rich", "ceremony"}
LIST = "from hsm.discovery import *; from pathlib import Path; find_devices(Sources({}))"


def loaded_by(statements: str) -> set[str]:
    """The names of all modules that are loaded once the statements have run."""
    program = f"{statements}\nimport sys\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(run.stdout.split())


def drivers(names: set[str]) -> set[str]:
    """Those of the names that are our drivers."""
    return {name for name in names if name.startswith("hsm.") and name.endswith("_device")}


@pytest.mark.parametrize("statements", ["import hsm", "import hsm.discovery", LIST.format("")])
def test_no_driver_is_loaded_before_its_source_is_named(statements: str) -> None:
    """Importing the layer, or a listing without sources, loads no driver and no library of one."""
    names = loaded_by(statements)
    assert drivers(names) == set()
    assert not names & FOREIGN


def test_naming_a_folder_loads_only_the_software_driver() -> None:
    """Software devices need no device library."""
    names = loaded_by(LIST.format("software_folder=Path('none')"))
    assert drivers(names) == {"hsm.software_device"}
    assert not names & FOREIGN


def test_naming_a_module_loads_only_the_pkcs11_driver() -> None:
    """A PKCS#11 source loads its driver; what speaks PKCS#11 is loaded in the module's own process, not in ours."""
    names = loaded_by(LIST.format("(Path('/none.so'),)"))
    assert drivers(names) == {"hsm.pkcs11_device"}
    assert not names & FOREIGN


def test_the_signer_is_there_when_asked_for() -> None:
    """The one public name that is loaded late is still a name of the package, and no other is."""
    assert "hsm.signer" in loaded_by("from hsm import DeviceSigner")
    with pytest.raises(subprocess.CalledProcessError):
        loaded_by("from hsm import NoSuchName")
