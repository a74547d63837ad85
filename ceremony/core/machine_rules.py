"""The rules that the ceremony's machine keeps, judged on what was seen of it."""

from dataclasses import dataclass

from ceremony.core.rules import Objection, RuleBook


@dataclass(frozen=True, slots=True)
class Machine:
    """What was seen of a machine: network interfaces that are up (loopback aside), and swap areas in use."""

    interfaces_up: tuple[str, ...] = ()
    swaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MachineCase:
    """A machine on which a ceremony is to be held."""

    machine: Machine
    is_rehearsal: bool


MACHINE_RULES: RuleBook[MachineCase] = RuleBook()


@MACHINE_RULES.rule("AIR-GAP", "PEP 458, Managing offline keys: an air-gapped computer")
def air_gap(case: MachineCase) -> None:
    """Outside rehearsals no network interface is up."""
    if case.machine.interfaces_up and not case.is_rehearsal:
        raise Objection(f"the network on {', '.join(case.machine.interfaces_up)}", "no network at all")


@MACHINE_RULES.rule("SWAP-OFF", "PEP 458, Managing offline keys: no data persists")
def swap_off(case: MachineCase) -> None:
    """Outside rehearsals no memory is swapped to a disk, where a PIN would outlive the ceremony."""
    if case.machine.swaps and not case.is_rehearsal:
        raise Objection(f"swap on {', '.join(case.machine.swaps)}", "no swap")
