"""Importing the online signer loads no screen and no device driver."""

import subprocess
import sys

# securesystemslib loads the Python half of python-pkcs11 by itself where it is installed; its native half, which opens
# modules of devices, is loaded only by whoever uses one.
FORBIDDEN = ("textual", "pkcs11._pkcs11", "yubikit", "ykman", "smartcard", "hsm.discovery", "tuf.ngclient")


def test_the_online_signer_loads_no_screen_and_no_driver() -> None:
    """What it does not use is not in its process."""
    code = "import sys, ceremony.online.main; print(*sys.modules)"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert not {*FORBIDDEN} & {*found}
    assert not [name for name in found if name.startswith("hsm.") and name.endswith("_device")]
