"""The compiled shim that pcscd is started with, made once on a machine for each version of its source."""

import hashlib
import os
import stat
import subprocess
import tempfile
from pathlib import Path

SOURCE = Path(__file__).with_name("pcscd_usb_shim.c")
COMPILER = ("gcc", "-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC", "-fvisibility=hidden")


def compiled_shim() -> Path:
    """The shim of this source and this compiler's command; two who need it at once both find a whole one."""
    headers = subprocess.run(["pkg-config", "--cflags", "libpcsclite"], check=True, capture_output=True, text=True)
    command = (*COMPILER, *headers.stdout.split())
    name = hashlib.sha256(SOURCE.read_bytes() + repr(command).encode()).hexdigest()
    shim = own_folder() / f"{name}.so"
    if not shim.exists():
        with tempfile.TemporaryDirectory(dir=shim.parent) as work:
            made = Path(work) / "shim.so"
            subprocess.run([*command, "-o", made, SOURCE, "-ldl"], check=True)
            made.replace(shim)
    return shim


def own_folder() -> Path:
    """A folder for temporary files that outlives the tests and that only this user can write.

    Raises: PermissionError when somebody else made it: what lies in it would be run.
    """
    folder = Path(tempfile.gettempdir()) / f"ceremony-card-lab-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise PermissionError(folder)
    return folder
