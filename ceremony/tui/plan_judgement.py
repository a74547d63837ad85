"""A plan as it stands in the form, judged: which line is wrong, and what would be right."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ceremony.core.before import Before
from ceremony.core.plan import Plan, read_plan
from ceremony.core.plan_after import changed_roles, refusals_after
from ceremony.core.plan_rules import PLAN_RULES, PlanCase
from ceremony.core.policy import Policy
from ceremony.errors import CeremonyError, Problem, RefusedError
from ceremony.explain import explain
from ceremony.tui.batch_at_hand import BatchAtHand
from ceremony.tui.plan_form import INITIAL, Form, fields_of_form

TRUSTED = "trusted"
"""Where a problem stands with what the ceremony follows."""

CLAIMS = "claims"
"""Where a problem stands with the projects that enter or leave."""

BINS_KEPT = "BINS-KEPT"
_UNSIGNED = ("CHANGE-SIGNED", "STANDS-SIGNED", "DELEGATION-ONLY")


@dataclass(frozen=True, slots=True)
class Judgement:
    """The plan, None while it cannot be read; and what is wrong, by path, in words.

    `to_sign` are the roles that have to be signed anew, and no others; () as long as those are signed that have to be.
    `instead` is what to do about the first refusal that a line alone cannot mend.
    """

    plan: Plan | None
    problems: Mapping[str, str] = field(default_factory=dict)
    to_sign: tuple[str, ...] = ()
    instead: str = ""

    @property
    def is_good(self) -> bool:
        """True when the plan can be read and keeps every rule."""
        return self.plan is not None and not self.problems


def judge(form: Form, policy: Policy, before: Before | None = None, at_hand: BatchAtHand | None = None) -> Judgement:
    """The plan that the form gives, and every problem that can be seen now.

    `before` is what this machine trusts itself; a plan that follows something is good only beside it. A plan that names
    a batch is good only with that batch at hand.
    """
    problems: list[Problem] = []
    plan = read_plan(fields_of_form(form), problems)
    if problems:
        return Judgement(None, _by_path((it.field, _told(it)) for it in problems))
    refusals = PLAN_RULES.refusals(PlanCase(plan, policy))
    if refusals:
        return Judgement(plan, _by_path((_place(it, plan), f"{it.found}; wanted {it.wanted}") for it in refusals))
    batch = at_hand or BatchAtHand()
    found = Judgement(plan) if form.kind == INITIAL else _beside(plan, before, batch)
    wrong = batch.problem(plan, before)
    return replace(found, problems={**found.problems, CLAIMS: wrong}) if wrong else found


def _beside(plan: Plan, before: Before | None, batch: BatchAtHand) -> Judgement:
    """What is wrong with the plan beside what it follows."""
    if before is None:
        return Judgement(plan, {TRUSTED: "needed: what this machine trusts itself, then Enter"})
    try:
        refusals = refusals_after(plan, before, batch.one)
    except CeremonyError as error:
        told = explain(error)
        return Judgement(plan, {TRUSTED: f"{told.title}. {told.detail}"})
    is_unsigned = plan.kind != "refresh" and any(each.rule in _UNSIGNED for each in refusals)
    to_sign = changed_roles(plan, before, batch.one) if is_unsigned else ()
    # A form has lines where a plan has tables.
    wanted = ((it, it.wanted.replace(" under [expires]", "")) for it in refusals)
    problems = _by_path((_place(it, plan), f"{it.found}; wanted {text}") for it, text in wanted)
    instead = next((explain(each).advice for each in refusals if each.rule == BINS_KEPT), "")
    return Judgement(plan, problems, to_sign, instead)


def _told(problem: Problem) -> str:
    """The same problem for people who type a line, not a TOML file."""
    wanted = problem.wanted.replace(" in quotes", "").replace("true or false", "yes or no")
    return f"needed: {wanted}" if problem.found == "nothing" else f"{problem.found}; wanted {wanted}"


def _by_path(found: Iterable[tuple[str, str]]) -> dict[str, str]:
    problems: dict[str, str] = {}
    for path, text in found:
        problems.setdefault(path, text)
    return problems


_PLACES = {
    "WINDOW-ORDER": "window.closes",
    "THRESHOLD-FLOOR": "thresholds.{role}",
    "THRESHOLD-REACHABLE": "thresholds.{role}",
    "OFFLINE-LIFETIME": "expires.{role}",
    "ONLINE-LIFETIME": "lifetimes.{lifetime}_hours",
    "BINS-COUNT": "bins.count",
    "DEVICE-ONCE": "keyholders",
    "ONLINE-KEY-PROOF": "online_key",
    "REPOSITORY-SAME": "repository",
    "CHANGE-SIGNED": "expires.{role}",
    "STANDS-SIGNED": "expires.{role}",
    "REFRESH-ONLY": "expires.{file}",
    "DELEGATION-ONLY": "expires.root",
    "QUORUM-KEPT": "thresholds.{role}",
    BINS_KEPT: "bins.count",
}
_OF_KEYS = ("KEY-REVOKED", "ROOT-RENEWED")
_OF_HOLDERS = ("KEY-KEPT", "ENROLMENT-PLANNED", "DEVICE-OWN", "REHEARSAL-DEVICE", "KEY-INSIDE", "KEY-UNIQUE")


def _place(refusal: RefusedError, plan: Plan) -> str:
    """The field that a rule of the plan, or of what it follows, is about."""
    found = refusal.found
    if refusal.rule == "SCHEME-ALLOWED":
        return "online_key" if found.startswith("the online key") else "keyholders"
    if refusal.rule in _OF_HOLDERS:
        return _holder(found, plan)
    if refusal.rule in _OF_KEYS:
        return _key(found, plan)
    role = found.partition(":")[0].partition(" ")[0]
    if refusal.rule == "DELEGATION-SHADOW":
        return f"delegations[{[each.name for each in plan.delegations].index(role)}]"
    file = role.removesuffix(".json").rpartition(".")[2]
    return _PLACES.get(refusal.rule, TRUSTED).format(role=role, lifetime=role.replace("-", "_"), file=file)


def _holder(found: str, plan: Plan) -> str:
    """The keyholder whom these words name, by place; the list where they name none."""
    words = found.replace(":", " ")
    named = [place for place, each in enumerate(plan.keyholders) if f" {each.name} " in f" {words} "]
    return f"keyholders[{named[0]}]" if named else "keyholders"


def _key(found: str, plan: Plan) -> str:
    """The keyholder whose key these words name, by place; or the online key."""
    keyid = found.partition(",")[0].removeprefix("key ")
    kept = [place for place, each in enumerate(plan.keyholders) if keyid and each.keyid.startswith(keyid)]
    if kept:
        return f"keyholders[{kept[0]}]"
    return "online_key" if plan.online_key.keyid().startswith(keyid) else TRUSTED
