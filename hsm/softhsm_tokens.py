"""Fresh SoftHSM tokens for a rehearsal, made by softhsm2-util, to which PINs are typed: no argument shows them."""

import os
import pty
import secrets
import select
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from hsm.device import Pin
from hsm.errors import DeviceFaultError, UnsupportedError

_TOOL = "softhsm2-util"
_PATIENCE_SECONDS = 30.0
_CONFIGURATION = """\
directories.tokendir = {tokens}
objectstore.backend = file
log.level = ERROR
"""


def initialise_tokens(folder: Path, labels_and_pins: Sequence[tuple[str, Pin]]) -> Path:
    """The configuration of a SoftHSM with one token for each label; its security officers' PINs are known to nobody.

    Whoever loads the module next sets SOFTHSM2_CONF to this path first. `folder` is made, and had no SoftHSM before.
    Raises: UnsupportedError where softhsm2-util is not installed, DeviceFaultError where it or the folder fails.
    """
    tool = shutil.which(_TOOL)
    if tool is None:
        raise UnsupportedError("softhsm", _TOOL)
    configuration = _write_configuration(folder)
    for label, pin in labels_and_pins:
        _initialise(tool, configuration, label, pin)
    return configuration


def _write_configuration(folder: Path) -> Path:
    configuration, tokens = folder / "softhsm2.conf", folder / "tokens"
    try:
        tokens.mkdir(parents=True, mode=0o700)
        configuration.write_text(_CONFIGURATION.format(tokens=tokens.absolute()))
    except OSError as error:
        raise DeviceFaultError("softhsm", type(error).__name__) from error
    return configuration


def _initialise(tool: str, configuration: Path, label: str, pin: Pin) -> None:
    officer = Pin(secrets.token_hex(16))
    ours, theirs = pty.openpty()  # the tool takes PINs from a terminal only
    try:
        process = subprocess.Popen(  # noqa: S603 - the tool's path is found above, and the label is one word of its own
            [tool, "--init-token", "--free", f"--label={label}"],
            env=os.environ | {"SOFTHSM2_CONF": str(configuration.absolute())},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        with process:
            _type_pins(process, ours, (officer, officer, pin, pin), label)
    finally:
        os.close(ours)
    if process.returncode != 0:
        raise DeviceFaultError(label, f"{_TOOL} {process.returncode}")


def _type_pins(process: subprocess.Popen[bytes], terminal: int, pins: Sequence[Pin], label: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    try:
        for pin in pins:
            _read_until(terminal, b": ", deadline)
            os.write(terminal, pin.secret.encode() + b"\n")
        _read_until(terminal, None, deadline)
    except TimeoutError as error:
        process.kill()
        raise DeviceFaultError(label, f"{_TOOL} TimeoutError") from error


def _read_until(terminal: int, prompt: bytes | None, deadline: float) -> None:
    """The tool has written something that ends in `prompt`, or has closed the terminal.

    Raises: TimeoutError.
    """
    seen = b""
    while prompt is None or not seen.endswith(prompt):
        if not select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise TimeoutError
        try:
            seen += os.read(terminal, 4096)
        except OSError:  # EIO: how Linux tells the end of a terminal
            return
