"""The whole ceremony by keys: three keyholders, software devices, and at the end a release that verifies."""

from pathlib import Path
from typing import Any

from fakes import rooms
from textual.pilot import Pilot
from textual.widgets import OptionList
from tui import stage

from ceremony.core.machine_rules import Machine
from ceremony.core.plan import parse_plan
from ceremony.core.policy import Policy
from ceremony.engine.bundle import open_bundle
from ceremony.engine.room import Room
from ceremony.engine.sitting import Agenda, sit
from ceremony.engine.verify import verify
from ceremony.tui.app import CeremonyApp
from ceremony.tui.desk import Desk
from ceremony.tui.screens.plug_in import PlugInPage
from ceremony.tui.screens.question_page import QuestionPage
from ceremony.tui.screens.sitting import SittingScreen
from ceremony.tui.wishes import Sitting
from hsm.software_device import list_devices


def walking(bench: rooms.Desk) -> CeremonyApp:
    """The screens, opened in a sitting over the bench's plan."""
    desk = Desk(Policy(), lambda: rooms.NOW, bench.folder, lambda: ((), ()), list_devices, rooms.make_device, Machine)
    text = bench.practice.plan.read_bytes()
    agenda = Agenda(text, "plan.toml", bench.bundle, Policy())
    sitting = Sitting(text, "plan.toml", bench.bundle, bench.practice.devices, bench.practice.pins)
    screen = SittingScreen(
        desk,
        parse_plan(text, "plan.toml"),
        sitting,
        lambda operator: sit(Room(operator, lambda: list_devices(bench.practice.devices), desk.clock, Machine), agenda),
    )
    return CeremonyApp(desk, screen)


async def page_of(pilot: Pilot[Any], title: str) -> Any:  # noqa: ANN401  # whichever page it is
    """The page of the question with this title, once it is drawn."""
    found: list[Any] = []

    def is_there() -> bool:
        pages = [each for each in pilot.app.screen.query(QuestionPage) if each.question.title == title]
        found[:] = pages
        return bool(pages)

    await stage.until(pilot, is_there)
    return found[0]


async def unlock(pilot: Pilot[Any], bench: rooms.Desk, name: str) -> None:
    """This keyholder chooses the device and types its PIN."""
    page = await page_of(pilot, f"{name}: plug in your device")
    assert isinstance(page, PlugInPage)
    await stage.until(pilot, lambda: page.query_one(OptionList).option_count > 0)
    await pilot.press(*["down"] * (rooms.NAMES.index(name) + 1), "enter")
    page = await page_of(pilot, f"{name}: PIN")
    await pilot.press(*bench.practice.pins[page.question.device.serial].secret, "enter")


async def type_words(pilot: Pilot[Any], title: str) -> None:
    """Somebody types the words that the page asks for."""
    question = (await page_of(pilot, title)).question
    wanted = question.reviewed.fingerprint.words[question.place - 1 : question.place + 1]
    await stage.typed(pilot, " ".join(wanted))
    await pilot.press("enter")


async def walk(pilot: Pilot[Any], bench: rooms.Desk) -> None:
    """Everybody does what the pages ask, to the end; the devices stay unlocked from enrolment to signing."""
    await page_of(pilot, "Check the machine")
    await pilot.press("tab", "enter")
    await page_of(pilot, "Roll call")
    await pilot.press("space", "down", "space", "down", "space", "tab", "tab", "enter")
    for name in rooms.NAMES:
        await unlock(pilot, bench, name)
    await type_words(pilot, "Review")
    for name in rooms.NAMES:
        await type_words(pilot, f"{name} signs root, targets, bins")
    await page_of(pilot, "Export")
    await pilot.press("shift+tab")
    await stage.typed(pilot, str(bench.release))
    await pilot.press("enter")
    await stage.until(pilot, lambda: "What to do next" in stage.text_of(pilot.app))


async def test_the_whole_ceremony_by_keys_leaves_a_release_that_verifies(tmp_path: Path) -> None:
    """From the first page to the last, at 80 by 24, by keys alone."""
    bench = rooms.desk(tmp_path)
    app = walking(bench)
    async with app.run_test(size=(80, 24)) as pilot:
        await walk(pilot, bench)
        seen = stage.text_of(app)
    assert "Write down the words" in seen
    assert "ceremony-online deliver" in seen
    assert verify(bench.release, Policy()).is_good
    assert [len(each.signatures) for each in open_bundle(bench.release).files] == [3, 3, 3]


async def test_a_walk_that_was_stopped_goes_on_from_its_bundle(tmp_path: Path) -> None:
    """Stopped at a PIN, the ceremony is resumed in another run of the program and ends as if nothing had happened."""
    bench = rooms.desk(tmp_path)
    app = walking(bench)
    async with app.run_test(size=(80, 24)) as pilot:
        await page_of(pilot, "Check the machine")
        await pilot.press("tab", "enter")
        await page_of(pilot, "Roll call")
        await pilot.press("ctrl+q", "tab", "enter")
        await stage.until(pilot, lambda: "Stopped" in stage.text_of(app))
        assert str(bench.bundle)[:20] in stage.text_of(app)
    assert [entry.result for entry in open_bundle(bench.bundle).transcript.entries][-1] == "stopped"
    again = walking(bench)
    async with again.run_test(size=(120, 40)) as pilot:
        await walk(pilot, bench)
    assert verify(bench.release, Policy()).is_good
