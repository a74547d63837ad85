"""Which libraries the command line loads, looked at in a fresh interpreter."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOREIGN = {"textual", "sqlalchemy", "yubikit", "ykman", "smartcard"}
"""Not python-pkcs11: securesystemslib.signer (1.6) imports it by itself wherever it is installed."""


@pytest.mark.parametrize("module", ["ceremony.cli.main", "ceremony.__main__"])
def test_the_command_line_loads_no_screens_no_database_and_no_driver(module: str) -> None:
    """A verb pays only for what it uses."""
    program = f"import {module}, sys\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    names = set(run.stdout.split())
    assert names & FOREIGN == set()
    assert {name for name in names if name.startswith("hsm.") and name.endswith("_device")} == set()
    assert {name for name in names if name.startswith(("ceremony.tui", "ceremony.online"))} == set()
