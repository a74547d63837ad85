"""While a page about a device is open: whether that is still plugged in, what cannot be read, and who looks when."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock, current_thread, main_thread
from time import sleep
from typing import Any

import pytest
from textual.pilot import Pilot
from tui import stage
from tui.test_device_pages import TROUBLED

from ceremony.engine.questions import GoBack, Question
from ceremony.engine.room import Operator
from ceremony.engine.sight import Seen
from ceremony.engine.sitting import Outcome
from ceremony.errors import StoppedError
from ceremony.explain import explain
from ceremony.tui.app import CeremonyApp
from ceremony.tui.screens.sitting import Engine, SittingScreen
from ceremony.tui.widgets.lookout import Lookout
from ceremony.tui.wishes import Sitting
from hsm import DeviceInfo, Pin
from hsm.errors import DeviceBusyError, DeviceError, DeviceFaultError

GONE = "This device is not plugged in any more: plug it in again, or go back."

PAGES: dict[str, Question[Any]] = {
    "PIN": stage.ask_pin(),
    "PUK": stage.ask_puk(device=stage.ANN),
    "new code": stage.choose_code(device=stage.ANN),
    "slot": stage.choose_slot(),
    "loss": stage.type_loss(),
}


class Table:
    """What lies on the table while people look at it."""

    def __init__(self) -> None:
        self.devices: tuple[DeviceInfo, ...] = stage.DEVICES
        self.faults: tuple[DeviceError, ...] = ()
        self.go_on = Event()
        self.began = Event()
        self.go_on.set()
        self.looks = 0
        self.was_on_the_screens_thread = False
        self._at_once = Lock()

    def __call__(self) -> Seen:
        """What lies there now; two looks at once are an error."""
        assert self._at_once.acquire(blocking=False)
        self.looks += 1
        self.was_on_the_screens_thread |= current_thread() is main_thread()
        self.began.set()
        self.go_on.wait(20)
        self._at_once.release()
        return tuple(map(stage.Lying, self.devices)), self.faults


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    """The usual devices, looked at often."""
    monkeypatch.setattr(Lookout, "every_seconds", 0.02)
    return Table()


def app_at(table: Table, folder: Path, engine: Engine) -> CeremonyApp:
    """A sitting at this table."""
    desk = replace(stage.desk(folder), find=table)
    sitting = Sitting(b"", "plan.toml", folder / "bundle")
    return CeremonyApp(desk, SittingScreen(desk, stage.plan(), sitting, engine))


async def says(pilot: Pilot[Any], text: str) -> None:
    """The page says this."""
    await stage.until(pilot, lambda: text in stage.told_on(pilot.app) and text in unfolded(pilot))


async def is_silent(pilot: Pilot[Any], text: str) -> None:
    """Nobody can read this on the screen."""
    await stage.until(pilot, lambda: text not in unfolded(pilot))


def unfolded(pilot: Pilot[Any]) -> str:
    """The screen as one line, its panes left out."""
    middle = pilot.app.screen.query_one("#middle").region
    rows = stage.text_of(pilot.app).splitlines()[middle.y : middle.bottom]
    return " ".join(" ".join(row[middle.x : middle.right] for row in rows).split())


@pytest.mark.parametrize("size", stage.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("case", PAGES)
async def test_a_page_says_that_its_device_is_gone_and_takes_it_back(
    tmp_path: Path, table: Table, case: str, size: tuple[int, int]
) -> None:
    """Nobody presses a key; the devices at the side follow."""
    app = app_at(table, tmp_path, stage.Script((PAGES[case],)))
    async with app.run_test(size=size) as pilot:
        await stage.shown(pilot, "DevicePage")
        await stage.until(pilot, lambda: table.looks > 1)
        assert GONE not in unfolded(pilot)
        pane = app.screen.query_one("DevicePane")
        assert "10001" in str(pane.render())
        table.devices = (stage.BOB, stage.CYD)
        await says(pilot, GONE)
        await stage.until(pilot, lambda: "10001" not in str(pane.render()))
        table.devices = stage.DEVICES
        await is_silent(pilot, GONE)
        await stage.until(pilot, lambda: "10001" in str(pane.render()))
    assert not table.was_on_the_screens_thread


@pytest.mark.parametrize("case", sorted({*TROUBLED} - {"enrolment"}))
async def test_the_page_of_a_device_that_is_gone_is_in_sight_as_a_whole(
    tmp_path: Path, table: Table, case: str
) -> None:
    """After trouble, at 80 by 24: the line takes no more room than what it stands for."""
    app = app_at(table, tmp_path, stage.Script((TROUBLED[case],)))
    table.devices = ()
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "DevicePage")
        await says(pilot, GONE)
        middle = app.screen.query_one("#middle").region
        shown = app.screen.query("#trouble, #gone, DeviceCard, #reply *, .title")
        assert all(middle.contains_region(each.region) for each in shown), stage.text_of(app)


async def test_what_was_typed_stays_while_the_device_is_away(tmp_path: Path, table: Table) -> None:
    """A loose plug costs nobody a PIN half typed."""
    script = stage.Script((stage.ask_pin(),))
    app = app_at(table, tmp_path, script)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "DevicePage")
        await pilot.press(*stage.SECRET[:3])
        table.devices = ()
        await says(pilot, GONE)
        table.devices = stage.DEVICES
        await is_silent(pilot, GONE)
        await pilot.press(*stage.SECRET[3:], "enter")
        await stage.until(pilot, lambda: bool(script.answers))
    assert script.answers == [Pin(stage.SECRET)]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (DeviceBusyError(stage.ANN.found_in), f"Another program is using the device: {stage.ANN.found_in}"),
        (DeviceBusyError(stage.ANN.serial), "Another program is using the device: 10001"),
        (DeviceFaultError("PC/SC", "no service"), "No YubiKey can be seen: the smart card service does not answer"),
        (DeviceFaultError("another reader", "no answer"), GONE),
    ],
)
async def test_a_device_that_cannot_be_asked_is_not_called_gone(
    tmp_path: Path, table: Table, fault: DeviceError, said: str
) -> None:
    """Where the look itself fails, the page says that; what is wrong with other devices is no excuse."""
    table.devices, table.faults = (stage.BOB, stage.CYD), (fault,)
    app = app_at(table, tmp_path, stage.Script((stage.ask_pin(),)))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "DevicePage")
        await says(pilot, f"! {said}")
        await pilot.press("f1")
        told = str(app.screen.query_one("VerticalScroll Static").render())
        assert explain(fault).advice in told or said == GONE
        assert stage.ask_pin().explain in told


async def test_a_device_of_another_driver_with_the_same_serial_is_another_one(tmp_path: Path, table: Table) -> None:
    """What a PKCS#11 module shows under that serial does not stand for the YubiKey."""
    table.devices = (replace(stage.ANN, driver="pkcs11"),)
    app = app_at(table, tmp_path, stage.Script((stage.ask_pin(),)))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "DevicePage")
        await says(pilot, GONE)


@pytest.mark.parametrize("keys", [[*stage.SECRET, "enter"], ["escape"]], ids=["answered", "back"])
async def test_nobody_looks_any_more_once_the_engine_goes_on(tmp_path: Path, table: Table, keys: list[str]) -> None:
    """The answer waits for the look that is under way; a device that signs is then left alone."""
    busy: list[int] = []

    def engine(operator: Operator) -> Outcome:
        operator.show(stage.scene())
        with suppress(GoBack):
            operator.ask(stage.ask_pin())
        before = table.looks
        sleep(0.2)
        busy.append(table.looks - before)
        raise StoppedError("ann", "the end")

    table.go_on.clear()
    app = app_at(table, tmp_path, engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "DevicePage")
        await stage.until(pilot, table.began.is_set)
        await pilot.press(*keys)
        await says(pilot, "One moment")
        assert busy == []
        table.go_on.set()
        await stage.until(pilot, lambda: bool(busy))
    assert busy == [0]
    assert not table.was_on_the_screens_thread
