"""Whoever looks for devices: never where the screens are drawn, and never two at once."""

from dataclasses import replace
from pathlib import Path
from threading import Event, Lock, current_thread, main_thread

from tui import stage

from ceremony.engine.questions import Missing
from ceremony.tui.app import CeremonyApp
from ceremony.tui.screens.my_device import MyDevicePage
from ceremony.tui.screens.welcome import WelcomePage
from ceremony.tui.wishes import Open
from hsm import DeviceInfo


class Slow:
    """A look that takes until it is let go, and remembers who looked and how many did at once."""

    def __init__(self) -> None:
        self.go_on = Event()
        self.began = Event()
        self.looks = 0
        self.at_once = 0
        self.most_at_once = 0
        self.was_on_the_screens_thread = False
        self._lock = Lock()

    def __call__(self) -> tuple[DeviceInfo, ...]:
        """The usual devices."""
        with self._lock:
            self.looks += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.was_on_the_screens_thread |= current_thread() is main_thread()
        self.began.set()
        self.go_on.wait(20)
        with self._lock:
            self.at_once -= 1
        return stage.DEVICES


async def test_a_slow_look_does_not_hold_up_the_page(tmp_path: Path) -> None:
    """While it goes on, keys are heard and the page can be answered; the answer is passed on when the look is over."""
    slow = Slow()
    script = stage.Script((stage.plug_in(slow),))
    app = stage.app_for(tmp_path, script)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "PlugInPage")
        await stage.until(pilot, slow.began.is_set)
        await pilot.press("f1")
        await stage.until(pilot, lambda: "What is this?" in stage.text_of(app))
        await pilot.press("enter", "tab", "enter")
        await stage.until(pilot, lambda: "One moment" in stage.told_on(app))
        assert script.answers == []
        slow.go_on.set()
        await stage.until(pilot, lambda: bool(script.answers))
    assert (slow.looks, slow.was_on_the_screens_thread) == (1, False)


async def test_looks_of_one_page_after_another_do_not_pile_up(tmp_path: Path) -> None:
    """The next page looks when the look of the page before is over, and that page does not look again."""
    slow = Slow()
    desk = replace(stage.desk(tmp_path), find=lambda: (tuple(map(stage.Lying, slow())), ()))
    app = CeremonyApp(desk, WelcomePage(desk))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.until(pilot, slow.began.is_set)
        app.screen.post_message(Open("device"))
        await stage.until(pilot, lambda: isinstance(app.screen, MyDevicePage))
        assert slow.looks == 1
        slow.go_on.set()
        await stage.until(pilot, lambda: len(app.screen.query("DeviceFactsView")) == 3)
    assert slow.most_at_once == 1
    assert not slow.was_on_the_screens_thread


async def test_escape_after_an_answer_goes_back_from_no_later_page(tmp_path: Path) -> None:
    """Somebody chooses a device and then presses Escape: the answer counts, and the next question stands."""
    slow = Slow()
    script = stage.Script((stage.plug_in(slow), stage.confirm()))
    app = stage.app_for(tmp_path, script)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "PlugInPage")
        await stage.until(pilot, slow.began.is_set)
        await pilot.press("tab", "enter", "escape", "escape")
        slow.go_on.set()
        await stage.shown(pilot, "ConfirmPage")
        await pilot.pause(0.05)
        assert script.answers == [Missing.LOOK_AGAIN]
