"""`ceremony sit` and `ceremony enrol`, walked by a willing person at a plain terminal."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes.plain_desk import Ended, desk_with, run, settings_file
from fakes.rooms import NOW, make_device
from fakes.scripted_terminal import paper_console
from fakes.willing_person import NAMES, WillingPerson, WillingTerminal

from ceremony.engine.practice import Practice, make_practice


@dataclass(frozen=True, slots=True)
class Table:
    """A practice plan of three, and whoever sits at it."""

    practice: Practice

    @property
    def pins(self) -> dict[str, str]:
        """Each keyholder's PIN."""
        return {name: pin.secret for name, pin in zip(NAMES, self.practice.pins.values(), strict=True)}

    def run(self, verb: str, *arguments: str, stop_at: str = "no such page") -> Ended:
        """What became of the verb over this plan; somebody stops at the page on which `stop_at` stands."""
        paper = paper_console()
        person = WillingPerson(self.pins, odd={stop_at: "q"})
        terminal = WillingTerminal(paper, person.answer)
        return run(desk_with(terminal, paper), verb, self.practice.plan, *arguments)

    def status(self, bundle: str = "plan-bundle") -> dict[str, object]:
        """How this bundle beside the plan stands."""
        ended = run(desk_with(), "status", self.practice.plan.with_name(bundle), "--json")
        found: dict[str, object] = json.loads(ended.plain_out)
        return found


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Ann, bob and cyd, two of whom sign; their devices lie beside the plan."""
    return Table(make_practice(tmp_path / "practice", NAMES, 2, NOW, make_device))


def test_a_whole_ceremony_can_be_walked(table: Table, tmp_path: Path) -> None:
    """From the plan to a release that a stranger can verify, and no PIN anywhere on paper or disk."""
    ended = table.run("sit", "--export", "release")
    assert ended.status == 0
    assert "ceremony-online deliver release" in ended.out
    assert run(desk_with(), "verify", "release").status == 0
    written = [file.read_bytes() for file in [*tmp_path.rglob("*.jsonl"), *tmp_path.rglob("*.html")]]
    for pin in table.pins.values():
        assert pin not in ended.out
        assert not [data for data in written if pin.encode() in data]


def test_why_a_device_is_not_seen_stands_below_the_list(table: Table, tmp_path: Path) -> None:
    """What the one look could not read, on the page that asks for the device."""
    module = tmp_path / "broken.so"
    module.write_bytes(b"no library")
    paper = paper_console()
    person = WillingPerson(table.pins, odd={"plug in": "q"})
    desk = desk_with(WillingTerminal(paper, person.answer), paper)
    file = settings_file(tmp_path, f'[[pkcs11]]\nmodule = "{module}"\n')
    ended = run(desk, "--settings", file, "enrol", table.practice.plan, "--keyholder", "ann")
    told = " ".join(ended.out.split())
    assert "! The device failed: " in told
    assert "broken.so" in told
    assert "use another device" in told


def test_the_place_of_the_release_is_asked_where_it_is_not_named(table: Table, tmp_path: Path) -> None:
    """The suggestion is a folder here."""
    assert table.run("sit").status == 0
    assert len(list(tmp_path.glob("*-release"))) == 1


def test_a_wrong_pin_is_explained_and_asked_again(table: Table) -> None:
    """One slip does not end a ceremony."""
    odd = {"the PIN, which is not shown": "000000x"}
    paper = paper_console(200)
    person = WillingPerson(table.pins, odd=odd)
    ended = run(desk_with(WillingTerminal(paper, person.answer), paper), "sit", table.practice.plan, "--export", "r")
    assert ended.status == 0
    assert "2 tries are left" in ended.out
    assert "000000x" not in ended.out


def test_a_ceremony_that_was_stopped_goes_on_from_its_bundle(table: Table) -> None:
    """Stopping is clean, at the first signature too."""
    stopped = table.run("sit", stop_at="bob, type words")
    assert stopped.status == 5
    assert "start the same command again" in stopped.err.replace("\n", " ").replace("│", "").replace("  ", " ")
    assert table.status()["enrolled"] == list(NAMES)
    ended = table.run("sit", "--export", "release")
    assert ended.status == 0
    assert "The ceremony goes on from its bundle." in ended.out


def test_status_says_who_is_missing(table: Table) -> None:
    """In words, and for machines."""
    table.run("sit", stop_at="bob, type words")
    ended = run(desk_with(), "status", table.practice.plan.with_name("plan-bundle"))
    assert (
        "root under root 1: 1 of 2\n      signed: ann\n      not yet: bob with software device practice-2" in ended.out
    )
    assert "Signatures can be given until" in ended.out
    assert "REHEARSAL" in ended.out
    assert table.status()["is_complete"] is False


def test_status_says_who_is_not_enrolled(table: Table) -> None:
    """Before the review there is no fingerprint to show."""
    table.run("sit", stop_at="bob, plug in")
    ended = run(desk_with(), "status", table.practice.plan.with_name("plan-bundle"))
    assert "Not enrolled yet: bob, cyd" in ended.out
    assert "Fingerprint" not in ended.out


def test_somebody_can_be_enrolled_ahead_and_is_told_what_to_do_with_it(table: Table) -> None:
    """Away from the others, into a folder of its own, which holds no PIN."""
    ended = table.run("enrol", "--keyholder", "ann")
    assert ended.status == 0
    text = " ".join(ended.out.split())
    assert "ann is enrolled: software device practice-1" in text
    assert "ceremony sit plan.toml --enrolment plan-enrolment-ann" in text
    assert "by telephone or in person" in text
    status = table.status("plan-enrolment-ann")
    assert (status["enrolled"], status["purpose"]) == (["ann"], "enrolment")
    folder = table.practice.plan.with_name("plan-enrolment-ann")
    assert not [
        file for file in folder.rglob("*") if file.is_file() and table.pins["ann"].encode() in file.read_bytes()
    ]


def test_the_words_of_the_key_are_those_of_the_review(table: Table) -> None:
    """What is told by telephone can be compared."""
    ended = table.run("enrol", "--keyholder", "ann")
    words = " ".join(ended.out.split()).split("in person: ")[1].split(". The review")[0]
    sat = table.run("sit", "--enrolment", str(table.practice.plan.with_name("plan-enrolment-ann")), stop_at="Review")
    assert len(words.split()) == 4
    assert words.split()[0] in sat.out


def test_an_enrolment_made_elsewhere_is_taken_in_by_the_sitting(table: Table, tmp_path: Path) -> None:
    """Named as often as there are; whoever has one is not asked to plug in twice."""
    for name, place in (("ann", "one"), ("bob", "two")):
        assert table.run("enrol", "--keyholder", name, "--into", str(tmp_path / place)).status == 0
    ended = table.run("sit", "--enrolment", "one", "--enrolment", "two", "--export", "release")
    assert ended.status == 0
    text = " ".join(ended.out.split())
    assert text.count("made elsewhere, is taken in: key") == 2
    assert "The device made a key" in text
    assert run(desk_with(), "verify", "release").status == 0


def test_an_enrolment_folder_that_is_not_there_is_said_to_be_missing(table: Table) -> None:
    """Before the sitting begins, and nobody enrols anew by mistake."""
    assert table.run("sit", "--enrolment", "nowhere").status == 2
    assert not table.practice.plan.with_name("plan-bundle").exists()


@pytest.mark.parametrize("name", ["anne", "../ann", ""])
def test_nobody_outside_the_plan_is_enrolled(table: Table, name: str) -> None:
    """A mistyped name is refused, whatever folder it would make."""
    ended = table.run("enrol", "--keyholder", name)
    assert ended.status == 3
    assert "KEYHOLDER-PLANNED" in ended.err


def test_without_a_terminal_nobody_is_asked(table: Table) -> None:
    """A pipe agrees to nothing, and nothing is begun."""
    ended = run(desk_with(), "sit", table.practice.plan)
    assert ended.status == 9
    assert "no terminal" in ended.err
    assert not table.practice.plan.with_name("plan-bundle").exists()


def test_a_plan_that_is_not_there_is_said_to_be_missing() -> None:
    """ENOENT in words."""
    assert run(desk_with(), "sit", "absent.toml").status == 7


def test_without_devices_beside_it_a_plan_uses_what_is_plugged_in(table: Table, tmp_path: Path) -> None:
    """Software devices can be named too."""
    away = tmp_path / "elsewhere"
    table.practice.devices.rename(away)
    assert table.run("sit", "--devices", str(away), "--export", "release").status == 0
    nobody = table.run("enrol", "--keyholder", "ann", stop_at="No device is plugged in")
    assert nobody.status == 5
