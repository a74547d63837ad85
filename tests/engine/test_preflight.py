"""The machine is judged by what the kernel shows of it."""

from pathlib import Path

import pytest

from ceremony.core.machine_rules import Machine
from ceremony.engine.preflight import look_at_machine

SWAPS = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"


def interface(folder: Path, name: str, state: str, kind: str = "1") -> None:
    """A network interface, as /sys lays it out."""
    (folder / name).mkdir(parents=True)
    (folder / name / "operstate").write_text(f"{state}\n", encoding="utf-8")
    (folder / name / "type").write_text(f"{kind}\n", encoding="utf-8")


@pytest.mark.parametrize("state", ["up", "unknown", "dormant", "testing"])
def test_an_interface_that_may_carry_anything_is_up(tmp_path: Path, state: str) -> None:
    """Wireless cards and tunnels do not say "up"."""
    interface(tmp_path / "net", "wlan0", state)

    assert look_at_machine(tmp_path / "net", tmp_path / "swaps") == Machine(("wlan0",))


@pytest.mark.parametrize("state", ["down", "notpresent", "lowerlayerdown"])
def test_an_interface_that_is_off_is_not_up(tmp_path: Path, state: str) -> None:
    """Only these three words mean it."""
    interface(tmp_path / "net", "eth0", state)

    assert look_at_machine(tmp_path / "net", tmp_path / "swaps") == Machine()


def test_the_loopback_is_no_network(tmp_path: Path) -> None:
    """Known by its kind, not by its name."""
    interface(tmp_path / "net", "lo", "unknown", "772")
    interface(tmp_path / "net", "lo2", "unknown")

    assert look_at_machine(tmp_path / "net", tmp_path / "swaps").interfaces_up == ("lo2",)


def test_interfaces_are_in_order_and_other_entries_are_none(tmp_path: Path) -> None:
    """The kernel keeps a few files among them."""
    for name in ("wlan0", "eth0", "eth1"):
        interface(tmp_path / "net", name, "up")
    (tmp_path / "net/bonding_masters").write_bytes(b"")

    assert look_at_machine(tmp_path / "net", tmp_path / "swaps").interfaces_up == ("eth0", "eth1", "wlan0")


def test_every_swap_area_is_named(tmp_path: Path) -> None:
    """One for each line below the heading."""
    (tmp_path / "swaps").write_text(f"{SWAPS}/dev/sda2 partition 1 0 -2\n/swapfile file 1 0 -3\n\n", encoding="utf-8")

    assert look_at_machine(tmp_path / "net", tmp_path / "swaps") == Machine((), ("/dev/sda2", "/swapfile"))


def test_no_swap_and_no_network_is_a_quiet_machine(tmp_path: Path) -> None:
    """Nothing to see is nothing to refuse."""
    (tmp_path / "swaps").write_text(SWAPS, encoding="utf-8")

    assert look_at_machine(tmp_path / "net", tmp_path / "swaps") == Machine()


def test_this_machine_can_be_looked_at() -> None:
    """Whatever this machine is like, looking does not fail."""
    assert isinstance(look_at_machine(), Machine)
