"""A ceremony that follows another, at a plain terminal: `sit`, `enrol`, `status` and `verify` with --trusted."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.people import sealed
from fakes.plain_desk import Ended, desk_with, run
from fakes.returning_person import ReturningPerson
from fakes.rooms import Desk, make_device
from fakes.scripted_terminal import paper_console
from fakes.willing_person import WillingTerminal

from ceremony.core.plan import Plan, TrustedRoot, write_plan
from ceremony.core.plan_after import changed_roles, plan_after, with_ends, with_new_device
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.engine.bundle import open_bundle
from ceremony.engine.own import after
from hsm import Pin

NEW_PIN = "135790"


@dataclass(frozen=True, slots=True)
class Table:
    """Where a second ceremony is held: a folder with its plan, the devices, and the release of the first."""

    folder: Path
    release: Path
    pins: Mapping[str, str]

    @property
    def plan(self) -> Path:
        """The plan's file."""
        return self.folder / "next.toml"

    @property
    def bundle(self) -> Path:
        """The bundle of the second ceremony."""
        return self.folder / "next-bundle"

    def write(self, plan: Plan) -> None:
        """This is the plan."""
        self.plan.write_text(write_plan(plan), encoding="utf-8")

    def kept(self, kind: str) -> Plan:
        """The plan that keeps everything, and signs every role anew."""
        last = open_bundle(self.release)
        ends = dict.fromkeys(OFFLINE_ROLES, last.plan.window.closes + timedelta(days=400))
        name = f"the-{kind}"
        return plan_after(after(last), last.plan, kind, name=name, window=last.plan.window, expires=ends)

    def rotation(self) -> None:
        """Cyd gets another device, and what has to be signed is."""
        plan = with_new_device(self.kept("rotation"), "cyd", "practice-9")
        roles = changed_roles(plan, after(open_bundle(self.release)))
        self.write(with_ends(plan, {role: plan.expires[role] for role in roles}))

    def run(self, verb: str, *arguments: str | Path, stop_at: str = "no such page") -> Ended:
        """What became of the verb over the plan."""
        paper = paper_console()
        person = ReturningPerson(self.pins, stop_at)
        return run(desk_with(WillingTerminal(paper, person.answer), paper), verb, self.plan, *arguments)

    def status(self) -> str:
        """How the second ceremony stands, on one line."""
        return " ".join(run(desk_with(), "status", self.bundle).out.split())


@pytest.fixture
def table(tmp_path: Path, first: Desk) -> Table:
    """The devices of the first ceremony and a new one for cyd, beside a plan that is to be written."""
    shutil.copytree(first.practice.devices, tmp_path / "devices")
    make_device(tmp_path / "devices", "practice-9", "cyd's new one", Pin(NEW_PIN))
    pins = {serial: pin.secret for serial, pin in first.practice.pins.items()}
    return Table(tmp_path, first.release, {**pins, "practice-9": NEW_PIN})


# ---- sit


def test_a_rotation_is_held_from_plan_to_release(table: Table) -> None:
    """Cyd signs with both devices; the release goes back to root 1, which a stranger has."""
    table.rotation()
    ended = table.run("sit", "--trusted", table.release, "--export", "second")
    assert ended.status == 0, ended.out + ended.err
    assert "root under root 1 3 (2 needed), root under root 2 3 (2 needed), targets 3 (2 needed)" in ended.out
    text = " ".join(ended.out.split())
    assert "Wanted: the device with serial practice-3" in text
    assert "Wanted: the device with serial practice-9" in text
    files = open_bundle(Path("second")).files
    assert [each.name for each in files] == ["2.root.json", "2.targets.json"]
    assert run(desk_with(), "verify", "second", "--trusted", table.release).status == 0


def test_a_refresh_is_held_from_plan_to_release(table: Table) -> None:
    """Nobody enrols; the review proves that nothing else changes."""
    table.write(table.kept("refresh"))
    ended = table.run("sit", "--trusted", table.release, "--export", "second")
    assert ended.status == 0, ended.out + ended.err
    text = " ".join(ended.out.split())
    assert "nothing but version and end changes in root, targets and bins" in text
    assert "Enrol" not in text


@pytest.mark.parametrize("kind", ["rotation", "refresh"])
def test_without_what_this_machine_trusts_nothing_begins(table: Table, kind: str) -> None:
    """People are told what to name."""
    table.write(table.kept(kind))
    ended = table.run("sit")
    assert ended.status == 3
    assert "TRUSTED-OWN" in ended.err
    assert "--trusted" in ended.err
    assert not table.bundle.exists()


def test_what_is_trusted_has_to_be_there(table: Table) -> None:
    """A mistyped path is a mistake of the command."""
    table.rotation()
    assert table.run("sit", "--trusted", "nowhere").status == 2


def test_a_plan_that_starts_from_another_root_is_refused(table: Table) -> None:
    """Of the same version, and not the one that this machine trusts; nobody signs."""
    plan = table.kept("refresh")
    table.write(replace(plan, trusted=TrustedRoot(1, "5" * 64)))
    ended = table.run("sit", "--trusted", table.release)
    assert ended.status == 3
    assert "TRUSTED-ROOT" in ended.err
    assert not table.bundle.exists()


def test_a_root_file_alone_begins_nothing(table: Table) -> None:
    """It does not tell whose key is whose: people are told before anybody makes a key."""
    table.rotation()
    root = open_bundle(table.release).files[0]
    (table.folder / "root.json").write_bytes(root.encode())
    ended = table.run("sit", "--trusted", table.folder / "root.json")
    assert ended.status == 3
    assert "KEY-KEPT" in ended.err
    assert "--trusted names the release" in " ".join(ended.err.replace("│", "").split())
    assert not table.bundle.exists()


def test_a_plan_that_leaves_out_what_it_changes_begins_nothing(table: Table) -> None:
    """Whoever edited it is told before the day is spent."""
    plan = with_new_device(table.kept("rotation"), "cyd", "practice-9")
    table.write(with_ends(plan, {"root": plan.expires["root"]}))
    ended = table.run("sit", "--trusted", table.release)
    assert ended.status == 3
    assert "CHANGE-SIGNED" in ended.err
    assert not table.bundle.exists()


def test_what_was_begun_goes_on_with_a_root_file(table: Table) -> None:
    """The bundle has the rest; the root is the machine's own."""
    table.rotation()
    stopped = table.run("sit", "--trusted", table.release, stop_at="bob, type words")
    assert stopped.status == 5
    root = open_bundle(table.release).files[0]
    (table.folder / "root.json").write_bytes(root.encode())
    ended = table.run("sit", "--trusted", table.folder / "root.json", "--export", "second")
    assert ended.status == 0, ended.err
    assert run(desk_with(), "verify", "second", "--trusted", table.folder / "root.json").status == 0


def test_what_was_begun_does_not_go_on_without(table: Table) -> None:
    """A bundle never vouches for itself, not even here."""
    table.rotation()
    table.run("sit", "--trusted", table.release, stop_at="bob, type words")
    ended = table.run("sit")
    assert ended.status == 3
    assert "TRUSTED-OWN" in ended.err


def test_somebody_enrols_away_from_the_others(table: Table) -> None:
    """With what their own machine trusts; the sitting takes it in."""
    table.rotation()
    alone = table.run("enrol", "--keyholder", "cyd", "--trusted", table.release)
    assert alone.status == 0, alone.err
    assert "cyd is enrolled: software device practice-9" in " ".join(alone.out.split())
    assert "--enrolment next-enrolment-cyd --trusted RELEASE" in " ".join(alone.out.split())
    folder = table.folder / "next-enrolment-cyd"
    ended = table.run("sit", "--trusted", table.release, "--enrolment", folder, "--export", "second")
    assert ended.status == 0, ended.out + ended.err
    assert "made elsewhere, is taken in" in " ".join(ended.out.split())


def test_whoever_keeps_a_key_has_nothing_to_enrol(table: Table) -> None:
    """And makes no folder that nobody needs."""
    table.rotation()
    ended = table.run("enrol", "--keyholder", "ann", "--trusted", table.release)
    assert ended.status == 2
    assert "nothing to enrol" in ended.plain_out
    assert not (table.folder / "next-enrolment-ann").exists()


def test_enrolling_needs_what_is_trusted_too(table: Table) -> None:
    """A plan that follows nothing that this machine knows is enrolled for by nobody."""
    table.rotation()
    ended = table.run("enrol", "--keyholder", "cyd")
    assert ended.status == 3
    assert "TRUSTED-OWN" in ended.err


# ---- status


def test_status_counts_under_the_old_root_and_the_new(table: Table) -> None:
    """Ann's one touch counts in both; of cyd's two devices each counts in one."""
    table.rotation()
    table.run("sit", "--trusted", table.release, stop_at="bob, type words")
    text = table.status()
    assert (
        "root under root 1: 1 of 2 signed: ann not yet: bob with software device practice-2 "
        "not yet: cyd with software device practice-3, a last time "
        "root under root 2: 1 of 2 signed: ann not yet: bob with software device practice-2 "
        "not yet: cyd with software device practice-9 targets 2"
    ) in text
    assert "bins" not in text
    assert "Signatures can be given until" in text


def test_status_before_anything_is_drafted_names_who_will_sign(table: Table) -> None:
    """And who is not enrolled; whoever keeps a key is."""
    table.rotation()
    table.run("sit", "--trusted", table.release, stop_at="cyd, plug in")
    text = table.status()
    assert "nothing is drafted yet; 2 of these sign it: ann, bob, cyd" in text
    assert "Not enrolled yet: cyd" in text


def test_status_for_machines_has_every_quorum(table: Table) -> None:
    """With names, devices and keyids."""
    table.rotation()
    table.run("sit", "--trusted", table.release, stop_at="bob, type words")
    found = json.loads(run(desk_with(), "status", table.bundle, "--json").plain_out)
    assert [(each["role"], each["by"], each["progress"]) for each in found["quorums"]] == [
        ("root", "root 1", "1 of 2"),
        ("root", "root 2", "1 of 2"),
        ("targets", "root 2", "1 of 2"),
    ]
    old, new = (each["signers"][-1] for each in found["quorums"][:2])
    assert (old["name"], old["device"], old["leaves"]) == ("cyd", "software device practice-3", True)
    assert (new["name"], new["device"], new["leaves"]) == ("cyd", "software device practice-9", False)
    assert [each["role"] for each in found["roles"]] == ["root", "targets"]
    assert found["is_complete"] is False


# ---- verify


@pytest.fixture
def second(table: Table) -> Path:
    """The release of a refresh."""
    table.write(table.kept("refresh"))
    ended = table.run("sit", "--trusted", table.release, "--export", "second")
    assert ended.status == 0, ended.out + ended.err
    return Path("second").absolute()


def test_a_release_is_verified_beside_what_somebody_has(second: Path, table: Table) -> None:
    """The release before, a root file of either root, or itself; each is said."""
    roots = [open_bundle(each).files[0] for each in (table.release, second)]
    for root in roots:
        Path(root.name).write_bytes(root.encode())
    for own, words in (
        (table.release, "1.root.json is this machine's own"),
        ("1.root.json", "1.root.json is this machine's own"),
        ("2.root.json", "2.root.json is this machine's own"),
        (second, "2.root.json is this machine's own"),
    ):
        ended = run(desk_with(), "verify", second, "--trusted", own)
        assert ended.status == 0
        assert words in ended.out


def test_without_anything_of_ones_own_that_is_said(second: Path, table: Table) -> None:
    """Of a ceremony that follows another; a first one starts from nothing."""
    words = "Nobody has checked that it starts from the real thing"
    assert words in run(desk_with(), "verify", second).out
    assert words not in run(desk_with(), "verify", second, "--trusted", table.release).out
    assert words not in run(desk_with(), "verify", table.release).out


def test_a_release_of_others_is_found_out(second: Path, table: Table, tmp_path: Path) -> None:
    """Whole in itself, and not what this machine trusts; for a first release as for a later one."""
    stranger = open_bundle(table.release).files[0]
    other = tmp_path / "stranger.json"
    other.write_bytes(_by_strangers())
    assert other.read_bytes() != stranger.encode()
    for release in (second, table.release):
        ended = run(desk_with(), "verify", release, "--trusted", other)
        assert ended.status == 3
        assert "NO   its roots go back to one that this machine has itself" in ended.out
        assert "another 1.root.json" in ended.err
        machine = run(desk_with(), "verify", release, "--trusted", other, "--json")
        assert json.loads(machine.plain_out)["is_good"] is False


def test_a_request_is_verified_beside_it_too(table: Table, tmp_path: Path) -> None:
    """What it starts from is there already; in a first ceremony there is nothing yet."""
    table.rotation()
    table.run("sit", "--trusted", table.release, stop_at="bob, type words")
    assert run(desk_with(), "verify", table.bundle, "--trusted", table.release).status == 0
    (tmp_path / "stranger.json").write_bytes(_by_strangers())
    assert run(desk_with(), "verify", table.bundle, "--trusted", tmp_path / "stranger.json").status == 3


def test_what_somebody_has_must_be_readable(second: Path, tmp_path: Path) -> None:
    """A folder of something else is no root."""
    (tmp_path / "empty").mkdir()
    assert run(desk_with(), "verify", second, "--trusted", tmp_path / "empty").status == 4
    assert run(desk_with(), "verify", second, "--trusted", tmp_path / "absent").status == 2


def _by_strangers() -> bytes:
    """Another root 1, as good as the real one but for the people."""
    return sealed().files[0].encode()
