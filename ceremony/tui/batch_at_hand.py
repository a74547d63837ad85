"""The batch of projects that somebody named on the plan page, judged anew only where that could say something else."""

from pathlib import Path

from ceremony.core.before import Before
from ceremony.core.plan import Plan
from ceremony.core.project_rules import PROJECT_RULES, ProjectCase
from ceremony.core.projects import Project
from ceremony.engine.batch import Batch
from ceremony.errors import RefusedError


class BatchAtHand:
    """A batch and the file in which it was found; None for both where nobody has named one."""

    def __init__(self, batch: Batch | None = None, path: Path | None = None) -> None:
        self.batch = batch
        self.path = path
        self._judged: tuple[object, ...] = ()
        self._before: Before | None = None
        self._found: tuple[RefusedError, ...] = ()

    @property
    def one(self) -> tuple[Project, ...]:
        """The first of its projects: enough to tell which roles they change, and quick where there are thousands."""
        return self.batch.projects[:1] if self.batch else ()

    def problem(self, plan: Plan, before: Before | None) -> str:
        """What is wrong with the projects of this plan, in words; "" if nothing is, or if it names none."""
        wanted = plan.claims.sha256 if plan.claims else ""
        if wanted and (self.batch is None or self.batch.sha256 != wanted):
            return f"needed: the file of the batch {wanted[:16]}, then Enter"
        if self.batch is not None and self.batch.repository != plan.repository:
            return f"projects of {self.batch.repository}; wanted those of {plan.repository}"
        told = (f"{each.found}; wanted {each.wanted}" for each in self._refusals(plan, before))
        return next(told, "") if plan.claims else ""

    def _refusals(self, plan: Plan, before: Before | None) -> tuple[RefusedError, ...]:
        # Thousands of proofs take a second: a letter typed into another line does not verify them once more.
        kept = tuple(each.keyid for each in plan.keyholders)
        asked = (plan.repository, plan.delegations, plan.claims, plan.online_key, kept)
        if asked != self._judged or before is not self._before:
            projects = self.batch.projects if self.batch else ()
            self._found = PROJECT_RULES.refusals(ProjectCase(plan, projects, before))
            self._judged, self._before = asked, before
        return self._found
