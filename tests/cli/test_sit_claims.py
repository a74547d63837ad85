"""`ceremony sit` with a batch of projects: the one that the plan names, beside it or by name."""

import shutil
from pathlib import Path

import pytest
from fakes.plain_desk import Ended, desk_with, run
from fakes.projects import project
from fakes.returning_person import ReturningPerson
from fakes.rooms import Desk
from fakes.scripted_terminal import paper_console
from fakes.willing_person import WillingTerminal

from ceremony.core.plan import Plan, write_plan
from ceremony.core.plan_after import with_ends
from ceremony.core.plan_before_bins import with_names
from ceremony.core.signed import targets_of
from ceremony.engine.batch import batch_of, claiming, keep_batch
from ceremony.engine.bundle import open_bundle
from ceremony.engine.own import after
from ceremony.engine.practice import REPOSITORY, practice_delegation

BATCH = batch_of(REPOSITORY, tuple(project(name, repository=REPOSITORY) for name in ("alpha", "demo")))


@pytest.fixture
def table(first: Desk, tmp_path: Path) -> Path:
    """A folder with the devices of the first ceremony, and a plan that adds claimed and a batch to it at once."""
    folder = tmp_path / "second"
    folder.mkdir()
    shutil.copytree(first.practice.devices, folder / "devices")
    (folder / "next.toml").write_text(write_plan(planned(first)), encoding="utf-8")
    return folder


def planned(first: Desk) -> Plan:
    """The plan of that ceremony."""
    bundle = open_bundle(first.release)
    found = practice_delegation(after(bundle), bundle.plan)
    ends = found.expires
    return claiming(with_ends(with_names(found, ("claimed",)), ends), BATCH)


def seated(first: Desk, table: Path, *options: str | Path) -> Ended:
    """How the second ceremony ended."""
    paper = paper_console()
    pins = {serial: pin.secret for serial, pin in first.practice.pins.items()}
    terminal = WillingTerminal(paper, ReturningPerson(pins).answer)
    return run(desk_with(terminal, paper), "sit", table / "next.toml", "--trusted", first.release, *options)


def test_the_batch_beside_the_plan_is_taken(first: Desk, table: Path) -> None:
    """It is reviewed as it is, signed once, and stands in the release."""
    keep_batch(table / "next.toml", BATCH)
    ended = seated(first, table, "--export", table / "release")
    assert ended.status == 0, ended.err
    assert "2 projects enter claimed" in " ".join(ended.out.split())
    release = open_bundle(table / "release")
    assert release.roster.projects == BATCH.projects
    (claimed,) = [targets_of(each) for each in release.files if each.role == "claimed"]
    assert claimed.delegations is not None
    assert [*(claimed.delegations.roles or {})] == ["project-alpha", "project-demo"]


def test_a_batch_can_be_named(first: Desk, table: Path) -> None:
    """Wherever it lies."""
    (table / "elsewhere").mkdir()
    file = keep_batch(table / "elsewhere" / "plan.toml", BATCH)
    assert seated(first, table, "--claims", file, "--export", table / "release").status == 0


def test_without_the_batch_nothing_begins(first: Desk, table: Path) -> None:
    """And the rule says what is missing; another batch is no better."""
    ended = seated(first, table)
    assert (ended.status, "CLAIMS-PLANNED" in ended.err) == (3, True)
    keep_batch(table / "next.toml", batch_of(REPOSITORY, BATCH.projects[:1]))
    assert seated(first, table).status == 3
    assert not (table / "next-bundle").exists()
