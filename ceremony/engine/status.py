"""How a ceremony stands, worked out from the bytes of its bundle: who has signed under which keys, and who has not."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from ceremony.core.plan import instant_text
from ceremony.core.review import fingerprint_of
from ceremony.core.roster import Enrolment
from ceremony.core.signers import signers_of, spared_keys
from ceremony.core.tally import Standing, tally
from ceremony.core.withdrawal import withdrawal
from ceremony.core.words import words_of
from ceremony.engine.bundle import Bundle
from ceremony.engine.roll_call import last_called
from ceremony.errors import PausedError


@dataclass(frozen=True, slots=True)
class SignerStatus:
    """One key of a quorum. Name and device are "" where nobody is on record for it.

    `leaves` marks a key that counts a last time, under the trusted root alone. `place` says whether its holder was
    "here" at the last roll call or "elsewhere"; "" where nobody was called yet.
    """

    name: str
    device: str
    keyid: str
    has_signed: bool
    leaves: bool
    place: str = ""


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
class AwaitedStatus:
    """A key that can still sign for a quorum that is not complete; `roles` are the roles of those quorums.

    The other fields are those of a signer.
    """

    name: str
    device: str
    keyid: str
    roles: tuple[str, ...]
    leaves: bool
    place: str

    @property
    def line(self) -> str:
        """All of it in one line: who, with what, where, and what they sign."""
        holder = self.name or f"the holder of key {self.keyid[:16]}, who is not on record"
        device = f" with {self.device}" if self.device else ""
        place = ", elsewhere" if self.place == "elsewhere" else ""
        return f"{holder}{device}{place}: {', '.join(self.roles)}{', a last time' if self.leaves else ''}"


@dataclass(frozen=True, slots=True)
class Status:
    """One ceremony. Words are "" while there is nothing to take them from; times are UTC, as metadata writes them.

    `roles` are those that get a new version; `quorums` are there once something is drafted: root has two if it follows
    a root, the old one first. `awaited` are those who still have to sign.
    `withdrawn` tells when and why the ceremony was given up, "" if it was not: then nobody is awaited.
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
    awaited: tuple[AwaitedStatus, ...] = ()
    withdrawn: str = ""

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
    roles = tuple(_role(bundle, role, standings) for role in plan.offline_roles if role in plan.expires)
    quorums = tuple(_quorum(bundle, each) for each in standings)
    mark = withdrawal(bundle.transcript)
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
        quorums=quorums,
        is_complete=all(role.is_complete for role in roles),
        fingerprint=" ".join(fingerprint_of(bundle.files).words) if bundle.files else "",
        entries=len(bundle.transcript.entries),
        head=head,
        head_words=" ".join(words_of(bytes.fromhex(head))),
        awaited=() if mark else awaited(quorums),
        withdrawn=f"{instant_text(mark.time)}: {mark.note}" if mark else "",
    )


def awaited(quorums: tuple[QuorumStatus, ...]) -> tuple[AwaitedStatus, ...]:
    """Everybody who can still sign for one of these quorums that is not complete, each key once."""
    open_for = [
        (signer, quorum.role)
        for quorum in quorums
        if not quorum.is_complete
        for signer in quorum.signers
        if not signer.has_signed
    ]
    signers = {signer.keyid: signer for signer, _role in open_for}
    roles = {keyid: dict.fromkeys(role for signer, role in open_for if signer.keyid == keyid) for keyid in signers}
    return tuple(
        AwaitedStatus(each.name, each.device, keyid, (*roles[keyid],), each.leaves, each.place)
        for keyid, each in signers.items()
    )


def paused(bundle: Bundle) -> PausedError:
    """How far the quorums of this bundle are that are not complete, and who can still sign: to be raised.

    Raises: TamperedError if what it holds as drafts is no metadata.
    """
    status = status_of(bundle)
    lacking = tuple(f"{each.role} under {each.by}: {each.progress}" for each in status.quorums if not each.is_complete)
    return PausedError(lacking, tuple(each.line for each in status.awaited), status.closes)


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
    present = last_called(bundle.transcript)
    order = [*known]
    spared = spared_keys(bundle.plan, bundle.before) if bundle.before else frozenset()
    every = (*standing.signed, *(keyid for keyid in standing.missing if keyid not in spared))
    for keyid in sorted(every, key=lambda each: order.index(each) if each in known else len(order)):
        signer = known.get(keyid)
        yield SignerStatus(
            signer.holder.name if signer else "",
            _device(signer.enrolment) if signer and signer.enrolment else "",
            keyid,
            has_signed=keyid in standing.signed,
            leaves=signer is not None and signer.leaves,
            place=_place(signer.holder.name, present) if signer else "",
        )


def _place(name: str, present: tuple[str, ...] | None) -> str:
    if present is None:
        return ""
    return "here" if name in present else "elsewhere"


def _device(found: Enrolment) -> str:
    return f"{found.model} {found.serial}".strip()
