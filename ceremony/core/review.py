"""What people look at before anybody signs: the change in sentences, the keys, and one fingerprint to read aloud."""

from collections.abc import Iterator
from dataclasses import InitVar, dataclass
from hashlib import sha256

from ceremony.core.attestation_rules import ATTESTATION_RULES, AttestationCase
from ceremony.core.changes import Change, device_cautions, plan_cautions
from ceremony.core.differences import changes_of
from ceremony.core.draft import Draft
from ceremony.core.draft_rules import DRAFT_RULES, draft_case
from ceremony.core.enrolment_rules import EnrolmentCase
from ceremony.core.incident_rules import INCIDENT_RULES
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import Keyholder
from ceremony.core.plan_rules import PLAN_RULES, PlanCase
from ceremony.core.policy import Policy
from ceremony.core.project_rules import PROJECT_RULES, ProjectCase
from ceremony.core.roster import Enrolment
from ceremony.core.roster_rules import ROSTER_RULES
from ceremony.core.succession_rules import SUCCESSION_RULES, SuccessionCase
from ceremony.core.tally import Quorum, quorums_of
from ceremony.core.words import words_of


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The SHA-256 over all payloads under review, as hex and as 32 words."""

    digest: bytes

    @property
    def words(self) -> tuple[str, ...]:
        """The 32 words, in order."""
        return words_of(self.digest)

    def pair(self, number: int) -> tuple[int, tuple[str, str]]:
        """Two neighbouring words for somebody to type: the place of the first, counted from one, and the words.

        Different numbers, up to sixteen, give different words, so that many confirmations cover the fingerprint.
        """
        first = number % 16 * 2
        return first + 1, (self.words[first], self.words[first + 1])


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One key as the review shows it: who holds it, on which device, for which roles, and four words of its keyid."""

    holder: str
    device: str
    roles: tuple[str, ...]
    keyid: str

    @property
    def words(self) -> tuple[str, ...]:
        """The first four bytes of the keyid as words."""
        return words_of(bytes.fromhex(self.keyid)[:4])


_BY_REVIEW = object()


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A draft that keeps every rule, frozen: only `review` makes one, and only its payloads can be signed."""

    draft: Draft
    quorums: tuple[Quorum, ...]
    changes: tuple[Change, ...]
    keys: tuple[KeyLine, ...]
    fingerprint: Fingerprint
    made_by: InitVar[object]

    def __post_init__(self, made_by: object) -> None:
        if made_by is not _BY_REVIEW:
            raise TypeError("only review() makes a Reviewed")


def review(found: Draft, policy: Policy) -> Reviewed:
    """The draft, reviewed: every rule holds for its plan, its bytes and its enrolments.

    Raises: RefusedError for the first rule that does not; TamperedError if a payload cannot be parsed.
    """
    PLAN_RULES.check(PlanCase(found.plan, policy))
    DRAFT_RULES.check(draft_case(found, policy))
    ROSTER_RULES.check(EnrolmentCase(found.plan, found.roster, found.before))
    for holder, enrolment in _enrolled(found):
        ATTESTATION_RULES.check(AttestationCase(holder, enrolment, found.plan.is_rehearsal))
    PROJECT_RULES.check(ProjectCase(found.plan, found.roster.projects, found.before, found.roster.enrolments))
    if found.before is not None:
        following = SuccessionCase(found, found.before)
        SUCCESSION_RULES.check(following)
        INCIDENT_RULES.check(following)
    changes = (*changes_of(found), *plan_cautions(found.plan), *device_cautions(found))
    return Reviewed(
        found,
        quorums_of(found.files, found.before.files if found.before else {}),
        changes,
        tuple(_key_lines(found)),
        fingerprint_of(found.files),
        _BY_REVIEW,
    )


def fingerprint_of(files: tuple[MetadataFile, ...]) -> Fingerprint:
    """The fingerprint of these payloads: SHA-256 over one line `SHA-256-hex  name` for each file, in order."""
    lines = (f"{sha256(each.payload).hexdigest()}  {each.name}\n" for each in files)
    return Fingerprint(sha256("".join(lines).encode()).digest())


def _key_lines(found: Draft) -> Iterator[KeyLine]:
    for _holder, each in _enrolled(found):
        yield KeyLine(each.keyholder, _device_words(each), each.roles, each.keyid)
    yield KeyLine("online signer", "online key", ("bin-n", "snapshot", "timestamp"), found.plan.online_key.keyid())


def _enrolled(found: Draft) -> Iterator[tuple[Keyholder, Enrolment]]:
    held = ((holder, found.roster.of(holder.name)) for holder in found.plan.keyholders)
    return ((holder, enrolment) for holder, enrolment in held if enrolment is not None)


def _device_words(found: Enrolment) -> str:
    attested = "not attested"
    if found.attestation is not None:
        attested = f"attested by {found.attestation.maker or 'an unknown maker'}"
    return f"{found.model} {found.serial}, firmware {found.firmware or 'unknown'}, {attested}"
