"""Checking a bundle again, as a stranger would: no device, no network, nothing taken on trust."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from ceremony.core.draft import draft
from ceremony.core.other_records import is_about
from ceremony.core.plan_rules import PLAN_RULES, PlanCase
from ceremony.core.policy import Policy
from ceremony.core.review import Reviewed, fingerprint_of, review
from ceremony.core.seal import SealCase, payload_frozen, seal, signatures_own
from ceremony.core.sitting_rules import KEYHOLDER_RULES, KeyholderCase
from ceremony.core.withdrawal import STANDING_RULES
from ceremony.core.words import words_of
from ceremony.engine.attest import check_enrolment
from ceremony.engine.bundle import Bundle, bundle_digest, open_bundle
from ceremony.engine.recorded import check_recorded
from ceremony.engine.rehearsal import follow_root, workspace
from ceremony.engine.report import minutes
from ceremony.errors import CeremonyError, SettingsError, TamperedError


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked. `detail` says what was found; `error` is why it does not hold, None if it does."""

    name: str
    detail: str
    error: CeremonyError | None = None

    @property
    def ok(self) -> bool:
        """True when it holds."""
        return self.error is None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every check, in order; the first that fails ends the list."""

    path: Path
    checks: tuple[Check, ...]

    @property
    def is_good(self) -> bool:
        """True when every check holds."""
        return all(check.ok for check in self.checks)

    def as_json(self) -> dict[str, object]:
        """Plain values for machines."""
        checks = [{"name": each.name, "ok": each.ok, "detail": each.detail} for each in self.checks]
        errors = [{"kind": type(each.error).__name__, **_fields(each.error)} for each in self.checks if each.error]
        return {"path": str(self.path), "is_good": self.is_good, "checks": checks, "errors": errors}


def _fields(error: CeremonyError) -> dict[str, object]:
    fields: dict[str, object] = vars(error)
    if isinstance(error, SettingsError):
        return {**fields, "problems": [asdict(each) for each in error.problems]}
    return fields


class _Stranger:
    """Somebody who opens a bundle and believes nothing."""

    def __init__(self, path: Path, policy: Policy) -> None:
        self._path = path
        self._policy = policy
        self._bundle: Bundle
        self._reviewed: Reviewed

    def steps(self) -> list[tuple[str, Callable[[], str]]]:
        """Each check: its name, and what does it and says what it found."""
        return [
            ("every byte of the bundle is accounted for", self._open),
            ("the transcript's chain of hashes holds", self._transcript),
            ("nobody has withdrawn the ceremony", self._standing),
            (
                "every enrolment is proved by its key, and what the device's maker says of it holds",
                self._enrolments,
            ),
            ("the plan and the roster give exactly the metadata in the bundle, and it keeps every rule", self._review),
            ("every signature is by a key of its role, and verifies", self._signatures),
            ("the transcript is about this plan and these files", self._recorded),
        ]

    def release_steps(self) -> list[tuple[str, Callable[[], str]]]:
        """What is checked of a release besides."""
        return [
            ("every role has the signatures it needs", self._complete),
            ("a real client, given root 1 alone, trusts it", self._client),
            ("the minutes say what the bundle says", self._minutes),
        ]

    def has_release(self) -> bool:
        """True when the bundle that was opened is a release."""
        return self._bundle.purpose == "release"

    def _open(self) -> str:
        self._bundle = open_bundle(self._path)
        words = " ".join(words_of(bundle_digest(self._bundle))[:8])
        return f"{self._bundle.purpose} of {self._bundle.plan.id}; the first words of its manifest: {words}"

    def _transcript(self) -> str:
        transcript = self._bundle.transcript
        words = " ".join(words_of(bytes.fromhex(transcript.head))[:8])
        others = len(self._bundle.elsewhere)
        beside = f"; beside it {others} of other places, which nobody signs: anybody on the way could have written them"
        return f"{len(transcript.entries)} entries; the first words of its head: {words}{beside if others else ''}"

    def _standing(self) -> str:
        for each in (self._bundle.transcript, *self._bundle.elsewhere):
            STANDING_RULES.check(each)
        return "no transcript in it bears such a mark"

    def _enrolments(self) -> str:
        plan, enrolments = self._bundle.plan, self._bundle.roster.enrolments
        for each in enrolments:
            KEYHOLDER_RULES.check(KeyholderCase(plan, each.keyholder))
            check_enrolment(plan, each, self._bundle.before)
        attested = sum(each.attestation is not None for each in enrolments)
        return f"{len(enrolments)} enrolments, {attested} of them attested"

    def _review(self) -> str:
        # Nothing can be drafted from a plan that breaks its rules, and nobody has judged this one yet.
        PLAN_RULES.check(PlanCase(self._bundle.plan, self._policy))
        if not self.has_release() and not self._bundle.files:
            return "nothing is drafted" + (" yet" if self._bundle.purpose == "request" else "")
        self._reviewed = review(draft(self._bundle.plan, self._bundle.roster, self._bundle.before), self._policy)
        payload_frozen.check(SealCase(self._reviewed, self._bundle.files))
        return "fingerprint: " + " ".join(self._reviewed.fingerprint.words)

    def _signatures(self) -> str:
        if self._bundle.files:
            signatures_own.check(SealCase(self._reviewed, self._bundle.files))
        return f"{sum(len(each.signatures) for each in self._bundle.files)} signatures"

    def _recorded(self) -> str:
        check_recorded(self._bundle)
        plan = sha256(self._bundle.plan_text).hexdigest()
        for each in self._bundle.elsewhere:
            if not is_about(each, plan, fingerprint_of(self._bundle.files).digest.hex()):
                raise TamperedError("a transcript of another place that is about another plan or review", "elsewhere")
        return "the hashes on record are those of the files"

    def _complete(self) -> str:
        seal(self._reviewed, self._bundle.files)
        return ", ".join(f"{each.name}: {len(each.signatures)}" for each in self._bundle.files)

    def _client(self) -> str:
        with workspace() as cache:
            follow_root(seal(self._reviewed, self._bundle.files), cache)
        return "python-tuf's client went on to ask for a timestamp"

    def _minutes(self) -> str:
        if self._bundle.minutes != minutes(self._bundle):
            raise TamperedError("not the page that the bundle gives", "minutes.html")
        return "the same page, made again"


def verify(path: Path, policy: Policy) -> Verdict:
    """What a stranger finds who checks the bundle at `path`; a request is checked as far as it has come."""
    stranger = _Stranger(path, policy)
    checks: list[Check] = []
    if _all_hold(stranger.steps(), checks) and stranger.has_release():
        _all_hold(stranger.release_steps(), checks)
    return Verdict(path, tuple(checks))


def _all_hold(steps: list[tuple[str, Callable[[], str]]], checks: list[Check]) -> bool:
    for name, step in steps:
        checks.append(_checked(name, step))
        if not checks[-1].ok:
            return False
    return True


def _checked(name: str, step: Callable[[], str]) -> Check:
    try:
        return Check(name, step())
    except CeremonyError as error:
        return Check(name, "", error)
