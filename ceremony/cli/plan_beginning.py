"""The conversation about a first ceremony: its questions, and the projects that are there from the beginning."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ceremony.cli.plan_delegation_questions import (
    claims_question,
    delegations_question,
    questions_about,
    threshold_question,
)
from ceremony.cli.plan_questions import BINS_QUESTIONS, LIFETIME_QUESTIONS, PlanQuestion, first_questions
from ceremony.core.plan import Plan
from ceremony.engine.batch import Batch, claiming


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a first plan is made from besides answers: a batch of projects, None for none."""

    batch: Batch | None = None

    def questions(self, plan: Plan) -> tuple[PlanQuestion, ...]:
        """Every question, in order; for each delegation that the plan has now there are some."""
        return (*first_questions(plan), *self._delegations(plan), *BINS_QUESTIONS, *LIFETIME_QUESTIONS)

    def _delegations(self, plan: Plan) -> Iterator[PlanQuestion]:
        yield delegations_question(self._settled)
        for each in plan.delegations:
            yield from questions_about(each.name, self._settled, may_come=False)
            yield from () if each.is_online else (threshold_question(each.name, self._settled),)
        if plan.claims and sum(not each.is_online for each in plan.delegations) > 1:
            yield claims_question(self._settled)

    def _settled(self, plan: Plan) -> Plan:
        """The plan in which every role ends, a new one as bins do, and the batch enters the usual delegation."""
        ends = {role: plan.expires.get(role, plan.expires["bins"]) for role in plan.offline_roles}
        return claiming(replace(plan, expires=ends), self.batch, ())
