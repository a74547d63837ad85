"""Who delegates to a project: a role that keyholders sign, and then that one alone, or registrations of this signer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tuf.api.metadata import Targets

from ceremony.core.delegating import delegate_projects
from ceremony.core.projects import project_role
from ceremony.core.signed import targets_of
from ceremony.core.tree import Tree, roles_below
from ceremony.online.projects import Registration


@dataclass(frozen=True, slots=True)
class Delegators:
    """`offline` goes from a project's role to the metadata that delegates to it; `live` are all registrations."""

    offline: Mapping[str, Targets]
    live: Sequence[Registration]

    def is_claimed(self, name: str) -> bool:
        """True when keyholders delegate to this project."""
        return project_role(name) in self.offline

    def of(self, name: str) -> tuple[tuple[Targets, Registration | None], ...]:
        """What delegates to this project, the newest registration first; never empty, though it may be to nobody."""
        if self.is_claimed(name):
            return ((self.offline[project_role(name)], None),)
        found = [each for each in reversed(self.live) if each.project.name == name]
        registered = ((Targets(delegations=delegate_projects(None, (each.project,))), each) for each in found)
        return tuple(registered) or ((Targets(), None),)


def delegators(tree: Tree, live: Sequence[Registration]) -> Delegators:
    """Who delegates to which project in this tree, and where these registrations hold."""
    there = [targets_of(tree.files[role]) for role in tree.before_bins if role in tree.files]
    return Delegators({project: found for found in there for project in roles_below(found)}, live)
