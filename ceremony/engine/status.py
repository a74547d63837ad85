"""How a ceremony stands, worked out from the bytes of its bundle: who has signed under which keys, and who has not."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from ceremony.core.plan import instant_text
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.review import fingerprint_of
from ceremony.core.roster import Enrolment
from ceremony.core.signers import signers_of
from ceremony.core.tally import Standing, tally
from ceremony.core.words import words_of
from ceremony.engine.bundle import Bundle


@dataclass(frozen=True, slots=True)
class SignerStatus:
    """One key of a quorum. Name and device are "" where nobody is on record for it.

    `leaves` marks a key that counts a last time, under the trusted root alone.
    """

    name: str
    device: str
    keyid: str
    has_signed: bool
    leaves: bool


@dataclass(frozen=True, slots=True)
class QuorumStatus:
    """How far one quorum has come; `by` names the metadata that says who it is, such as `root 1`."""

    role: str
    by: str
    threshold: int
    progress: str
    is_complete: bool
    signers: tuple[SignerStatus, ...]


@dataclass(frozen=True, slots=True)
class RoleStatus:
    """One role that the ceremony signs: who has signed and who is missing, by name, in the order of the plan.

    It is complete when each of its quorums is.
    """

    role: str
    version: int | None
    expires: str
    threshold: int
    signed: tuple[str, ...]
    missing: tuple[str, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Status:
    """One ceremony. Words are "" while there is nothing to take them from; times are UTC, as metadata writes them.

    `roles` are those that get a new version; `quorums` are there once something is drafted: root has two if it follows
    a root, the old one first.
    """

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
    quorums: tuple[QuorumStatus, ...]
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
    standings = tally(bundle.files, bundle.quorums)
    roles = tuple(_role(bundle, role, standings) for role in OFFLINE_ROLES if role in plan.expires)
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
        quorums=tuple(_quorum(bundle, each) for each in standings),
        is_complete=all(role.is_complete for role in roles),
        fingerprint=" ".join(fingerprint_of(bundle.files).words) if bundle.files else "",
        entries=len(bundle.transcript.entries),
        head=head,
        head_words=" ".join(words_of(bytes.fromhex(head))),
    )


def _role(bundle: Bundle, role: str, standings: tuple[Standing, ...]) -> RoleStatus:
    plan = bundle.plan
    own = [each for each in standings if each.role == role]
    signed = {bundle.roster.holder_of(keyid) for each in own for keyid in each.signed}
    names = [holder.name for holder in plan.holders_of(role)]
    return RoleStatus(
        role,
        next((each.version for each in bundle.files if each.role == role), None),
        instant_text(plan.expires[role]),
        plan.thresholds[role],
        tuple(name for name in names if name in signed),
        tuple(name for name in names if name not in signed),
        bool(own) and all(each.is_complete for each in own),
    )


def _quorum(bundle: Bundle, standing: Standing) -> QuorumStatus:
    return QuorumStatus(
        standing.role,
        standing.by,
        standing.threshold,
        standing.progress,
        standing.is_complete,
        tuple(_signers(bundle, standing)),
    )


def _signers(bundle: Bundle, standing: Standing) -> Iterator[SignerStatus]:
    """Those on record first, in the order in which they are asked to sign."""
    signers = signers_of(bundle.plan, bundle.roster, bundle.before)
    known = {each.enrolment.keyid: each for each in signers if each.enrolment is not None}
    order = [*known]
    every = (*standing.signed, *standing.missing)
    for keyid in sorted(every, key=lambda each: order.index(each) if each in known else len(order)):
        signer = known.get(keyid)
        yield SignerStatus(
            signer.holder.name if signer else "",
            _device(signer.enrolment) if signer and signer.enrolment else "",
            keyid,
            has_signed=keyid in standing.signed,
            leaves=signer is not None and signer.leaves,
        )


def _device(found: Enrolment) -> str:
    return f"{found.model} {found.serial}"
