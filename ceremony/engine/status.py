"""How a ceremony stands, worked out from the bytes of its bundle."""

from dataclasses import asdict, dataclass

from ceremony.core.plan import instant_text
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.review import fingerprint_of
from ceremony.core.tally import tally
from ceremony.core.words import words_of
from ceremony.engine.bundle import Bundle


@dataclass(frozen=True, slots=True)
class RoleStatus:
    """One role: who has signed and who is missing, by name, in the order of the plan."""

    role: str
    version: int | None
    expires: str
    threshold: int
    signed: tuple[str, ...]
    missing: tuple[str, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Status:
    """One ceremony. Words are "" while there is nothing to take them from; times are UTC, as metadata writes them."""

    ceremony: str
    kind: str
    repository: str
    is_rehearsal: bool
    purpose: str
    opens: str
    closes: str
    enrolled: tuple[str, ...]
    not_enrolled: tuple[str, ...]
    roles: tuple[RoleStatus, ...]
    is_complete: bool
    fingerprint: str
    entries: int
    head: str
    head_words: str

    def as_json(self) -> dict[str, object]:
        """Plain values for machines."""
        return asdict(self)


def status_of(bundle: Bundle) -> Status:
    """How the ceremony in this bundle stands.

    Raises: TamperedError if what it holds as drafts is no metadata.
    """
    plan, roster = bundle.plan, bundle.roster
    names = [holder.name for holder in plan.keyholders]
    roles = tuple(_role(bundle, role) for role in OFFLINE_ROLES)
    head = bundle.transcript.head
    return Status(
        ceremony=plan.id,
        kind=plan.kind,
        repository=plan.repository,
        is_rehearsal=plan.is_rehearsal,
        purpose=bundle.purpose,
        opens=instant_text(plan.window.opens),
        closes=instant_text(plan.window.closes),
        enrolled=tuple(name for name in names if roster.of(name)),
        not_enrolled=tuple(name for name in names if not roster.of(name)),
        roles=roles,
        is_complete=all(role.is_complete for role in roles),
        fingerprint=" ".join(fingerprint_of(bundle.files).words) if bundle.files else "",
        entries=len(bundle.transcript.entries),
        head=head,
        head_words=" ".join(words_of(bytes.fromhex(head))),
    )


def _role(bundle: Bundle, role: str) -> RoleStatus:
    plan = bundle.plan
    standings = tally(bundle.files, bundle.quorums)
    keyids = {keyid for each in standings if each.role == role for keyid in each.signed}
    signed = {bundle.roster.holder_of(keyid) for keyid in keyids}
    names = [holder.name for holder in plan.holders_of(role)]
    return RoleStatus(
        role,
        next((each.version for each in bundle.files if each.role == role), None),
        instant_text(plan.expires[role]),
        plan.thresholds[role],
        tuple(name for name in names if name in signed),
        tuple(name for name in names if name not in signed),
        len(keyids) >= plan.thresholds[role],
    )
