"""The rules of a rehearsal that a script walks, with nobody at the keyboard."""

from dataclasses import dataclass

from ceremony.core.plan import Plan
from ceremony.core.rules import Objection, RuleBook

REHEARSAL_RULES: RuleBook[Plan] = RuleBook()


@REHEARSAL_RULES.rule("REHEARSAL-ONLY", "people decide what is signed; PEP 458, Managing offline keys")
def rehearsal_only(plan: Plan) -> None:
    """A script answers in rehearsals only: no real ceremony goes on without people."""
    if not plan.is_rehearsal:
        raise Objection(f"the real ceremony {plan.id}", "a plan marked as a rehearsal")


@dataclass(frozen=True, slots=True)
class ProgramCase:
    """A program that a rehearsal starts: its name, and the path at which it was found, "" if it was not."""

    name: str
    path: str


PROGRAM_RULES: RuleBook[ProgramCase] = RuleBook()


@PROGRAM_RULES.rule("PROGRAM-PRESENT", "a rehearsal runs the very programs of the real thing")
def program_present(case: ProgramCase) -> None:
    """A rehearsal finds the programs that it starts."""
    if not case.path:
        raise Objection(f"no program {case.name}", f"{case.name}, installed on this machine")


@dataclass(frozen=True, slots=True)
class EndedCase:
    """A program that a rehearsal started, and that ended with this exit status and these last words."""

    name: str
    status: int
    words: str


ENDED_RULES: RuleBook[EndedCase] = RuleBook()


@ENDED_RULES.rule("PROGRAM-DONE", "a rehearsal goes on only from what is done")
def program_done(case: EndedCase) -> None:
    """Every program that a rehearsal starts does what it was asked to."""
    if case.status != 0:
        raise Objection(f"{case.name} ended with status {case.status}, saying: {case.words}", "status 0")


@dataclass(frozen=True, slots=True)
class BlankCase:
    """A device that a rehearsal could use up, by its serial, and what on it is somebody's own, in words."""

    serial: str
    kept: tuple[str, ...]


BLANK_RULES: RuleBook[BlankCase] = RuleBook()


@BLANK_RULES.rule("DEVICE-BLANK", "what lies on a device cannot be brought back; nobody's own key serves for practice")
def device_blank(case: BlankCase) -> None:
    """A script practises on blank devices only: with their maker's codes, and with nothing in their slots."""
    if case.kept:
        raise Objection(f"device {case.serial} with {', '.join(case.kept)}", "a device as its maker made it")


@dataclass(frozen=True, slots=True)
class CountCase:
    """How many YubiKeys a rehearsal finds, and how many it needs."""

    found: int
    needed: int


COUNT_RULES: RuleBook[CountCase] = RuleBook()


@COUNT_RULES.rule("DEVICES-ENOUGH", "one person, one device; a threshold counts people")
def devices_enough(case: CountCase) -> None:
    """A rehearsal with YubiKeys finds one for each keyholder who is to have one."""
    if case.found < case.needed:
        raise Objection(f"YubiKeys plugged in: {case.found}", f"{case.needed}, one for each keyholder who has one")
