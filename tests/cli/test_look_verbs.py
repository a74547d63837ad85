"""`ceremony verify` and `ceremony status` over good and bad bundles."""

import json
from pathlib import Path

import pytest
from fakes.plain_desk import desk_with, run
from fakes.rooms import NOW, make_device
from fakes.scripted_terminal import paper_console
from fakes.willing_person import NAMES, WillingPerson, WillingTerminal

from ceremony.engine.practice import make_practice


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A finished ceremony's release."""
    practice = make_practice(tmp_path / "practice", NAMES, 2, NOW, make_device)
    paper = paper_console()
    person = WillingPerson({name: pin.secret for name, pin in zip(NAMES, practice.pins.values(), strict=True)})
    run(desk_with(WillingTerminal(paper, person.answer), paper), "sit", practice.plan, "--export", "release")
    return tmp_path / "release"


def test_a_good_bundle_passes_every_check(release: Path) -> None:
    """In words, and for machines."""
    ended = run(desk_with(), "verify", release)
    assert ended.status == 0
    assert "yes  every signature is by a key of its role" in ended.out
    verdict = json.loads(run(desk_with(), "verify", release, "--json").plain_out)
    assert verdict["is_good"] is True


def test_a_changed_bundle_is_found_out(release: Path) -> None:
    """One byte is enough; the status is that of bytes that lie."""
    minutes = release / "minutes.html"
    minutes.write_bytes(minutes.read_bytes().replace(b"ann", b"bob", 1))
    ended = run(desk_with(), "verify", release)
    assert ended.status == 4
    assert "NO   every byte of the bundle" in ended.out
    assert "minutes.html" in ended.err
    machine = run(desk_with(), "verify", release, "--json")
    assert machine.status == 4
    assert json.loads(machine.plain_out)["is_good"] is False


def test_the_status_of_a_release_has_its_fingerprint(release: Path) -> None:
    """Thirty-two words, and the transcript's head."""
    ended = run(desk_with(), "status", release)
    assert "a release" in ended.out
    assert "Fingerprint:" in ended.out
    assert "root under root 1: 3 (2 needed), enough" in ended.out


@pytest.mark.parametrize("verb", ["status", "verify"])
def test_something_that_is_no_bundle_is_said_to_be_none(tmp_path: Path, verb: str) -> None:
    """An empty folder is not a bundle."""
    (tmp_path / "empty").mkdir()
    assert run(desk_with(), verb, tmp_path / "empty").status == 4
