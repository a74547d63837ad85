"""A stranger who checks a bundle finds out what is wrong with it, and why."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from fakes.rooms import NAMES, NOW, Desk, ScriptedOperator, make_device

from ceremony.core.plan import Plan, write_plan
from ceremony.core.policy import Policy
from ceremony.core.roster import Roster
from ceremony.core.transcript import Entry, Transcript
from ceremony.core.withdrawal import WITHDREW
from ceremony.engine import questions as q
from ceremony.engine.bundle import Bundle, open_bundle, pack
from ceremony.engine.practice import make_practice
from ceremony.engine.report import minutes
from ceremony.engine.sitting import sit
from ceremony.engine.verify import Verdict, verify
from ceremony.errors import RefusedError, RehearsalError, SettingsError, StoppedError, StorageError, TamperedError

NAMES_OF_CHECKS = (
    "every byte of the bundle is accounted for",
    "the transcript's chain of hashes holds",
    "nobody has withdrawn the ceremony",
    "every enrolment is proved by its key, and what the device's maker says of it holds",
    "the plan and the roster give exactly the metadata in the bundle, and it keeps every rule",
    "every signature is by a key of its role, and verifies",
    "the transcript is about this plan and these files",
    "every role has the signatures it needs",
    "a real client, given root 1 alone, trusts it",
    "the minutes say what the bundle says",
)


def failed(verdict: Verdict) -> tuple[str, object]:
    """The check that failed, which is the last one, and why."""
    assert not verdict.is_good
    assert all(check.ok for check in verdict.checks[:-1])
    last = verdict.checks[-1]
    assert not last.ok
    assert last.detail == ""
    return last.name, last.error


def with_plan(bundle: Bundle, plan: Plan) -> Bundle:
    """The bundle about another plan."""
    return replace(bundle, plan=plan, plan_text=write_plan(plan).encode())


def lower_threshold(bundle: Bundle) -> Bundle:
    """A plan below the floor."""
    return with_plan(bundle, replace(bundle.plan, thresholds={**bundle.plan.thresholds, "root": 1}))


def no_threshold(bundle: Bundle) -> Bundle:
    """A plan out of which no metadata can be made at all."""
    return with_plan(bundle, replace(bundle.plan, thresholds={**bundle.plan.thresholds, "root": 0}))


def one_bin(bundle: Bundle) -> Bundle:
    """A number of bins that cannot be delegated."""
    return with_plan(bundle, replace(bundle.plan, bins=replace(bundle.plan.bins, count=1)))


def longer(bundle: Bundle) -> Bundle:
    """A plan that says something else than was signed."""
    expires = {**bundle.plan.expires, "root": bundle.plan.expires["root"] + timedelta(days=1)}
    return with_plan(bundle, replace(bundle.plan, expires=expires))


def unenrolled(bundle: Bundle) -> Bundle:
    """A roster without cyd."""
    return replace(bundle, roster=bundle.roster.without("cyd"))


def swapped(bundle: Bundle) -> Bundle:
    """Ann's key under bob's name."""
    ann, bob, cyd = bundle.roster.enrolments
    return replace(bundle, roster=Roster((replace(ann, keyholder="bob"), replace(bob, keyholder="ann"), cyd)))


def undrafted(bundle: Bundle) -> Bundle:
    """A release of nothing."""
    return replace(bundle, files=())


def false_signature(bundle: Bundle) -> Bundle:
    """A signature of targets stands under root."""
    root, targets, bins = bundle.files
    keyid = next(iter(targets.signatures))
    signatures = {**root.signatures, keyid: targets.signatures[keyid]}
    return replace(bundle, files=(replace(root, signatures=signatures), targets, bins))


def too_few(bundle: Bundle) -> Bundle:
    """Bins with one signature of two."""
    root, targets, bins = bundle.files
    return replace(bundle, files=(root, targets, replace(bins, signatures=dict([*bins.signatures.items()][:1]))))


def on_record(bundle: Bundle, **outputs: Mapping[str, str] | None) -> Bundle:
    """The bundle with a whole transcript, in which these actions have these outputs; None leaves the action out."""
    transcript = Transcript()
    for entry in bundle.transcript.entries:
        found = outputs.get(entry.action, entry.outputs)
        transcript = transcript if found is None else transcript.add(replace(entry, outputs=found))
    return replace(bundle, transcript=transcript)


def too_few_on_record(bundle: Bundle) -> Bundle:
    """Bins with one signature of two, and a record that says so."""
    forged = too_few(bundle)
    return on_record(forged, sealed={each.name: sha256(each.encode()).hexdigest() for each in forged.files})


def forgetful(bundle: Bundle) -> Bundle:
    """A record, whole in itself, in which nobody ever reviewed anything."""
    return on_record(bundle, reviewed=None)


def renamed(bundle: Bundle) -> Bundle:
    """Cyd's enrolment under a name that the plan does not have."""
    ann, bob, cyd = bundle.roster.enrolments
    return replace(bundle, roster=Roster((ann, bob, replace(cyd, keyholder="nobody"))))


def no_minutes(bundle: Bundle) -> Bundle:
    """A release without its minutes."""
    return replace(bundle, minutes=b"")


def other_minutes(bundle: Bundle) -> Bundle:
    """Minutes that tell another story."""
    return replace(bundle, minutes=bundle.minutes.replace(b"ann", b"bob", 1))


def later_entry(bundle: Bundle) -> Bundle:
    """A transcript that was added to, and its chain made to fit, after the minutes were made."""
    return replace(bundle, transcript=bundle.transcript.add(Entry(NOW, "seal", "", "added", "Nothing happened.")))


MARK = Entry(NOW, "withdraw", "", WITHDREW, "The ceremony is withdrawn: ann lost her device.")


def withdrawn(bundle: Bundle) -> Bundle:
    """A ceremony that was given up, and somebody made a release of it all the same."""
    marked = replace(bundle, transcript=bundle.transcript.add(MARK))
    return replace(marked, minutes=minutes(marked))


def withdrawn_elsewhere(bundle: Bundle) -> Bundle:
    """The mark is in what another place had on record."""
    there = Transcript().add(MARK)
    took = Entry(NOW, "gather", "", "took response", "", inputs={"response": "5" * 64, "transcript": there.head})
    marked = replace(bundle, transcript=bundle.transcript.add(took), elsewhere=(there,))
    return replace(marked, minutes=minutes(marked))


@pytest.mark.parametrize(
    ("forge", "check", "error", "why"),
    [
        (withdrawn, 2, RefusedError, "CEREMONY-WITHDRAWN"),
        (withdrawn_elsewhere, 2, RefusedError, "CEREMONY-WITHDRAWN"),
        (swapped, 3, TamperedError, "the enrolment of bob"),
        (renamed, 3, RefusedError, "KEYHOLDER-PLANNED"),
        (lower_threshold, 4, RefusedError, "THRESHOLD-FLOOR"),
        (no_threshold, 4, RefusedError, "THRESHOLD-FLOOR"),
        (one_bin, 4, RefusedError, "BINS-COUNT"),
        (longer, 4, RefusedError, "PAYLOAD-FROZEN"),
        (unenrolled, 4, RefusedError, "ENROLMENT-COMPLETE"),
        (undrafted, 4, RefusedError, "PAYLOAD-FROZEN"),
        (false_signature, 5, RefusedError, "SIGNATURES-OWN"),
        (too_few, 6, TamperedError, "transcript.jsonl"),
        (too_few_on_record, 7, RefusedError, "ROLE-COMPLETE"),
        (forgetful, 6, TamperedError, "transcript.jsonl"),
        (no_minutes, 9, TamperedError, "minutes.html"),
        (other_minutes, 9, TamperedError, "minutes.html"),
        (later_entry, 9, TamperedError, "minutes.html"),
    ],
    ids=lambda value: value.__name__ if callable(value) else str(value),
)
def test_a_forged_release_fails_the_check_of_its_kind(  # noqa: PLR0913, PLR0917  # a row of the table above
    finished: Desk, tmp_path: Path, forge: Callable[[Bundle], Bundle], check: int, error: type[Exception], why: str
) -> None:
    """Under a manifest that fits, so that only this check can notice; and the verdict says why."""
    pack(forge(open_bundle(finished.release)), tmp_path / "forged")

    name, found = failed(verify(tmp_path / "forged", Policy()))

    assert name == NAMES_OF_CHECKS[check]
    assert isinstance(found, error)
    assert getattr(found, "rule", "") == why or getattr(found, "where", "") == why


def test_a_good_release_passes_every_check(finished: Desk) -> None:
    """Each says what it found."""
    verdict = verify(finished.release, Policy())

    assert verdict.is_good
    assert tuple(check.name for check in verdict.checks) == NAMES_OF_CHECKS
    assert all(check.detail for check in verdict.checks)
    assert "1.root.json: 3" in verdict.checks[7].detail


def test_a_changed_byte_fails_the_first_check(finished: Desk, tmp_path: Path) -> None:
    """Before anything in the bundle is believed."""
    copy = Path(shutil.copytree(finished.release, tmp_path / "copy"))
    (copy / "roster.json").write_bytes((copy / "roster.json").read_bytes() + b" ")

    name, error = failed(verify(copy, Policy()))

    assert name == NAMES_OF_CHECKS[0]
    assert isinstance(error, TamperedError)
    assert error.where == "roster.json"


def test_no_bundle_fails_the_first_check(tmp_path: Path) -> None:
    """With the system's own word."""
    name, error = failed(verify(tmp_path / "nowhere", Policy()))

    assert name == NAMES_OF_CHECKS[0]
    assert isinstance(error, StorageError)


def test_a_tighter_policy_than_the_ceremony_s_is_not_kept(finished: Desk) -> None:
    """A stranger has a policy of his own."""
    name, error = failed(verify(finished.release, Policy(threshold_floor=3)))

    assert name == NAMES_OF_CHECKS[4]
    assert isinstance(error, RefusedError)


def test_a_release_whose_root_has_ended_is_trusted_by_no_client(tmp_path: Path) -> None:
    """Everything else about it still holds."""
    then = NOW - timedelta(days=1200)
    done = at_another_time(tmp_path, then)
    request = open_bundle(done.bundle)
    pack(replace(request, purpose="release"), tmp_path / "old")

    name, error = failed(verify(tmp_path / "old", Policy()))

    assert name == NAMES_OF_CHECKS[8]
    assert isinstance(error, RehearsalError)
    assert "expired" in error.reason


def at_another_time(folder: Path, moment: datetime) -> Desk:
    """A desk at which everybody has signed at that moment; the sitting ended there."""
    practice = make_practice(folder / "practice", NAMES, 2, moment, make_device)
    found = Desk(folder, practice, ScriptedOperator(practice.pins, folder / "release"), lambda: moment)
    with pytest.raises(RehearsalError):
        sit(found.room, found.agenda())
    return found


@pytest.mark.parametrize("kind", [q.RollCall, q.PlugIn, q.ReviewPage, q.TypeWords, q.ChoosePlace])
def test_a_request_is_checked_as_far_as_it_has_come(table: Desk, kind: type) -> None:
    """Wherever a sitting was left, nothing is wrong with what is there."""

    def stop(question: q.Question[object]) -> object:
        raise StoppedError(question.person, question.step)

    table.operator.answers = {kind: stop}
    with pytest.raises(StoppedError):
        sit(table.room, table.agenda())

    verdict = verify(table.bundle, Policy())

    assert verdict.is_good
    assert tuple(check.name for check in verdict.checks) == NAMES_OF_CHECKS[:7]


def test_a_verdict_is_plain_json(finished: Desk) -> None:
    """A good one has no errors."""
    found = json.loads(json.dumps(verify(finished.release, Policy()).as_json()))

    assert found["is_good"] is True
    assert found["errors"] == []
    assert [check["name"] for check in found["checks"]] == list(NAMES_OF_CHECKS)


def test_a_bad_verdict_is_plain_json_too(finished: Desk, tmp_path: Path) -> None:
    """The kind of error with its fields, the problems of a plan among them."""
    bundle = open_bundle(finished.release)
    pack(replace(bundle, plan_text=bundle.plan_text + b"\n[surprise]\n"), tmp_path / "forged")

    verdict = verify(tmp_path / "forged", Policy())
    found = json.loads(json.dumps(verdict.as_json()))

    assert isinstance(verdict.checks[-1].error, SettingsError)
    assert found["is_good"] is False
    assert found["errors"][0]["kind"] == "SettingsError"
    assert found["errors"][0]["problems"][0]["field"] == "surprise"
