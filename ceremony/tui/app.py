"""The front door of the screens: what they need of this machine, the app, and its exit status."""

import os
import resource
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.geometry import Size
from textual.theme import Theme

from ceremony.core.plan import parse_plan
from ceremony.core.roster import Enrolment
from ceremony.engine.elsewhere import Answered
from ceremony.engine.sitting import Outcome
from ceremony.errors import TerminalError
from ceremony.explain import explain
from ceremony.settings import Settings
from ceremony.tui.desk import Desk
from ceremony.tui.engines import engine_for
from ceremony.tui.screens.answered import AnsweredPage
from ceremony.tui.screens.bundle import BundlePage
from ceremony.tui.screens.codes import CodesPage
from ceremony.tui.screens.done import DonePage
from ceremony.tui.screens.doors import BeginPage, DevicesPage, LookPage
from ceremony.tui.screens.elsewhere import ElsewherePage
from ceremony.tui.screens.emergency import EmergencyPage
from ceremony.tui.screens.enrol_alone import EnrolAlonePage
from ceremony.tui.screens.enrolled import EnrolledPage
from ceremony.tui.screens.follow import FollowPage
from ceremony.tui.screens.forecast import ForecastPage
from ceremony.tui.screens.foreign import ForeignPage
from ceremony.tui.screens.my_device import MyDevicePage
from ceremony.tui.screens.page import Page
from ceremony.tui.screens.plan import PlanPage
from ceremony.tui.screens.practice_card import PracticeCardPage
from ceremony.tui.screens.rehearse import RehearsePage
from ceremony.tui.screens.resume import ResumePage
from ceremony.tui.screens.send import SendPage
from ceremony.tui.screens.sitting import SittingScreen
from ceremony.tui.screens.stop import Stop
from ceremony.tui.screens.take_in import TakeInPage
from ceremony.tui.screens.take_over import TakeOverPage
from ceremony.tui.screens.too_small import TooSmall, is_too_small
from ceremony.tui.screens.trouble import TroublePage
from ceremony.tui.screens.verify import VerifyPage
from ceremony.tui.screens.welcome import WelcomePage
from ceremony.tui.this_machine import desk_for
from ceremony.tui.wishes import Begin, Codes, Ended, Follow, Home, Open, Ready, Send, Stand, TakeIn, TakeOver

THEME = Theme(
    name="ceremony",
    primary="#5f9ea0",
    secondary="#87afd7",
    accent="#87d7d7",
    warning="#ffb454",
    error="#ff6b6b",
    success="#8fd694",
    foreground="#e6e6e6",
    background="#10151a",
    surface="#10151a",
    panel="#1c242c",
)

PAGES: dict[str, type[Page]] = {
    "begin": BeginPage,
    "plan": PlanPage,
    "follow": FollowPage,
    "emergency": EmergencyPage,
    "resume": ResumePage,
    "elsewhere": ElsewherePage,
    "devices": DevicesPage,
    "enrol": EnrolAlonePage,
    "device": MyDevicePage,
    "look": LookPage,
    "forecast": ForecastPage,
    "verify": VerifyPage,
    "foreign": ForeignPage,
    "rehearse": RehearsePage,
}


class CeremonyApp(App[int], inherit_bindings=False):
    """The screens: one page at a time, below it what was there before, above it at most one question and the cover."""

    TITLE = "Ceremony"
    CSS_PATH = "ceremony.tcss"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q,ctrl+c", "stop", show=False, priority=True)]

    def __init__(self, desk: Desk, first: Page | None = None) -> None:
        """An app at this desk that opens with `first`, or with the welcome."""
        super().__init__()
        self._first = first
        self.desk = desk
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-tall")]
        self.bug: Exception | None = None
        self._status = 0
        self.animation_level = "none"
        self.register_theme(THEME)
        self.theme = "ceremony"

    async def on_mount(self) -> None:
        """The first page is open."""
        await self.push_screen(self._first or WelcomePage(self.desk))
        self._cover(self.size)

    def on_resize(self, event: Resize) -> None:
        """The cover is up exactly while the terminal is too small."""
        if self._page is not None:
            self._cover(event.size)

    def _cover(self, size: Size) -> None:
        is_small, is_covered = is_too_small(*size), isinstance(self.screen, TooSmall)
        if is_small and not is_covered:
            self.push_screen(TooSmall())
        elif is_covered and not is_small:
            self.pop_screen()

    def action_stop(self) -> None:
        """Somebody wants to stop: they are asked once, resting on No."""
        page = self._page
        if page is not None and not isinstance(self.screen, (Stop, TooSmall)):
            self.push_screen(Stop(page.leave_question, page.leave_detail), self._stop)

    @on(Home)
    async def _open_welcome(self) -> None:
        await self._go(WelcomePage(self.desk))

    @on(Open)
    async def _open_page(self, message: Open) -> None:
        await self._go(PAGES[message.page](self.desk))

    @on(Follow)
    async def _open_plan(self, message: Follow) -> None:
        await self._go(PlanPage(self.desk, message.plan, message.trusted, message.pinned))

    @on(TakeOver)
    async def _open_take_over(self, message: TakeOver) -> None:
        await self._go(TakeOverPage(self.desk, message.folder, message.pinned))

    @on(Stand)
    async def _open_bundle(self, message: Stand) -> None:
        await self._go(BundlePage(self.desk, message.folder))

    @on(Send)
    async def _open_send(self, message: Send) -> None:
        await self._go(SendPage(self.desk, message.folder, message.plan))

    @on(TakeIn)
    async def _open_take_in(self, message: TakeIn) -> None:
        await self._go(TakeInPage(self.desk, message.sitting))

    @on(Codes)
    async def _open_codes(self, message: Codes) -> None:
        await self.push_screen(CodesPage(self.desk, message.codes, message.pictures, message.plan))

    @on(Ready)
    async def _open_card(self, message: Ready) -> None:
        sitting = message.sitting
        await self._go(PracticeCardPage(self.desk, parse_plan(sitting.plan_text, sitting.plan_name), sitting))

    @on(Begin)
    async def _open_sitting(self, message: Begin) -> None:
        sitting = message.sitting
        plan = parse_plan(sitting.plan_text, sitting.plan_name)
        await self._go(SittingScreen(self.desk, plan, sitting, engine_for(self.desk, sitting)))

    @on(Ended)
    async def _open_ending(self, message: Ended) -> None:
        ending, folder = message.ending, message.folder
        page: Page
        self._status = 0
        match ending:
            case Outcome():
                page = DonePage(self.desk, ending)
            case Enrolment():
                page = EnrolledPage(self.desk, ending, folder)
            case Answered():
                page = AnsweredPage(self.desk, ending)
            case bool():
                page = BundlePage(self.desk, folder)
            case _:
                self._status = explain(ending).status
                page = TroublePage(self.desk, ending, str(folder) if folder.exists() else "")
        await self._go(page)

    async def _go(self, page: Page) -> None:
        while len(self.screen_stack) > 2:  # noqa: PLR2004  # Textual's own empty screen, and one page
            await self.pop_screen()
        await self.switch_screen(page)
        self._cover(self.size)

    def _stop(self, is_agreed: bool | None) -> None:  # noqa: FBT001  # the signature of a dialog's answer
        if is_agreed and self._page is not None:
            self._page.leave(self._status)

    @property
    def _page(self) -> Page | None:
        return next((each for each in reversed(self.screen_stack) if isinstance(each, Page)), None)

    def _handle_exception(self, error: Exception) -> None:
        # Textual 8 would show a traceback with local variables, where a PIN may be. `run` raises the error instead.
        self.bug = self.bug or getattr(error, "error", None) or error
        super()._handle_exception(error)

    def _print_error_renderables(self) -> None:
        self._exit_renderables.clear()


def run(settings: Settings, folder: Path | None = None) -> int:
    """The exit status of the screens: that of the last sitting, 0 if there was none. Ceremonies are kept in `folder`.

    Raises: TerminalError if the terminal is too small, or is none. What nobody foresaw is raised once the screens are
    closed, for whoever called to write down.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    check_terminal()
    app = CeremonyApp(desk_for(settings, folder or Path.cwd()))
    status = app.run(mouse=False)
    if app.bug is not None:
        raise app.bug
    return status or 0


def check_terminal(descriptors: tuple[int, ...] = (0, 1, 2)) -> None:
    """Input, output and errors (where Textual draws) are a terminal that is large enough.

    Raises: TerminalError.
    """
    try:
        columns, rows = os.get_terminal_size(descriptors[-1])
    except OSError:
        raise TerminalError(0, 0) from None
    if not all(os.isatty(each) for each in descriptors):
        raise TerminalError(0, 0)
    if is_too_small(columns, rows):
        raise TerminalError(columns, rows)
