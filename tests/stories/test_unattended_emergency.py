"""An emergency with nobody at the keyboard, as somebody starts it from a shell; strangers' clients judge it."""

from pathlib import Path

import pytest
from stories.test_unattended_rotation import MORE, Told, ceremony, walk
from stories.test_yubikeys import Shop, roster_of, shop

from ceremony.core.plan import parse_plan

__all__ = ["shop"]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Two of three sign with software devices; cyd's is stolen, and the online key copied. Read only."""
    return walk(tmp_path_factory.mktemp("emergency"), "emergency")


def struck(told: Told) -> set[str]:
    """The keys that the plan calls stolen."""
    plan = parse_plan((told.folder / "emergency/plan.toml").read_bytes(), "plan.toml")
    assert plan.incident is not None
    return {*plan.incident.stolen}


def check(told: Told, cache: Path) -> None:
    """Clients of both roots verify what was published after it; what was stolen stands in nothing that holds."""
    assert told.downloads(cache) == [MORE, MORE]
    old, new = (set(told.root(version)["keys"]) for version in (1, 2))
    assert len(struck(told)) == 2
    assert struck(told) <= old
    assert not struck(told) & new
    for name in ("2.root.json", "2.targets.json", "2.bins.json", "timestamp.json"):
        data = (told.folder / "repository/metadata" / name).read_text("utf-8")
        assert not any(keyid in data for keyid in struck(told)), name


def test_what_was_stolen_counts_for_nothing_and_every_client_comes_along(told: Told, tmp_path: Path) -> None:
    """The stolen device is not even asked: the two others are enough."""
    check(told, tmp_path / "clients")
    said = " ".join(told.said.split())
    assert "software device practice-3; the signature verifies" not in said.split("Write the plan of the emergency")[1]
    assert "0 changed, 0 added, 0 missing" in said


def test_the_playbook_stands_in_the_folder_and_follows_from_the_plan(told: Told, tmp_path: Path) -> None:
    """Whoever has the plan and the release before has the same one."""
    text = (told.folder / "emergency/playbook.txt").read_text("utf-8")
    again = ceremony(tmp_path, "emergency", told.folder / "emergency/plan.toml", "--after", told.folder / "bundle")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.split() == text.split()


@pytest.mark.parametrize(("devices", "keyholders", "threshold"), [("softhsm", 2, 2)])
def test_where_everybody_has_to_sign_the_stolen_device_signs_a_last_time(
    tmp_path: Path, devices: str, keyholders: int, threshold: int
) -> None:
    """Without it root 1 has too few keys; the playbook says so before anybody is called in."""
    told = walk(tmp_path, "emergency", devices, keyholders, threshold)

    assert told.downloads(tmp_path / "clients") == [MORE, MORE]
    assert not struck(told) & set(told.root(2)["keys"])
    said = " ".join(told.said.split())
    assert "too: without it root 1 has too few keys" in said
    signatures = (told.folder / "roots/2.root.json").read_text("utf-8")
    assert sum(keyid in signatures for keyid in struck(told)) == 1


def test_a_stolen_yubikey_is_replaced_by_another(shop: Shop) -> None:
    """Three YubiKeys, two keyholders, both of whom have to sign."""
    shop.plug("ann", "bob", "cyd")
    told = walk(shop.folder, "emergency", "yubikey", keyholders=2)

    assert told.downloads(shop.folder / "clients") == [MORE, MORE]
    assert roster_of(told.folder / "bundle")["bob"] != roster_of(told.release)["bob"]
