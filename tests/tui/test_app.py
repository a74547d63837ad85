"""The app: its front door, its cover, how it stops, and what it never does."""

import asyncio
import os
import pty
import subprocess
import sys
import termios
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.softhsm import softhsm
from tui import stage

from ceremony.core.plan import write_plan
from ceremony.core.token_uri import parse_token_uri
from ceremony.engine.bundle import Bundle
from ceremony.engine.practice import practice_plan, throwaway_online_key
from ceremony.engine.room import Operator
from ceremony.engine.sitting import Outcome
from ceremony.errors import RefusedError, StoppedError, TerminalError
from ceremony.settings import Settings
from ceremony.tui import app as front
from ceremony.tui.screens.done import DonePage
from ceremony.tui.screens.stop import Stop
from ceremony.tui.screens.too_small import TooSmall
from ceremony.tui.screens.trouble import TroublePage
from ceremony.tui.screens.welcome import WelcomePage
from ceremony.tui.this_machine import desk_for
from ceremony.tui.wishes import Begin, Sitting
from hsm import Pin
from hsm.errors import DeviceAbsentError


async def test_a_terminal_that_shrinks_is_covered_until_it_is_large_again(tmp_path: Path) -> None:
    """While it is too small no key answers anything; then the question is there as before."""
    script = stage.Script((stage.confirm(),))
    app = stage.app_for(tmp_path, script)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "ConfirmPage")
        await pilot.resize_terminal(79, 24)
        await stage.until(pilot, lambda: isinstance(app.screen, TooSmall))
        assert "79 columns" in stage.text_of(app)
        await pilot.press("tab", "enter", "escape", "ctrl+q")
        await pilot.resize_terminal(70, 20)
        await stage.until(pilot, lambda: "70 columns" in stage.text_of(app))
        await pilot.resize_terminal(80, 24)
        await stage.until(pilot, lambda: not isinstance(app.screen, TooSmall))
        assert script.answers == []


async def test_a_page_that_comes_while_the_terminal_is_too_small_is_covered_too(tmp_path: Path) -> None:
    """A sitting that ends under the cover stays covered."""
    waiting = stage.Waiting(stage.scene())
    app = stage.app_for(tmp_path, waiting)
    async with app.run_test(size=(60, 20)) as pilot:
        await stage.until(pilot, lambda: isinstance(app.screen, TooSmall))
        next(each for each in app.screen_stack if hasattr(each, "leave")).leave(0)
        waiting.go_on.set()
        await stage.until(pilot, lambda: any(isinstance(each, TroublePage) for each in app.screen_stack))
        await stage.until(pilot, lambda: isinstance(app.screen, TooSmall))


async def test_stopping_is_asked_once_and_rests_on_no(tmp_path: Path) -> None:
    """Ctrl+Q asks; Enter and Escape stay; a second Ctrl+Q asks nothing more."""
    script = stage.Script((stage.confirm(),))
    app = stage.app_for(tmp_path, script)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "ConfirmPage")
        for key in ("enter", "escape"):
            await pilot.press("ctrl+q", "ctrl+q")
            await stage.until(pilot, lambda: isinstance(app.screen, Stop))
            assert "Everything so far is kept" in stage.text_of(app)
            await pilot.press(key)
            await stage.until(pilot, lambda: not isinstance(app.screen, Stop))
        assert script.answers == []


async def test_whoever_stops_sees_where_everything_is_and_can_leave(tmp_path: Path) -> None:
    """Stop, then the page that says so, then out with the exit status of a stop."""
    (tmp_path / "bundle").mkdir()
    app = stage.app_for(tmp_path, stage.Script((stage.confirm(),)))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "ConfirmPage")
        await pilot.press("ctrl+q", "tab", "enter")
        await stage.until(pilot, lambda: isinstance(app.screen, TroublePage))
        assert "Where everything is kept" in stage.text_of(app)
        await pilot.press("f1")
        await stage.until(pilot, lambda: "What is this?" in stage.text_of(app))
        await pilot.press("enter", "ctrl+q", "tab", "enter")
        await stage.until(pilot, lambda: app.return_value is not None)
    assert app.return_value == 5


@pytest.mark.parametrize("key", ["enter", "escape"])
@pytest.mark.parametrize("error", [RefusedError("CLOCK-WINDOW", "now", "then"), DeviceAbsentError("10001")])
async def test_an_error_of_the_engine_is_explained_and_leads_home(tmp_path: Path, error: Exception, key: str) -> None:
    """Title, detail, what to do now; then the first page."""

    def fail(_operator: Operator) -> Outcome:
        raise error

    app = stage.app_for(tmp_path, fail)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.until(pilot, lambda: isinstance(app.screen, TroublePage))
        assert "What to do now" in stage.text_of(app)
        await pilot.press(key)
        await stage.until(pilot, lambda: isinstance(app.screen, WelcomePage))


async def test_a_touch_is_waited_for_with_a_countdown(tmp_path: Path) -> None:
    """The page names person and device; stopping meanwhile says that the work is finished first."""
    waiting = stage.Waiting(stage.scene(work=stage.working(seconds=1)))
    app = stage.app_for(tmp_path, waiting)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "WorkingPage")
        assert "ann: touch the gold disc of YubiKey 5C NFC 10001 NOW" in stage.text_of(app)
        assert "Without a touch in time nothing is signed" in stage.text_of(app)
        assert "1 of 3 signatures done" in stage.text_of(app)
        await stage.until(pilot, lambda: "time for the touch is over" in stage.text_of(app))
        await pilot.press("escape", "pagedown", "f1")
        await stage.until(pilot, lambda: "The program is busy" in stage.text_of(app))
        await pilot.press("enter", "ctrl+q", "tab", "enter")
        await stage.until(pilot, lambda: "Stopping: what is under way" in stage.text_of(app))
        waiting.go_on.set()
        await stage.until(pilot, lambda: isinstance(app.screen, TroublePage))


async def test_work_without_a_touch_asks_for_patience(tmp_path: Path) -> None:
    """With a person the device stays in; without one there is only waiting."""
    for work, told in (
        (stage.working(seconds=None), "ann: leave the device plugged in."),
        (stage.working(seconds=None, person="", device=None, total=0), "Please wait."),
    ):
        waiting = stage.Waiting(stage.scene(work=work))
        app = stage.app_for(
            tmp_path, lambda operator, waiting=waiting: (operator.show(waiting.shown), waiting(operator))[1]
        )
        async with app.run_test(size=(120, 40)) as pilot:
            await stage.shown(pilot, "WorkingPage")
            assert told in stage.text_of(app)
            waiting.go_on.set()


async def test_a_bug_is_shown_to_nobody_and_handed_to_the_caller(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What nobody foresaw ends the screens without a traceback on them; the engine's thread ends too."""

    def break_down(_operator: Operator) -> Outcome:
        secret = stage.SECRET
        raise ZeroDivisionError(len(secret))

    app = stage.app_for(tmp_path, break_down)
    await app.run_async(headless=True, size=(80, 24))
    assert isinstance(app.bug, ZeroDivisionError)
    printed = capsys.readouterr()
    assert printed.out + printed.err == ""


async def test_a_bug_in_a_page_ends_the_engine_too(tmp_path: Path) -> None:
    """The question that was open is answered by a stop, so that no thread waits for ever."""
    script = stage.Script((stage.confirm(),))
    app = stage.app_for(tmp_path, script)

    async def break_down(pilot: Any) -> None:  # noqa: ANN401  # a pilot
        await stage.shown(pilot, "ConfirmPage")
        app.call_later(lambda: 1 // 0)
        await asyncio.sleep(0.2)

    await app.run_async(headless=True, size=(80, 24), auto_pilot=break_down)
    assert isinstance(app.bug, ZeroDivisionError)
    assert script.is_over.wait(10)
    assert isinstance(script.answers[0], StoppedError)


def test_no_terminal_and_a_small_one_are_refused(tmp_path: Path) -> None:
    """A file is no terminal; one of 79 columns is too small; one of 80 by 24 will do."""
    with (tmp_path / "file").open("w") as file, pytest.raises(TerminalError) as error:
        front.check_terminal((file.fileno(),))
    assert (error.value.columns, error.value.rows) == (0, 0)
    master, slave = pty.openpty()
    try:
        for size, is_good in (((79, 24), False), ((80, 23), False), ((80, 24), True)):
            set_size(slave, *size)
            if is_good:
                front.check_terminal((slave, slave))
            else:
                with pytest.raises(TerminalError):
                    front.check_terminal((slave, slave))
        with (tmp_path / "file").open("w") as file, pytest.raises(TerminalError):
            front.check_terminal((file.fileno(), slave))
    finally:
        os.close(master)
        os.close(slave)


def set_size(descriptor: int, columns: int, rows: int) -> None:
    """The terminal has this size."""
    termios.tcsetwinsize(descriptor, (rows, columns))


def test_without_a_terminal_the_program_refuses_before_it_draws() -> None:
    """`run` raises, for the front door to explain."""
    code = "from ceremony.settings import Settings; from ceremony.tui.app import run; run(Settings())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=60
    )
    assert "TerminalError(columns=0, rows=0)" in done.stderr
    assert done.stdout == ""


def test_no_variable_makes_the_screens_write_or_listen() -> None:
    """Variables by which Textual keeps keys, takes pictures or opens a console are gone before it reads them."""
    code = (
        "import os, ceremony.tui.app as app; from textual import constants; "
        "print(constants.LOG_FILE, constants.SCREENSHOT_DELAY, os.environ.get('TEXTUAL'))"
    )
    loud = {**os.environ, "TEXTUAL": "devtools,debug", "TEXTUAL_LOG": "keys.log", "TEXTUAL_SCREENSHOT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=loud, check=True, timeout=60
    )
    assert done.stdout.split() == ["None", "-1", "None"]


def test_run_returns_the_status_and_raises_a_bug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit status is the app's; what nobody foresaw is raised for whoever called."""
    monkeypatch.setattr(front, "check_terminal", lambda: None)
    monkeypatch.setattr(front.CeremonyApp, "run", lambda _self, mouse: 5 if not mouse else 0)
    assert front.run(Settings(pkcs11_modules=()), tmp_path) == 5

    def break_down(self: front.CeremonyApp, mouse: bool) -> None:  # noqa: ARG001, FBT001  # as Textual calls it
        self.bug = ZeroDivisionError()

    monkeypatch.setattr(front.CeremonyApp, "run", break_down)
    with pytest.raises(ZeroDivisionError):
        front.run(Settings(pkcs11_modules=()), tmp_path)


def test_the_desk_is_this_machine(tmp_path: Path) -> None:
    """Devices come from the settings, practice devices from their folder, the clock is UTC."""
    only_software = Settings(pkcs11_modules=(), yubikeys=False, software_folder=tmp_path / "devices")
    desk = desk_for(replace(only_software, attestation_folders=(tmp_path,)), tmp_path)
    (tmp_path / "devices").mkdir()
    desk.make_device(tmp_path / "devices", "77", "ann", Pin("123456"))
    assert [each.info.serial for each in desk.find()[0]] == ["77"]
    assert [each.info.serial for each in desk.practice_devices(tmp_path / "devices")] == ["77"]
    assert desk.clock().utcoffset() is not None
    assert (desk.folder, desk.authorities) == (tmp_path, (tmp_path,))


def test_of_a_module_only_the_tokens_count_that_the_settings_name(tmp_path: Path) -> None:
    """The others are on the table for somebody else."""
    with softhsm(tmp_path / "tokens", {"ann": "271828", "bob": "314159"}) as module:
        settings = Settings(pkcs11_modules=(module,), yubikeys=False)
        seen = desk_for(settings, tmp_path).find()[0]
        assert sorted(each.info.label for each in seen) == ["ann", "bob"]
        named = replace(settings, tokens={module: (parse_token_uri("pkcs11:token=ann"),)})
        assert [each.info.label for each in desk_for(named, tmp_path).find()[0]] == ["ann"]


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_the_end_of_a_ceremony_leads_home(tmp_path: Path, key: str) -> None:
    """The last page of a real ceremony says what happens with the devices; Enter and Escape lead home; F1 explains."""
    plan = replace(stage.plan(), is_rehearsal=False)
    outcome = Outcome(tmp_path / "bundle", tmp_path / "release", Bundle("release", plan, b"plan"))
    desk = stage.desk(tmp_path)
    app = front.CeremonyApp(desk, DonePage(desk, outcome))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#home")
        assert "locks it away" in stage.text_of(app)
        await pilot.press(key)
        await stage.until(pilot, lambda: isinstance(app.screen, WelcomePage))


async def test_a_real_sitting_looks_at_the_devices_of_the_machine(tmp_path: Path) -> None:
    """Without a folder of practice devices, the devices are those that are plugged in."""
    looked: list[bool] = []
    found = replace(stage.desk(tmp_path), find=lambda: (looked.append(True), ((), ()))[1])
    app = front.CeremonyApp(found)
    text = write_plan(practice_plan(("ann", "bob"), 2, stage.NOW, throwaway_online_key())).encode()
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#rehearse")
        app.post_message(Begin(Sitting(text, "plan.toml", tmp_path / "bundle")))
        await stage.shown(pilot, "ConfirmPage")
        await pilot.press("tab", "enter")
        await stage.shown(pilot, "RollCallPage")
        looked.clear()
        await pilot.press("space", "tab", "tab", "tab", "enter")
        await stage.shown(pilot, "PlugInPage")
        await stage.until(pilot, lambda: bool(looked))
