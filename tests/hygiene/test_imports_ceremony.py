"""Which libraries each program loads, looked at in a fresh interpreter."""

import subprocess
import sys

import pytest

# The library pkcs11 is not among them: securesystemslib 1.6 loads it by itself wherever it is installed.
DRIVERS = {"hsm.pkcs11_device", "hsm.software_device"}
SCREENS = {"textual"}
DATABASE = {"sqlalchemy", "sqlite3"}
CLIENT = {"tuf.ngclient", "urllib3"}


def loaded_by(statement: str) -> set[str]:
    """The modules that the statement loads; what the interpreter (or coverage in it) brought along does not count."""
    program = f"import sys\nbefore = {{*sys.modules}}\n{statement}\nprint(*{{*sys.modules}} - before)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_the_online_signer_loads_no_screens_and_no_driver() -> None:
    """Importing the daemon loads no textual and no device driver."""
    assert loaded_by("import ceremony.online.main") & (SCREENS | DRIVERS) == set()


def test_the_screens_load_no_database_and_no_driver() -> None:
    """Importing the screens loads no SQL, and no driver before its source is named."""
    assert loaded_by("import ceremony.tui.app") & (DATABASE | DRIVERS) == set()


def test_the_command_line_loads_no_screens_no_database_and_no_driver() -> None:
    """A verb of the command line starts without what only others need."""
    assert loaded_by("import ceremony.__main__") & (SCREENS | DATABASE | DRIVERS) == set()


@pytest.mark.parametrize("module", ["draft", "plan", "review", "seal", "tally", "transcript"])
def test_the_core_loads_no_device_and_no_client(module: str) -> None:
    """Importing the pure half loads nothing of the devices and no client of a repository."""
    assert loaded_by(f"import ceremony.core.{module}") & ({"hsm"} | SCREENS | DATABASE | CLIENT) == set()
