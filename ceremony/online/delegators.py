"""Who delegates to a project: a role that keyholders sign, and then that one alone, or registrations of this signer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tuf.api.metadata import Targets

from ceremony.core.delegating import delegate_projects
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.projects import project_role
from ceremony.core.signed import targets_of
from ceremony.core.tree import Tree, roles_below
from ceremony.core.upload_rules import UPLOAD_RULES, UploadCase, upload_claimed, upload_signed
from ceremony.errors import RefusedError
from ceremony.online.project_files import Upload
from ceremony.online.projects import Registration

Entry = tuple[Targets, Registration | None]
"""What delegates to a project, and the registration that it comes from; None where keyholders signed it."""


@dataclass(frozen=True, slots=True)
class Delegators:
    """`offline` goes from a project's role to the metadata that delegates to it; `live` are all registrations."""

    offline: Mapping[str, Targets]
    live: Sequence[Registration]

    def is_claimed(self, name: str) -> bool:
        """True when keyholders delegate to this project."""
        return project_role(name) in self.offline

    def of(self, name: str) -> tuple[Entry, ...]:
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


def judge(
    file: MetadataFile, entries: Sequence[Entry], last: int, now: datetime
) -> tuple[UploadCase, Registration | None]:
    """The case of this file under the first of these entries, of which there is one at least, that takes it.

    `last` is the version before it.
    Raises: RefusedError by a rule of UPLOAD_RULES, the one that comes last in the book if each entry has its own.
    """
    refusals = []
    for delegator, registration in entries:
        case = UploadCase(file, delegator, last, now)
        try:
            UPLOAD_RULES.check(case)
        except RefusedError as error:
            refusals.append(error)
        else:
            return case, registration
    order = [rule.name for rule in UPLOAD_RULES.rules]
    raise max(refusals, key=lambda each: order.index(each.rule))


def standing(upload: Upload, entries: Sequence[Entry]) -> Entry | None:
    """The entry under which clients take this upload, the newest of its project, or will once it is published.

    None where they take it under none of these: other keys count by now, or nobody is sent to the project yet.
    """
    # Published metadata begins no registration: the next upload does.
    could = (each for each in entries if upload.is_waiting or each[1] is None or each[1].is_delegated)
    return next((each for each in could if _is_signed(upload.file, each[0])), None)


def _is_signed(file: MetadataFile, delegator: Targets) -> bool:
    case = UploadCase(file, delegator, 0, datetime.min.replace(tzinfo=UTC))
    try:
        upload_claimed.check(case)
        upload_signed.check(case)
    except RefusedError:
        return False
    return True
