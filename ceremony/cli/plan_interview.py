"""The conversation that makes a plan: strict at every answer, with a way back, and a summary at the end."""

from pathlib import Path

from ceremony.cli.asking import read_line
from ceremony.cli.bins_advice import draw_advice
from ceremony.cli.desk import Desk
from ceremony.cli.drawing import plain
from ceremony.cli.plan_questions import PlanQuestion, questions_for
from ceremony.core.plan import Plan, parse_plan, write_plan
from ceremony.core.plan_rules import PLAN_RULES, PlanCase
from ceremony.core.policy import Policy
from ceremony.engine.questions import GoBack
from ceremony.errors import RefusedError, SettingsError
from ceremony.explain import explain


def interview(desk: Desk, plan: Plan) -> Plan:
    """The plan as somebody wants it, every field and every rule kept.

    Raises: StoppedError; TerminalError without a terminal.
    """
    desk.out.print(plain("Enter keeps what stands in brackets; b = back, ? = what is this, q = stop.", "dim"))
    place = 0
    while place < len(questions_for(plan)):
        try:
            plan = _asked(desk, questions_for(plan)[place], plan)
        except GoBack:
            place = max(0, place - 1)
        else:
            place += 1
    return plan


def agrees(desk: Desk, path: Path) -> bool:
    """True when somebody typed yes: the plan is to be written to `path`."""
    return read_line(desk, f"Write this plan to {path}? [y/N] ").casefold() in {"y", "yes"}


def complaint(plan: Plan, policy: Policy) -> str:
    """What is wrong with the plan, in words; "" if every field and every rule is kept."""
    try:
        parse_plan(write_plan(plan).encode(), "the plan")
        PLAN_RULES.check(PlanCase(plan, policy))
    except SettingsError as error:
        return "; ".join(f"{each.field}: found {each.found}; wanted {each.wanted}" for each in error.problems)
    except RefusedError as error:
        return f"{error.rule}: found {error.found}; wanted {error.wanted}. {explain(error).advice}"
    return ""


def _asked(desk: Desk, question: PlanQuestion, plan: Plan) -> Plan:
    if question.shows_bins_advice:
        desk.out.print(draw_advice())
    while True:
        current = question.current(plan)
        line = read_line(desk, f"{question.title} [{current}]: ")
        if line.casefold() == "b":
            raise GoBack
        if line == "?":
            desk.out.print(plain(question.explain, "italic"))
            continue
        changed, wrong = _changed(question, plan, line or current, desk.settings.policy)
        if not wrong:
            return changed
        desk.out.print(plain(wrong, "yellow"))


def _changed(question: PlanQuestion, plan: Plan, answer: str, policy: Policy) -> tuple[Plan, str]:
    try:
        changed = question.answered(plan, answer)
    except ValueError as unclear:
        return plan, f"Wanted: {unclear}."
    return changed, complaint(changed, policy)
