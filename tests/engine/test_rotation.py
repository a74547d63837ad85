"""A ceremony that follows another: keys change, dates change, and clients of every root come along."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from fakes.rooms import NOW, Desk, make_device

from ceremony.core.plan import Plan, TrustedRoot, parse_plan, write_plan
from ceremony.core.policy import Policy
from ceremony.engine import questions as q
from ceremony.engine.bundle import open_bundle
from ceremony.engine.opening import Agenda
from ceremony.engine.own import read_own
from ceremony.engine.sitting import sit
from ceremony.engine.verify import verify
from hsm import Pin


def following(release: Path, kind: str, **changes: Any) -> Plan:  # noqa: ANN401  # any field of a plan
    """A plan that keeps everything of the release but what `changes` says."""
    before = read_own(release)
    plan = open_bundle(release).plan
    kept = tuple(replace(each, keyid=before.roster.of(each.name).keyid) for each in plan.keyholders)
    root = before.trusted.root
    usual = replace(
        plan,
        id=f"the-{kind}",
        kind=kind,
        keyholders=kept,
        trusted=TrustedRoot(root.version, sha256(root.payload).hexdigest()),
    )
    return replace(usual, **changes)


def agenda(table: Desk, plan: Plan, release: Path, name: str = "second") -> Agenda:
    """The agenda of a sitting over this plan, which follows the release."""
    text = write_plan(plan).encode()
    assert parse_plan(text, "plan.toml") == plan
    return Agenda(text, "plan.toml", table.folder / name, Policy(), table.folder / f"{name} release", trusted=release)


def test_a_refresh_changes_version_and_end_alone(table: Desk) -> None:
    """And says in one line that nothing else changed."""
    sit(table.room, table.agenda())
    table.operator.asked.clear()
    later = {"root": NOW.replace(microsecond=0) + timedelta(days=500)}
    plan = following(table.release, "refresh", expires=later)

    outcome = sit(table.room, agenda(table, plan, table.release))

    assert [each.name for each in outcome.bundle.files] == ["2.root.json"]
    (page,) = (each for each in table.operator.asked if isinstance(each, q.ReviewPage))
    said = [each.sentence for each in page.reviewed.changes]
    assert "Compared byte for byte, nothing but version and end changes in root." in said
    assert verify(outcome.release, Policy()).is_good


def test_a_whole_rotation(table: Desk) -> None:
    """Root and targets anew; the bins stay, and the client of root 1 comes along."""
    sit(table.room, table.agenda())
    make_device(table.practice.devices, "practice-9", "cyd's new one", Pin("135790"))
    table.operator.pins = {**table.operator.pins, "practice-9": Pin("135790")}
    plan = following(table.release, "rotation")
    ann, bob, cyd = plan.keyholders
    ends = {role: NOW + timedelta(days=400) for role in ("root", "targets")}
    plan = replace(plan, keyholders=(ann, bob, replace(cyd, keyid="", device="practice-9")), expires=ends)
    table.operator.asked.clear()
    table.operator.answers[q.PlugIn] = lambda each: each.wanted

    outcome = sit(table.room, agenda(table, plan, table.release))

    assert [each.name for each in outcome.bundle.files] == ["2.root.json", "2.targets.json"]
    standings = {(each.role, each.by): len(each.signed) for each in table.operator.scenes[-1].standings}
    assert standings == {("root", "root 1"): 3, ("root", "root 2"): 3, ("targets", "root 2"): 3}
    (page,) = (each for each in table.operator.asked if isinstance(each, q.ReviewPage))
    said = [each.sentence for each in page.reviewed.changes]
    assert any(each.startswith("After this, cyd's software device practice-3") for each in said)
    assert any(each.startswith("From now on cyd's software device practice-9") for each in said)
    assert verify(outcome.release, Policy()).is_good
