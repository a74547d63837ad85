"""The end of signing: every role complete, every byte as it was reviewed."""

from dataclasses import InitVar, dataclass

from ceremony.core.metadata_file import MetadataFile
from ceremony.core.review import Reviewed
from ceremony.core.rules import Objection, RuleBook
from ceremony.core.tally import tally


@dataclass(frozen=True, slots=True)
class SealCase:
    """Signed files beside what was reviewed."""

    reviewed: Reviewed
    files: tuple[MetadataFile, ...]


SEAL_RULES: RuleBook[SealCase] = RuleBook()


@SEAL_RULES.rule("PAYLOAD-FROZEN", "what was reviewed is what is signed")
def payload_frozen(case: SealCase) -> None:
    """The files carry the very payloads that were reviewed: the same roles, versions and bytes."""
    reviewed = [(each.role, each.version, each.payload) for each in case.reviewed.draft.files]
    if [(each.role, each.version, each.payload) for each in case.files] != reviewed:
        raise Objection("other bytes than those reviewed", "the payloads as they were reviewed")


@SEAL_RULES.rule("ROLE-COMPLETE", "TUF 5.3.4, 5.6.3")
def role_complete(case: SealCase) -> None:
    """Every quorum of every role has as many valid signatures as it needs."""
    for standing in tally(case.files, case.reviewed.quorums):
        if not standing.is_complete:
            raise Objection(
                f"{standing.role}: {len(standing.signed)} of {standing.threshold} signatures", "all that it needs"
            )


@SEAL_RULES.rule("SIGNATURES-OWN", "TUF 4.2: signatures by keys of the role")
def signatures_own(case: SealCase) -> None:
    """No file carries a signature that does not count: all are valid, and by keys of the role."""
    signed = {
        (standing.role, keyid) for standing in tally(case.files, case.reviewed.quorums) for keyid in standing.signed
    }
    for file in case.files:
        stray = [keyid for keyid in file.signatures if (file.role, keyid) not in signed]
        if stray:
            raise Objection(f"a signature of {file.role} by key {stray[0][:16]} that does not count", "none such")


_BY_SEAL = object()


@dataclass(frozen=True, slots=True)
class Sealed:
    """Complete, verified metadata: only `seal` makes one, and only this can be delivered."""

    reviewed: Reviewed
    files: tuple[MetadataFile, ...]
    made_by: InitVar[object]

    def __post_init__(self, made_by: object) -> None:
        if made_by is not _BY_SEAL:
            raise TypeError("only seal() makes a Sealed")


def seal(reviewed: Reviewed, files: tuple[MetadataFile, ...]) -> Sealed:
    """The signed files, sealed.

    Raises: RefusedError (PAYLOAD-FROZEN, ROLE-COMPLETE, SIGNATURES-OWN).
    """
    SEAL_RULES.check(SealCase(reviewed, files))
    return Sealed(reviewed, files, _BY_SEAL)
