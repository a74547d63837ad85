"""The first page and those that only lead on: which doors there are, what is behind each, and which comes first."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes import rooms
from tui import stage

from ceremony.tui.app import PAGES, CeremonyApp
from ceremony.tui.desk import Seen
from ceremony.tui.screens.doors import BeginPage, DevicesPage, DoorsPage, LookPage
from ceremony.tui.screens.elsewhere import ElsewherePage
from ceremony.tui.screens.emergency import EmergencyPage
from ceremony.tui.screens.enrol_alone import EnrolAlonePage
from ceremony.tui.screens.follow import FollowPage
from ceremony.tui.screens.forecast import ForecastPage
from ceremony.tui.screens.foreign import ForeignPage
from ceremony.tui.screens.my_device import MyDevicePage
from ceremony.tui.screens.plan import PlanPage
from ceremony.tui.screens.rehearse import RehearsePage
from ceremony.tui.screens.resume import ResumePage
from ceremony.tui.screens.verify import VerifyPage
from ceremony.tui.screens.welcome import WelcomePage
from ceremony.tui.widgets.choice import Choice
from hsm.errors import DeviceFaultError
from hsm.software_device import list_devices

NO_SERVICE = DeviceFaultError("PC/SC", "no service")


async def test_without_a_device_the_rehearsal_comes_first_and_says_why(tmp_path: Path) -> None:
    """Nobody with empty hands is sent into a ceremony that cannot be finished."""
    app = CeremonyApp(stage.desk(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#rehearse")
        await stage.until(pilot, lambda: app.screen.focused is app.screen.query_one("#rehearse"))
        assert app.screen.query(Choice).first().id == "rehearse"
        assert "No device is plugged in, so a rehearsal is offered first" in stage.text_of(app)
        await pilot.press("enter")
        await stage.until(pilot, lambda: isinstance(app.screen, RehearsePage))


async def test_with_a_device_to_begin_comes_first(tmp_path: Path) -> None:
    """The devices are named, and what could not be read is told; F1 says what to do about it."""
    bench = rooms.desk(tmp_path)
    fault = DeviceFaultError("/usr/lib/broken.so", "ImportError")
    found = list_devices(bench.practice.devices)
    app = CeremonyApp(replace(stage.desk(tmp_path), find=lambda: (found, (fault,))))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#begin")
        assert app.screen.query(Choice).first().id == "begin"
        seen = stage.text_of(app)
        assert "practice-1 ann: PIN: 3 tries left" in seen
        assert "! The device failed: /usr/lib/broken.so" in seen
        assert "nothing real is touched" in seen
        await pilot.press("f1")
        await stage.until(pilot, lambda: "What is this?" in stage.text_of(app))
        assert "/usr/lib/broken.so" in stage.text_of(app)


async def test_many_devices_do_not_push_the_doors_off_the_page(tmp_path: Path) -> None:
    """Three are named, the others are counted; codes that are still the maker's are told beside the name."""
    found = tuple(stage.Lying(replace(stage.NEW, serial=str(number))) for number in range(5))
    app = CeremonyApp(replace(stage.desk(tmp_path), find=lambda: (found, ())))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#begin")
        seen = stage.text_of(app)
        assert seen.count("! maker's codes") == 3
        assert "and 2 more; My device shows each of them." in seen
        assert "Rehearse" in seen


async def test_a_missing_smart_card_service_is_told_with_what_to_do(tmp_path: Path) -> None:
    """In plain words, on the first page, with every door still on it; once the service runs they are gone."""
    seen: list[Seen] = [((), (NO_SERVICE,))]
    app = CeremonyApp(replace(stage.desk(tmp_path), find=lambda: seen[-1]))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#rehearse")
        told = " ".join(stage.text_of(app).split())
        assert "No YubiKey can be seen: the smart card service does not answer" in told
        assert "Install the Debian packages pcscd and libccid" in told
        assert "A forecast, a bundle to verify, a repository of others." in told
        seen.append(((), ()))
        await stage.until(pilot, lambda: "pcscd" not in stage.text_of(app))
        await pilot.press("f1")
        await stage.until(pilot, lambda: "What is this?" in stage.text_of(app))
        assert "pcscd" not in stage.text_of(app)


BEHIND = {
    "begin": {"plan": PlanPage, "follow": FollowPage, "emergency": EmergencyPage},
    "devices": {"device": MyDevicePage, "enrol": EnrolAlonePage},
    "look": {"forecast": ForecastPage, "verify": VerifyPage, "foreign": ForeignPage},
}
FIRST = {
    "rehearse": RehearsePage,
    "begin": BeginPage,
    "resume": ResumePage,
    "elsewhere": ElsewherePage,
    "devices": DevicesPage,
    "look": LookPage,
}


def test_no_page_is_without_a_door() -> None:
    """Whatever can be opened by name stands behind one of the doors."""
    assert {*PAGES} == {*FIRST, *(name for each in BEHIND.values() for name in each)}


@pytest.mark.parametrize("name", FIRST)
async def test_every_door_opens_and_leads_back(tmp_path: Path, name: str) -> None:
    """Each page comes by keys, says what it is, and Escape leads back to the first page."""
    app = CeremonyApp(stage.desk(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#rehearse")
        await pilot.press(*["down"] * [*FIRST].index(name), "enter")
        await stage.until(pilot, lambda: isinstance(app.screen, FIRST[name]))
        await pilot.press("f1")
        await stage.until(pilot, lambda: "What is this?" in stage.text_of(app))
        await pilot.press("escape", "escape")
        await stage.until(pilot, lambda: isinstance(app.screen, WelcomePage))


@pytest.mark.parametrize(("name", "door"), [(name, door) for name, doors in BEHIND.items() for door in doors])
async def test_every_door_behind_a_door_leads_back_to_it(tmp_path: Path, name: str, door: str) -> None:
    """Escape leads back one page at a time."""
    desk = stage.desk(tmp_path)
    app = CeremonyApp(desk, PAGES[name](desk))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, f"#{door}")
        await pilot.press(*["down"] * [*BEHIND[name]].index(door), "enter")
        await stage.until(pilot, lambda: isinstance(app.screen, BEHIND[name][door]))
        await pilot.press("escape")
        await stage.until(pilot, lambda: isinstance(app.screen, FIRST[name]))
        await pilot.press("escape")
        await stage.until(pilot, lambda: isinstance(app.screen, WelcomePage))


@pytest.mark.parametrize("page", [BeginPage, DevicesPage, LookPage])
async def test_the_last_choice_of_a_page_of_doors_leads_back(tmp_path: Path, page: type[DoorsPage]) -> None:
    """It stands below the doors, reached by arrow keys like them."""
    desk = stage.desk(tmp_path)
    app = CeremonyApp(desk, page(desk))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#back")
        await pilot.press(*["down"] * len(page.doors), "enter")
        await stage.until(pilot, lambda: isinstance(app.screen, WelcomePage))


async def test_the_first_page_has_nothing_before_it(tmp_path: Path) -> None:
    """Escape changes nothing there."""
    app = CeremonyApp(stage.desk(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#rehearse")
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, WelcomePage)
