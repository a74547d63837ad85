"""What a plan is made from that follows another ceremony: its release, and what differs from it so far."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ceremony.core.before import Before
from ceremony.core.changes import Change, listed
from ceremony.core.delegation_changes import delegation_changes
from ceremony.core.incident_changes import incident_changes
from ceremony.core.kept_plan import kept_plan, usual_lifetime
from ceremony.core.left_roles import next_version
from ceremony.core.plan import Keyholder, Plan, instant_text
from ceremony.core.plan_after import (
    changed_roles,
    foreseen,
    with_ends,
    with_keyholder,
    with_new_device,
    without_keyholder,
)
from ceremony.core.project_changes import project_changes
from ceremony.core.trusted_rules import SHOWN_RULES, ShownBundle
from ceremony.engine.batch import Batch, claiming
from ceremony.engine.bundle import open_bundle
from ceremony.engine.own import after


@dataclass(frozen=True, slots=True)
class Following:
    """What a plan follows: what is trusted once the last release is, the plan of that release, and the time now.

    `batch` are projects that enter a delegation in this ceremony, `leaving_projects` the names of those that leave it.
    """

    before: Before
    last: Plan
    now: datetime
    batch: Batch | None = None
    leaving_projects: tuple[str, ...] = ()

    @property
    def changes_projects(self) -> bool:
        """Whether projects enter a delegation, or leave it."""
        return self.batch is not None or bool(self.leaving_projects)

    def kept(self, kind: str) -> Plan:
        """The plan of this kind that keeps everything, with which the conversation begins; projects enter and leave."""
        found = kept_plan(self.before, self.last, kind, self.now)
        return self.resigned(found) if self.changes_projects else found

    def coming(self, plan: Plan) -> tuple[str, ...]:
        """Who is in this plan and was not in the last one."""
        return tuple(each.name for each in plan.keyholders if each.name not in self._names)

    def replaced(self, plan: Plan) -> tuple[str, ...]:
        """Who was in the last plan and does not keep the key."""
        return tuple(each.name for each in plan.keyholders if each.name in self._names and not each.keyid)

    def leaving(self, plan: Plan) -> tuple[str, ...]:
        """Who was in the last plan and is not in this one."""
        staying = {each.name for each in plan.keyholders}
        return tuple(name for name in self._names if name not in staying)

    def differences(self, plan: Plan) -> Iterator[Change]:
        """What the plan changes, one sentence each, and then what is signed anew."""
        by_name = {each.name: each for each in plan.keyholders}
        changed = [f"{name} comes, and signs {listed(by_name[name].roles)}." for name in self.coming(plan)]
        changed += [f"{name} gets another device{self._without(name)}" for name in self.replaced(plan)]
        changed += [f"{name} leaves{self._without(name)}" for name in self.leaving(plan)]
        for role, before in self.last.thresholds.items():
            if plan.thresholds.get(role, before) != before:
                changed.append(f"{role} needs {plan.thresholds[role]} signatures; before, {before}.")
        yield from incident_changes(plan, self.before)
        yield from map(Change, changed)
        yield from self._below(plan)
        if plan.kind != "refresh" and not self._changed(plan):
            yield Change("Nothing changes but versions and ends: a refresh would do.")
        ends = (f"{role} {self.version(role)} until {instant_text(end)}" for role, end in plan.expires.items())
        yield Change(f"Signed anew: {', '.join(ends)}. All else stays as it is.")

    def with_people(self, plan: Plan, coming: Sequence[str], replaced: Sequence[str], leaving: Sequence[str]) -> Plan:
        """The plan with these differences from the last one; what was said of people who are still among them stays."""
        said = {each.name: each for each in plan.keyholders if not each.keyid}
        changed = replace(plan, keyholders=self.kept(plan.kind).keyholders)
        for name in replaced:
            changed = with_new_device(changed, name, said[name].device if name in said else "")
        for name in leaving:
            changed = without_keyholder(changed, name)
        for name in coming:
            changed = with_keyholder(changed, said.get(name, Keyholder(name, plan.offline_roles)))
        return self.resigned(changed)

    def resigned(self, plan: Plan) -> Plan:
        """The plan that signs anew what has to be, and no more; where nothing has to be, what its kind is about.

        Projects enter the delegation that it names, or else the usual one, as soon as there is one.
        """
        plan = claiming(plan, self.batch, self.leaving_projects)
        return self.signed(plan, self._changed(plan) or ("targets" if plan.kind == "delegation" else "root",))

    def signed(self, plan: Plan, roles: Sequence[str]) -> Plan:
        """The plan that signs these roles anew; those that it signed already end as it says."""
        usual = {role: plan.window.closes + usual_lifetime(self.last, role) for role in roles}
        return with_ends(plan, {role: plan.expires.get(role, end) for role, end in usual.items()})

    def version(self, role: str) -> int:
        """The version that this role gets when it is signed anew."""
        return next_version(role, self.before)

    def device_now(self, name: str) -> str:
        """The serial of the device that this keyholder has by the last release, "" for none."""
        enrolment = self.before.roster.of(name)
        return enrolment.serial if enrolment else ""

    def _changed(self, plan: Plan) -> tuple[str, ...]:
        # Of a batch every project but the first is left out: which roles change is the same, and thousands take long.
        projects = self.batch.projects[:1] if self.batch else ()
        return changed_roles(plan, self.before, projects)

    def _below(self, plan: Plan) -> Iterator[Change]:
        """What changes below root, as the review is going to say it."""
        found = foreseen(plan, self.before, self.batch.projects if self.batch else ())
        yield from (*delegation_changes(found, self.before), *project_changes(found))
        if plan.bins != self.last.bins:
            was = f"{self.last.bins.count} ({self.last.bins.style})"
            yield Change(f"Targets are spread over {plan.bins.count} bins ({plan.bins.style}); before, over {was}.")
        if plan.online_key.keyid() != self.last.online_key.keyid():
            yield Change("The online signer gets another key: the one it has now signs nothing any more.")

    def _without(self, name: str) -> str:
        serial = self.device_now(name)
        return f": {serial} signs nothing after this." if serial else "."

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.last.keyholders)


def read_following(
    release: Path, now: datetime, batch: Batch | None = None, leaving: tuple[str, ...] = ()
) -> Following:
    """What follows the release in this folder, and which projects enter and leave.

    Raises: RefusedError (TRUSTED-RELEASE) for a bundle that is none, or by a rule of what is trusted; TamperedError;
    SettingsError; StorageError.
    """
    bundle = open_bundle(release)
    SHOWN_RULES.check(ShownBundle(bundle.purpose))
    return Following(after(bundle), bundle.plan, now, batch, leaving)
