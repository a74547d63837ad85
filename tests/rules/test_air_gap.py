"""AIR-GAP: no network in a real ceremony."""

from fakes.cases import refusal

from ceremony.core.machine_rules import Machine, MachineCase, air_gap

BUSY = Machine(interfaces_up=("first", "second"))


def test_a_quiet_machine_passes() -> None:
    """Nothing was seen of it."""
    air_gap.check(MachineCase(Machine(), is_rehearsal=False))


def test_any_machine_passes_in_a_rehearsal() -> None:
    """People practise on what they have."""
    air_gap.check(MachineCase(BUSY, is_rehearsal=True))


def test_a_busy_machine_is_refused_in_a_real_ceremony() -> None:
    """The refusal names all that was seen."""
    found = refusal(air_gap, MachineCase(BUSY, is_rehearsal=False))
    assert found.found.endswith("first, second")
