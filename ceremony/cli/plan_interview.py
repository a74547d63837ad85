"""The conversation that makes a plan: strict at every answer, with a way back, and a summary at the end."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ceremony.cli.asking import read_line
from ceremony.cli.bins_advice import draw_advice
from ceremony.cli.desk import Desk
from ceremony.cli.drawing import plain
from ceremony.cli.plan_after_questions import questions_after
from ceremony.cli.plan_beginning import Beginning
from ceremony.cli.plan_following import Following
from ceremony.cli.plan_questions import PlanQuestion
from ceremony.core.before import Before
from ceremony.core.plan import Plan, parse_plan, write_plan
from ceremony.core.plan_after import refusals_after
from ceremony.core.plan_rules import PLAN_RULES, PlanCase
from ceremony.core.policy import Policy
from ceremony.core.project_rules import PROJECT_RULES, ProjectCase
from ceremony.core.projects import Project
from ceremony.engine.questions import GoBack
from ceremony.errors import RefusedError, SettingsError
from ceremony.explain import explain


@dataclass(frozen=True, slots=True)
class Talk:
    """What a conversation is about: the questions for a plan as it is now, and every complaint about it in words.

    `complaints` are heard after each answer; `last_complaints`, which may take long to find, when all are given.
    """

    questions: Callable[[Plan], tuple[PlanQuestion, ...]]
    complaints: Callable[[Plan], tuple[str, ...]]
    last_complaints: Callable[[Plan], tuple[str, ...]] = lambda _plan: ()


def interview(desk: Desk, plan: Plan, talk: Talk) -> Plan:
    """The plan as somebody wants it, every field and every rule kept.

    An answer that breaks something is asked again at once; what was broken before it is asked for once more at the end.
    Raises: StoppedError; TerminalError without a terminal.
    """
    desk.out.print(plain("Enter keeps what stands in brackets; b = back, ? = what is this, q = stop.", "dim"))
    plan = _walked(desk, plan, talk)
    while wrong := talk.complaints(plan) or talk.last_complaints(plan):
        for each in wrong:
            desk.out.print(plain(each, "yellow"))
        plan = _walked(desk, plan, talk)
    return plan


def agrees(desk: Desk, path: Path) -> bool:
    """True when somebody typed yes: the plan is to be written to `path`."""
    return read_line(desk, f"Write this plan to {path}? [y/N] ").casefold() in {"y", "yes"}


def talk_about_beginning(policy: Policy, begun: Beginning) -> Talk:
    """The conversation about the first ceremony of a repository."""
    projects = begun.batch.projects if begun.batch else ()
    return Talk(
        begun.questions,
        lambda plan: complaints(plan, policy),
        lambda plan: _told(PROJECT_RULES.refusals(ProjectCase(plan, projects))),
    )


def talk_about_following(policy: Policy, following: Following) -> Talk:
    """The conversation about a ceremony that follows another."""
    projects, before = following.batch.projects if following.batch else (), following.before
    return Talk(
        lambda plan: questions_after(following, plan),
        lambda plan: complaints(plan, policy, before, projects[:1]),
        lambda plan: _told(PROJECT_RULES.refusals(ProjectCase(plan, projects, before))),
    )


def complaints(
    plan: Plan, policy: Policy, before: Before | None = None, projects: tuple[Project, ...] = ()
) -> tuple[str, ...]:
    """What is wrong with the plan, in words, also beside what it follows; () if every field and every rule is kept.

    Of a batch, one project in `projects` is enough to tell.
    """
    try:
        parse_plan(write_plan(plan).encode(errors="replace"), "the plan")
    except SettingsError as error:
        return tuple(f"{each.field}: found {each.found}; wanted {each.wanted}" for each in error.problems)
    return _told(_refusals(plan, policy, before, projects))


def plan_refusals(
    plan: Plan, policy: Policy, before: Before | None = None, projects: tuple[Project, ...] | None = None
) -> tuple[RefusedError, ...]:
    """Every rule that the plan breaks; what it follows is looked at once it keeps the rules for plans.

    `projects` are the batch that the plan names, None if nobody has it at hand.
    """
    found = PROJECT_RULES.refusals(ProjectCase(plan, projects, before)) if projects is not None else ()
    return (*_refusals(plan, policy, before, projects or ()), *found)


def _refusals(
    plan: Plan, policy: Policy, before: Before | None, projects: tuple[Project, ...]
) -> tuple[RefusedError, ...]:
    refusals = PLAN_RULES.refusals(PlanCase(plan, policy))
    return refusals if refusals or before is None else refusals_after(plan, before, projects)


def _told(refusals: tuple[RefusedError, ...]) -> tuple[str, ...]:
    return tuple(f"{each.rule}: found {each.found}; wanted {each.wanted}. {explain(each).advice}" for each in refusals)


def _walked(desk: Desk, plan: Plan, talk: Talk) -> Plan:
    place = 0
    while place < len(questions := talk.questions(plan)):
        try:
            plan = _asked(desk, questions[place], plan, talk)
        except GoBack:
            place = max(0, place - 1)
        else:
            place += 1
    return plan


def _asked(desk: Desk, question: PlanQuestion, plan: Plan, talk: Talk) -> Plan:
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
        changed, wrong = _changed(question, plan, line or current, talk)
        if not wrong:
            return changed
        for each in wrong:
            desk.out.print(plain(each, "yellow"))


def _changed(question: PlanQuestion, plan: Plan, answer: str, talk: Talk) -> tuple[Plan, tuple[str, ...]]:
    """The plan with this answer, and what is wrong with it now; what was wrong before, no answer here might mend."""
    try:
        changed = question.answered(plan, answer)
    except ValueError as unclear:
        return plan, (f"Wanted: {unclear}.",)
    wrong = talk.complaints(changed)
    known = {_about(each) for each in talk.complaints(plan)} if wrong else set()
    return changed, tuple(each for each in wrong if _about(each) not in known)


def _about(complaint: str) -> str:
    """The rule or the field that a complaint is about."""
    return complaint.partition(":")[0]
