"""What importing the screens loads, and what it does not."""

import subprocess
import sys

# Not `pkcs11` itself: securesystemslib 1.6 imports it wherever it is installed.
FORBIDDEN = ("sqlalchemy", "starlette", "fastapi", "flask", "uvicorn", "yubikit", "ykman", "hsm.pkcs11_device")


def test_importing_the_screens_loads_no_server_no_database_and_no_driver() -> None:
    """A laptop without these packages runs the screens all the same."""
    code = f"import sys, ceremony.tui.app; print([name for name in {FORBIDDEN!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
