"""What people look at before anybody signs: the change in sentences, the keys, and one fingerprint to read aloud."""

from collections.abc import Iterator
from dataclasses import InitVar, dataclass
from hashlib import sha256

from ceremony.core.changes import Change, device_cautions, plan_cautions, plan_changes
from ceremony.core.draft import Draft
from ceremony.core.draft_rules import DRAFT_RULES, draft_case
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan_rules import PLAN_RULES, PlanCase
from ceremony.core.policy import Policy
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
    """The draft, reviewed: every rule for its plan and its bytes holds.

    Raises: RefusedError for the first rule that does not; TamperedError if a payload cannot be parsed.
    """
    PLAN_RULES.check(PlanCase(found.plan, policy))
    DRAFT_RULES.check(draft_case(found, policy))
    changes = (*plan_changes(found.plan), *plan_cautions(found.plan), *device_cautions(found))
    return Reviewed(
        found, quorums_of(found.files), changes, tuple(_key_lines(found)), fingerprint_of(found.files), _BY_REVIEW
    )


def fingerprint_of(files: tuple[MetadataFile, ...]) -> Fingerprint:
    """The fingerprint of these payloads: SHA-256 over one line `SHA-256-hex  name` for each file, in order."""
    lines = (f"{sha256(each.payload).hexdigest()}  {each.name}\n" for each in files)
    return Fingerprint(sha256("".join(lines).encode()).digest())


def _key_lines(found: Draft) -> Iterator[KeyLine]:
    held = (found.roster.of(holder.name) for holder in found.plan.keyholders)
    for each in filter(None, held):
        yield KeyLine(each.keyholder, f"{each.model} {each.serial}", each.roles, each.keyid)
    yield KeyLine("online signer", "online key", ("bin-n", "snapshot", "timestamp"), found.plan.online_key.keyid())
