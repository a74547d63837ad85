"""NSS's software token with a fresh database: a second PKCS#11 implementation, by other hands than SoftHSM's."""

import ctypes
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hsm.pkcs11_driver import end_processes

SOURCE = Path(__file__).with_suffix(".c")
SOFTOKEN = "libsoftokn3.so"
_PARAMETERS = (
    "configdir='sql:{folder}' certPrefix='' keyPrefix='' secmod='secmod.db' flags= "
    "dbTokenDescription='{label}' cryptoTokenDescription='crypto of {label}'"
)
# In a process of its own, since NSS is one for a whole process. Before the user has a PIN its officer needs none.
_FIRST_PIN = """
import sys, pkcs11
token = next(each for each in pkcs11.lib(sys.argv[1]).get_tokens() if each.label == sys.argv[2])
with token.open(rw=True, so_pin="") as session:
    session.init_pin(sys.stdin.read())
"""


def is_installed() -> bool:
    """Whether this machine has NSS."""
    try:
        ctypes.CDLL(SOFTOKEN)
    except OSError:
        return False
    return True


@contextmanager
def nss_tokens(folder: Path, pins: Mapping[str, str], *, says_local: bool = True) -> Iterator[tuple[Path, ...]]:
    """One module for each label of `pins`, with two tokens of one serial: the owner's, and one that keeps no keys.

    `folder` must not exist yet. NSS forgets that keys on its tokens were made there; with `says_local` it does not.
    """
    folder.mkdir()
    modules = tuple(_module(folder, label, digits, says_local=says_local) for label, digits in pins.items())
    try:
        yield modules
    finally:
        end_processes()


def _module(folder: Path, label: str, digits: str, *, says_local: bool) -> Path:
    module, database = folder / f"{label}.so", folder / label
    named = f'-DSOFTOKEN="{SOFTOKEN}"'
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", named, "-o", module, SOURCE, "-ldl"], check=True
    )
    module.with_name(f"{module.name}.parameters").write_text(_PARAMETERS.format(folder=database, label=label))
    if says_local:
        module.with_name(f"{module.name}.local").touch()
    database.mkdir()
    subprocess.run([sys.executable, "-c", _FIRST_PIN, module, label], input=digits, text=True, check=True)
    return module
