"""The forecast on a screen: a path, then when the next ceremony has to start and what stands behind that."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fakes import dated_repository as lab
from fakes.people import NOW, drafted, plan, roster, sealed
from syrupy.assertion import SnapshotAssertion
from tui import stage

from ceremony.core.forecast import Forecast, forecast
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import write_plan
from ceremony.engine.bundle import Bundle, pack
from ceremony.tui.app import CeremonyApp
from ceremony.tui.screens.doors import LookPage
from ceremony.tui.screens.forecast import ForecastPage, Foreseen
from ceremony.tui.widgets.choice import Choice
from ceremony.tui.widgets.time_line import time_line_lines


def packed(path: Path, purpose: str, files: tuple[MetadataFile, ...]) -> None:
    """A bundle of ann, bob and cyd with these files."""
    pack(Bundle(purpose, plan(), write_plan(plan()).encode(), roster(plan()), files), path)


def app_at(folder: Path, now: datetime = NOW) -> CeremonyApp:
    """The page, at this moment."""
    desk = replace(stage.desk(folder), clock=lambda: now)
    return CeremonyApp(desk, ForecastPage(desk))


def foreseen(days: int) -> Forecast:
    """What is foreseen so many days after the ceremony, with keys that are the same in every run."""
    return forecast(stage.reviewed().draft.files, NOW + timedelta(days=days), roster=stage.roster())


async def test_a_release_is_told_from_its_verdict_to_its_next_days(tmp_path: Path) -> None:
    """The first page of it begins with the verdict; PgDn reads on to the end."""
    packed(tmp_path / "release", "release", sealed().files)
    app = app_at(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#path")
        await stage.typed(pilot, "release")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "GOOD: no ceremony" in stage.text_of(app))
        first = stage.text_of(app)
        for part in (
            "packages.example.org, a rehearsal, at 2030-03-01T12:00:00Z",
            "│ now  S latest day to start",
            "bins     ends 2030-05-30T09:00:00Z, 89 days; start by 2030-04-30",
            "2 of 3 sign; 1 may be lost; an attacker needs 2; ann, bob, cyd",
        ):
            assert part in first
        await pilot.press("pagedown", "pagedown", "pagedown")
        await pilot.pause()
        last = stage.text_of(app)
        for part in (
            "! One stolen device counts in root, targets and bins: ann, bob, cyd.",
            "withheld 24 hours (timestamp), stolen 89 days (bins)",
            "2030-04-30  latest day to start a ceremony for bins",
        ):
            assert part in last
        assert "not over" not in last


async def test_a_repository_shows_its_online_roles(tmp_path: Path) -> None:
    """A folder of metadata is as good as a bundle; another path can be typed after it."""
    lab.publish(tmp_path / "site" / "metadata", lab.files(timestamp=NOW - timedelta(hours=1)))
    app = app_at(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.shown(pilot, "#path")
        await stage.typed(pilot, "nowhere")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "nowhere" in str(app.screen.query_one("#found Static").render()))
        await pilot.press(*["backspace"] * 7)
        await stage.typed(pilot, "site")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "EXPIRED: clients refuse timestamp" in stage.text_of(app))
        assert "60 min ago; ended: clients refuse it" in stage.text_of(app)
        assert "snapshot   ends" in stage.text_of(app)


async def test_what_is_not_finished_is_said_to_be_so(tmp_path: Path) -> None:
    """A request whose signatures are still gathered, and one with no draft at all."""
    packed(tmp_path / "request", "request", drafted().files)
    packed(tmp_path / "early", "request", ())
    app = app_at(tmp_path)
    async with app.run_test(size=(120, 50)) as pilot:
        await stage.shown(pilot, "#path")
        await stage.typed(pilot, "request")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "This ceremony is not over" in stage.text_of(app))
        await pilot.press(*["backspace"] * 7)
        await stage.typed(pilot, "early")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "Nothing has been drafted" in stage.text_of(app))
        assert "This ceremony is not over" not in stage.text_of(app)


@pytest.mark.parametrize("keys", [("escape",), ("tab", "enter")])
async def test_whoever_has_seen_enough_goes_back(tmp_path: Path, keys: tuple[str, ...]) -> None:
    """Nothing was typed; Enter alone on the empty line does nothing, and F1 tells what this is."""
    app = app_at(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#path")
        await pilot.press("enter", "f1")
        await stage.until(pilot, lambda: "latest day to start, thirty days" in " ".join(stage.text_of(app).split()))
        await pilot.press("escape", *keys)
        await stage.until(pilot, lambda: isinstance(app.screen, LookPage))


@pytest.mark.parametrize("size", stage.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("days", [0, 70])
async def test_how_a_forecast_looks(
    snapshot: SnapshotAssertion, tmp_path: Path, days: int, size: tuple[int, int]
) -> None:
    """All is well, and a ceremony is late."""
    app = app_at(tmp_path, NOW + timedelta(days=days))
    async with app.run_test(size=size) as pilot:
        await stage.shown(pilot, "#path")
        app.screen.post_message(Foreseen(foreseen(days)))
        await stage.shown(pilot, "TimeLineView")
        await pilot.pause()
        assert stage.picture(app) == snapshot.use_extension(stage.SvgSnapshot)


@pytest.mark.parametrize("width", [40, 74, 116])
@pytest.mark.parametrize("days", [0, 70, 130, 500])
def test_the_time_line_is_as_wide_as_its_place(width: int, days: int) -> None:
    """Each row has its role in front; a name that would steer the terminal is shown harmless."""
    found = foreseen(days)
    odd = replace(found, roles=(*found.roles[:2], replace(found.roles[2], role="b\x1b\n" + "x" * 40)))
    rows = [each.plain for each in time_line_lines(odd, width)]
    assert {len(row) for row in rows[:-1]} == {width}
    assert rows[2].startswith("root ")
    assert all(row.isprintable() for row in rows)
    assert rows[4].startswith("b��xx")


async def test_what_lies_here_is_offered(tmp_path: Path) -> None:
    """A release and a metadata folder, but nothing inside a bundle; the chosen one is told."""
    packed(tmp_path / "release", "release", sealed().files)
    lab.publish(tmp_path / "site" / "metadata", lab.files(timestamp=NOW - timedelta(hours=1)))
    app = app_at(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.shown(pilot, "#path")
        offered = [each.value for each in app.screen.query(Choice)]
        assert offered == [None, tmp_path / "release", tmp_path / "site/metadata"]
        await pilot.press("tab", "down", "down", "enter")
        await stage.until(pilot, lambda: "EXPIRED: clients refuse timestamp" in stage.text_of(app))
