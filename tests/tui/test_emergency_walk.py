"""An emergency by keys alone: from the first page over the playbook and the plan to a release that verifies."""

from pathlib import Path

from fakes import rooms
from fakes.emergencies import REASON
from tui import stage
from tui.test_following_walk import NEW, after_a_ceremony, begin, export, go_to, unlock
from tui.test_walk import page_of, type_words

from ceremony.core.metadata_file import MetadataFile
from ceremony.core.policy import Policy
from ceremony.core.signed import root_of
from ceremony.engine.bundle import open_bundle
from ceremony.engine.verify import verify
from ceremony.tui.screens.emergency import EmergencyPage
from ceremony.tui.screens.plan import PlanPage
from ceremony.tui.widgets.choice import Choice


def keyids(root: MetadataFile) -> set[str]:
    """Every key that this root names for root."""
    return {*root_of(root).roles["root"].keyids}


async def test_a_stolen_key_is_taken_out_by_keys(tmp_path: Path) -> None:
    """Cyd's device is stolen: the next one is enrolled, nobody asks for the old one, and its key signs nothing more.

    Bins stand: ann and bob have signed them too.
    """
    bench, app = after_a_ceremony(tmp_path)
    rooms.make_device(bench.practice.devices, "practice-9", "cyd again", NEW)
    release, pins = tmp_path / "after", bench.practice.pins
    before = open_bundle(tmp_path / "release")
    (stolen,) = (each.keyid for each in before.roster.enrolments if each.keyholder == "cyd")
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.until(pilot, lambda: isinstance(app.screen.focused, Choice) and app.screen.focused.id == "begin")
        await pilot.press("enter")
        await stage.shown(pilot, "#emergency")
        await pilot.press("down", "down", "enter")
        await stage.until(pilot, lambda: isinstance(app.screen, EmergencyPage))
        await stage.typed(pilot, "release")
        await pilot.press("enter")
        await stage.shown(pilot, "#reason")
        await stage.typed(pilot, REASON)
        await go_to(pilot, app.screen.query_one("#fate-2 #stolen"))
        await pilot.press("enter")
        await go_to(pilot, app.screen.query_one("#keep-path"))
        await pilot.press("enter")
        await go_to(pilot, app.screen.query_one("#plan"))
        await pilot.press("enter")
        await stage.until(pilot, lambda: isinstance(app.screen, PlanPage) and "is trusted here" in stage.text_of(app))
        await begin(pilot, app)
        await unlock(pilot, "cyd", "practice-9", NEW)
        await page_of(pilot, "Review")
        assert f"This is an emergency, because: {REASON}." in stage.told_on(app)
        await type_words(pilot, "Review")
        for name, serial in (("ann", "practice-1"), ("bob", "practice-2")):
            await type_words(pilot, f"{name} signs root, targets")
            await unlock(pilot, name, serial, pins[serial])
        await type_words(pilot, "cyd signs root, targets")
        await export(pilot, app, release)
    found = open_bundle(release)
    assert [each.name for each in found.files] == ["2.root.json", "2.targets.json"]
    assert stolen in keyids(before.files[0])
    assert stolen not in keyids(found.files[0])
    assert stolen not in {keyid for each in found.files for keyid in each.signatures}
    assert verify(release, Policy()).is_good
    assert "bring a new device for cyd" in (tmp_path / "playbook.txt").read_text("utf-8")
