"""What people look at before anybody signs: the change in sentences, the keys, and one fingerprint to read aloud."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import InitVar, dataclass
from hashlib import sha256

from ceremony.core.draft import Draft
from ceremony.core.draft_rules import DRAFT_RULES, draft_case
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import Plan, instant_text
from ceremony.core.plan_rules import PLAN_RULES, PlanCase
from ceremony.core.policy import OFFLINE_ROLES, Policy
from ceremony.core.tally import Quorum, quorums_of
from ceremony.core.words import words_of


@dataclass(frozen=True, slots=True)
class Change:
    """One sentence of difference; `is_caution` marks what is allowed but deserves a second thought."""

    sentence: str
    is_caution: bool = False


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
    changes = (*_sentences(found.plan), *_cautions(found))
    return Reviewed(
        found, quorums_of(found.files), changes, tuple(_key_lines(found)), fingerprint_of(found.files), _BY_REVIEW
    )


def fingerprint_of(files: tuple[MetadataFile, ...]) -> Fingerprint:
    """The fingerprint of these payloads: SHA-256 over one line `SHA-256-hex  name` for each file, in order."""
    lines = (f"{sha256(each.payload).hexdigest()}  {each.name}\n" for each in files)
    return Fingerprint(sha256("".join(lines).encode()).digest())


def _sentences(plan: Plan) -> Iterator[Change]:
    yield Change(f"This is the first root of {plan.repository}: whoever ships it to clients decides what they trust.")
    for roles in _alike(lambda role: (plan.holders_of(role), plan.thresholds[role], plan.expires[role])):
        names = [holder.name for holder in plan.holders_of(roles[0])]
        yield Change(
            f"{_listed([f'{role} 1' for role in roles])} {'is' if len(roles) == 1 else 'are each'} signed by "
            f"{plan.thresholds[roles[0]]} of these {len(names)}: {', '.join(names)}. "
            f"{'It ends' if len(roles) == 1 else 'They end'} on {instant_text(plan.expires[roles[0]])}."
        )
    yield Change(f"Targets are spread over {plan.bins.count} bins ({plan.bins.style}), signed by the online key.")
    hours = {role: int(lifetime.total_seconds()) // 3600 for role, lifetime in plan.lifetimes.items()}
    lasting = ", ".join(f"{role} {number} h" for role, number in hours.items())
    yield Change(f"The online key also signs snapshot and timestamp. Its signatures last: {lasting}.")


def _alike(mark: Callable[[str], object]) -> tuple[tuple[str, ...], ...]:
    groups: dict[object, tuple[str, ...]] = {}
    for role in OFFLINE_ROLES:
        groups[mark(role)] = (*groups.get(mark(role), ()), role)
    return tuple(groups.values())


def _listed(words: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def _cautions(found: Draft) -> Iterator[Change]:
    plan = found.plan
    for roles in _alike(lambda role: (plan.holders_of(role), plan.thresholds[role])):
        holders, threshold = len(plan.holders_of(roles[0])), plan.thresholds[roles[0]]
        spare = holders - threshold
        keys = f"{spare} key{'s' if spare > 1 else ''} of {_listed(roles)} may be lost and the rest can still sign"
        every = f"No key of {_listed(roles)} may be lost: everybody has to sign, each time"
        yield Change(f"{keys if spare else every}; an attacker needs {threshold} of {holders}.", is_caution=not spare)
    both = [holder.name for holder in plan.keyholders if "root" in holder.roles and len(holder.roles) > 1]
    if both:
        yield Change(f"One stolen device counts in more than one role: {', '.join(both)}.", is_caution=True)
    rare = [holder.name for holder in plan.keyholders if holder.scheme == "ecdsa-sha2-nistp384"]
    if rare:
        yield Change(f"P-384 is not among the schemes every client knows: {', '.join(rare)}.", is_caution=True)
    makers = {each.maker for each in found.roster.enrolments}
    if len(makers) == 1 and not plan.is_rehearsal:
        yield Change("Every device is by one maker: one flaw may reach all of them.", is_caution=True)


def _key_lines(found: Draft) -> Iterator[KeyLine]:
    held = (found.roster.of(holder.name) for holder in found.plan.keyholders)
    for each in filter(None, held):
        yield KeyLine(each.keyholder, f"{each.model} {each.serial}", each.roles, each.keyid)
    yield KeyLine("online signer", "online key", ("bin-n", "snapshot", "timestamp"), found.plan.online_key.keyid())
