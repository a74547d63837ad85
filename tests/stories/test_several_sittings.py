"""Three places, three machines: each signs on its own, and what comes back makes one release, in whatever order."""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.places import Places, places, together, wanted
from fakes.rooms import NAMES, Desk, ScriptedOperator, make_device
from stories.test_unattended_rotation import Told, ceremony, check_refresh, walk
from stories.test_yubikeys import SERIALS, Shop, roster_of, shop

from ceremony.core.plan import Plan
from ceremony.core.policy import Policy
from ceremony.engine import questions as q
from ceremony.engine.bundle import open_bundle
from ceremony.engine.elsewhere import Answered
from ceremony.engine.gather import gather_alone
from ceremony.engine.sitting import sit
from ceremony.engine.verify import verify
from ceremony.errors import PausedError
from hsm import Pin

__all__ = ["shop"]


@pytest.fixture(autouse=True, scope="module")
def _quick_disk() -> Iterator[None]:
    """Nothing waits for the disk: nobody cuts the power here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        yield


@pytest.fixture(name="answered", scope="module")
def _answered(_quick_disk: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, Places, dict[str, Answered]]:
    """The ceremony, reviewed at one place and signed at three, none of which has seen another. Read only."""
    table = together(tmp_path_factory.mktemp("together"))
    found = places(table, tmp_path_factory.mktemp("apart"))
    return table, found, {name: found.at[name].sign(found.request) for name in NAMES}


def finished(
    table: Desk,
    found: Places,
    folder: Path,
    back: tuple[Path, ...],
    plug_in: Callable[[q.PlugIn], object] = wanted,
) -> Path:
    """The release of the ceremony once these responses came back, each twice."""
    bundle, release = folder / "bundle", folder / "release"
    operator = ScriptedOperator(table.practice.pins, release, {q.PlugIn: plug_in})
    room = replace(table.room, operator=operator)
    shutil.copytree(found.bundle, bundle)
    agenda = found.held(folder=bundle, export=release)
    for path in (*back, *back):
        (each,) = gather_alone(room, agenda, [path])
        assert each.error is None
    return sit(room, agenda).release


@pytest.mark.parametrize("order", list(itertools.permutations(NAMES)), ids="-".join)
def test_responses_from_three_places_make_one_release_in_any_order(
    answered: tuple[Desk, Places, dict[str, Answered]], tmp_path: Path, order: tuple[str, ...]
) -> None:
    """Nobody signs in the last sitting; a stranger finds the release good, and it holds what each place signed."""
    table, found, back = answered

    release = finished(table, found, tmp_path, tuple(back[name].place for name in order))

    assert verify(release, Policy()).is_good
    sealed = open_bundle(release)
    given = {(each.role, each.keyid): each.sig_hex for name in NAMES for each in back[name].response.signatures}
    assert {(file.role, keyid): sig for file in sealed.files for keyid, sig in file.signatures.items()} == given
    assert {each.head for each in sealed.elsewhere} == {each.response.transcript for each in back.values()}


def test_a_key_that_leaves_signs_at_its_own_place_and_is_missed_until_then(tmp_path: Path) -> None:
    """All three signed for root 1, so root 2 needs cyd's old device too; cyd has the new one with it, far away."""
    table = together(tmp_path / "together", threshold=3)
    make_device(table.practice.devices, "practice-9", "cyd", Pin("135790"))
    table.practice = replace(table.practice, pins={**table.practice.pins, "practice-9": Pin("135790")})
    found = places(table, tmp_path / "apart", with_new_device)
    cyd = found.at["cyd"]
    shutil.copy(table.practice.devices / "practice-9.json", cyd.desk.practice.devices)
    for name in NAMES:
        found.at[name].operator.answers[q.PlugIn] = wanted
    back = {name: found.at[name].sign(found.request) for name in NAMES}
    assert {len(back[name].response.keyids) for name in ("ann", "bob")} == {1}
    assert sorted(each.role for each in back["cyd"].response.signatures) == ["bins", "root", "root", "targets"]

    with pytest.raises(PausedError) as paused:
        finished(table, found, tmp_path / "too early", (back["ann"].place, back["bob"].place), wanted_by_nobody)
    assert paused.value.lacking == (
        "root under root 1: 2 of 3",
        "root under root 2: 2 of 3",
        "targets under root 2: 2 of 3",
        "bins under targets 2: 2 of 3",
    )
    assert paused.value.people == (
        "cyd with software device practice-3: root, a last time",
        "cyd with software device practice-9: root, targets, bins",
    )

    release = finished(table, found, tmp_path / "in time", tuple(each.place for each in back.values()))
    assert verify(release, Policy()).is_good
    (root,) = (each for each in open_bundle(release).files if each.role == "root")
    assert len(root.signatures) == 4


def with_new_device(plan: Plan) -> Plan:
    """Cyd gets another device; everybody has to sign."""
    ann, bob, cyd = plan.keyholders
    return replace(plan, keyholders=(ann, bob, replace(cyd, keyid="", device="practice-9")))


def wanted_by_nobody(_page: q.PlugIn) -> q.Missing:
    """No device is here."""
    return q.Missing.NOT_TODAY


# ---- as somebody starts it from a shell


def check_apart(told: Told, cache: Path, keyholders: int) -> None:
    """Clients of both roots verify what was published after it; every place has its own folder, and all have signed."""
    check_refresh(told, cache)
    places = [name for name in ("second-place", "third-place") if (told.release.parent / name).is_dir()]
    assert len(places) == min(keyholders - 1, 2)
    for name in places:
        (response,) = (told.release.parent / name / "response").glob("*.response.json")
        assert response.stat().st_size
        assert open_bundle(told.release.parent / name / "copy").purpose == "request"
    sealed = open_bundle(told.release)
    assert {len(each.signatures) for each in sealed.files} == {keyholders}
    results = [each.result for each in sealed.transcript.entries]
    assert results.count("paused") == 1
    taken = [each for each in sealed.transcript.entries if each.action == "took response"]
    assert len(taken) >= len(places)


def test_unattended_it_brings_every_client_along(tmp_path: Path) -> None:
    """Three places; codes and a file, the last first, one twice; the folder is as every story leaves it."""
    told = walk(tmp_path, "several-sittings")
    check_apart(told, tmp_path / "clients", 3)
    said = " ".join(told.said.split())
    assert "the scanned text: signed by cyd, 3 new signatures" in said
    assert "signed by bob, 3 new signatures" in said
    assert "signed by bob, nothing new" in said
    for name in ("plan.toml", "bundle/manifest.json", "record/transcript.jsonl", "record/minutes.html"):
        assert (told.folder / "several-sittings" / name).is_file()
    assert ceremony(tmp_path, "verify", told.release, "--trusted", told.folder / "root.json").returncode == 0


@pytest.mark.parametrize(("devices", "keyholders", "threshold"), [("software", 2, 2), ("softhsm", 5, 3)])
def test_unattended_it_is_of_any_size(tmp_path: Path, devices: str, keyholders: int, threshold: int) -> None:
    """Two places where there are two keyholders; more than one person at a place where there are many."""
    check_apart(walk(tmp_path, "several-sittings", devices, keyholders, threshold), tmp_path / "clients", keyholders)


def test_unattended_each_place_has_its_own_yubikey(shop: Shop) -> None:
    """Three YubiKeys, made in one room and touched at three places for every signature."""
    shop.plug(*SERIALS)
    told = walk(shop.folder, "several-sittings", "yubikey")
    check_apart(told, shop.folder / "clients", 3)
    assert roster_of(told.release) == {name: ("yubikey", str(serial), True) for name, serial in SERIALS.items()}
    said = " ".join(told.said.split())
    for name, serial in SERIALS.items():
        assert f"Signing root: TOUCH YubiKey 5 NFC {serial} now" in said
        assert f"{name} signed 2.bins.json with YubiKey 5 NFC {serial}; the signature verifies." in said
