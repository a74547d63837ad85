"""SoftHSM with fresh tokens for one test: a configuration of its own, and no process that has read another."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from hsm.device import Device, Pin
from hsm.pkcs11_driver import end_processes
from hsm.softhsm_tokens import initialise_tokens

MODULE = next(
    (
        found.resolve()
        for found in map(Path, ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/libsofthsm2.so"))
        if found.exists()
    ),
    Path("/usr/lib/softhsm/libsofthsm2.so"),
)


@contextmanager
def softhsm(folder: Path, pins: Mapping[str, str], module: Path = MODULE) -> Iterator[Path]:
    """The path of a `module` that shows one token per label of `pins`; its process is gone before and afterwards.

    `folder` must not exist yet. `module` is SoftHSM itself, or something that stands in front of it.
    """
    configuration = initialise_tokens(folder, [(label, Pin(digits)) for label, digits in pins.items()])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(configuration))
        end_processes()  # a process has the environment of the moment when it was started
        try:
            yield module
        finally:
            end_processes()


def pull_out(folder: Path, device: Device) -> None:
    """The token of `device` is gone from the SoftHSM in `folder`, as if unplugged."""
    (token,) = (
        each for each in (folder / "tokens").iterdir() if each.name.replace("-", "").endswith(device.info.serial)
    )
    shutil.rmtree(token)
