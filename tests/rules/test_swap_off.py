"""SWAP-OFF: nothing is swapped to a disk in a real ceremony."""

from fakes.cases import refusal

from ceremony.core.machine_rules import Machine, MachineCase, swap_off

BUSY = Machine(swaps=("first", "second"))


def test_a_quiet_machine_passes() -> None:
    """Nothing was seen of it."""
    swap_off.check(MachineCase(Machine(), is_rehearsal=False))


def test_any_machine_passes_in_a_rehearsal() -> None:
    """People practise on what they have."""
    swap_off.check(MachineCase(BUSY, is_rehearsal=True))


def test_a_busy_machine_is_refused_in_a_real_ceremony() -> None:
    """The refusal names all that was seen."""
    found = refusal(swap_off, MachineCase(BUSY, is_rehearsal=False))
    assert found.found.endswith("first, second")
