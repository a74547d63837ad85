"""What the device tests share: a bench of each driver, and a PKCS#11 module that fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.bench import PINS, Bench, softhsm_bench, software_bench
from fakes.faulty_pkcs11 import FaultyModule, build_shim, faulty_softhsm
from fakes.softhsm import softhsm

from hsm import DeviceKey, Pin, Scheme
from hsm.pkcs11_device import Pkcs11Device, UnlockedPkcs11Device, list_devices


@pytest.fixture(params=[software_bench, softhsm_bench], ids=["software", "softhsm"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """The bench, of each driver in turn."""
    yield from request.param(tmp_path / "bench")


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled fault shim."""
    return build_shim(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def faulty(shim: Path, tmp_path: Path) -> Iterator[FaultyModule]:
    """A SoftHSM with ann's and bob's tokens whose answers can be spoiled."""
    with faulty_softhsm(shim, tmp_path / "bench", PINS) as module:
        yield module


@pytest.fixture
def device(faulty: FaultyModule) -> Pkcs11Device:
    """Ann's token, behind the shim."""
    return next(each for each in list_devices(faulty.module) if each.info.label == "ann")


@pytest.fixture
def unlocked(device: Pkcs11Device) -> Iterator[UnlockedPkcs11Device]:
    """Ann's token behind the shim, unlocked."""
    with device.unlock(Pin(PINS["ann"])) as opened:
        yield opened


@pytest.fixture
def key(unlocked: UnlockedPkcs11Device) -> DeviceKey:
    """A key on ann's token."""
    return unlocked.generate("root", Scheme.P256)


@pytest.fixture
def anns(tmp_path: Path) -> Iterator[Pkcs11Device]:
    """Ann's token alone, on SoftHSM itself."""
    with softhsm(tmp_path / "softhsm", {"ann": PINS["ann"]}) as module:
        (only,) = list_devices(module)
        yield only
