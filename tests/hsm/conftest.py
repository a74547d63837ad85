"""What the device tests share: a table of each kind of device, and a PKCS#11 module that fails."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.bench import PINS, Kind, Table, nss_bench, softhsm_bench, software_bench
from fakes.faulty_pkcs11 import FaultyModule, build_shim, faulty_softhsm
from fakes.nss_softoken import is_installed
from fakes.pkcs11_cards import OPENSC, YKCS11, opensc_bench, ykcs11_bench
from fakes.real_yubikeys import meet_the_machines_keys, real_kind
from fakes.softhsm import softhsm
from fakes.yubikey_bench import PUKS, yubikey_bench

from hsm import DeviceKey, Pin, Scheme
from hsm.pkcs11_device import Pkcs11Device, UnlockedPkcs11Device, list_devices

KINDS = {
    "software": Kind(software_bench, is_exclusive=False),
    "softhsm": Kind(softhsm_bench),
    "nss": Kind(
        nss_bench,
        schemes=(Scheme.P256, Scheme.P384, Scheme.P521, Scheme.RSA_PSS),
        pin_is_told=False,
        has_own_serials=False,
        can_be_pulled=False,
    ),
    "ykcs11": Kind(ykcs11_bench, schemes=(Scheme.P256, Scheme.P384), makes_keys=False),
    "opensc": Kind(
        opensc_bench, schemes=(Scheme.P256, Scheme.P384, Scheme.RSA_PSS), pin_is_told=False, makes_keys=False
    ),
    "yubikey": Kind(yubikey_bench, schemes=(Scheme.P256, Scheme.P384, Scheme.ED25519), puks=PUKS),
}
MISSING = {
    lay
    for lay, is_there in ((nss_bench, is_installed()), (ykcs11_bench, YKCS11), (opensc_bench, OPENSC))
    if not is_there
}
WANTED: dict[str, Callable[[Kind], bool]] = {
    "workshop": lambda kind: kind.makes_keys,
    "pair": lambda kind: len(kind.owners) > 1,
    "loose": lambda kind: kind.can_be_pulled,
    "exclusive": lambda kind: kind.is_exclusive,
}
REAL = "--yubikey"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Real YubiKeys, for the contract suite alone, and only those whose serials are named."""
    parser.addoption(
        REAL,
        action="append",
        default=[],
        metavar="SERIAL",
        help="RESETS THE PIV APPLICATION OF THE REAL YUBIKEY WITH THIS SERIAL BEFORE EVERY TEST: ITS KEYS, "
        "CERTIFICATES AND PIN ARE LOST FOR EVER. Runs the contract suite (tests/hsm/test_any_device.py) on it, through "
        "the pcscd of this machine; somebody has to touch it. Given twice, for two keys, it runs the tests of two.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Where real keys are named, this process finds PC/SC where the machine has it, and only one process does.

    Raises: pytest.UsageError.
    """
    if not config.getoption(REAL, default=[]):
        return
    if config.getoption("numprocesses", default=None):
        raise pytest.UsageError(f"{REAL} and -n: two processes would reset one key under each other's hands")
    meet_the_machines_keys()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where real keys are in reach, nothing runs but the contract suite on those that were named."""
    if config.getoption(REAL, default=[]):
        others = [each for each in items if "table_kind" not in getattr(each, "fixturenames", ())]
        config.hook.pytest_deselected(items=others)
        items[:] = [each for each in items if each not in others]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The contract suite runs on each kind of table that a test can want, or on the real keys that are named."""
    if "table_kind" in metafunc.fixturenames:
        kinds = _real_kinds(metafunc.config.getoption(REAL, default=[])) or KINDS
        wanted = [fits for name, fits in WANTED.items() if name in metafunc.fixturenames]
        fitting = {name: kind for name, kind in kinds.items() if all(fits(kind) for fits in wanted)}
        metafunc.parametrize("table_kind", fitting.values(), ids=fitting, indirect=True)


def _real_kinds(serials: list[str]) -> dict[str, Kind]:
    if not serials:
        return {}
    try:
        return {"real yubikey": real_kind(tuple(serials))}
    except LookupError as error:
        raise pytest.UsageError(f"no YubiKey of serial {error} is plugged in") from error


@pytest.fixture
def table_kind(request: pytest.FixtureRequest) -> Kind:
    """The kind of devices on the table, of each driver in turn."""
    found: Kind = request.param
    if found.lay in MISSING:
        pytest.skip("its module is not installed")
    return found


@pytest.fixture
def bench(table_kind: Kind, tmp_path: Path) -> Iterator[Table]:
    """The table."""
    yield from table_kind.lay(tmp_path / "bench")


@pytest.fixture
def workshop(bench: Table) -> Table:
    """The table, with devices that make keys and have none yet."""
    return bench


@pytest.fixture
def pair(bench: Table) -> Table:
    """The table, with two devices on it."""
    return bench


@pytest.fixture
def loose(bench: Table) -> Table:
    """The table, with two devices that can be pulled out of it."""
    return bench


@pytest.fixture
def exclusive(bench: Table) -> Table:
    """The table, with devices that are open to one at a time."""
    return bench


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
