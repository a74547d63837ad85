"""The sitting: the engine's questions in the middle, and around them all that it shows."""

from collections.abc import Callable
from typing import Any

from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical

from ceremony.core.plan import Plan
from ceremony.engine.questions import AskPin, Question
from ceremony.engine.room import Scene
from ceremony.errors import CeremonyError
from ceremony.tui.desk import Desk
from ceremony.tui.engines import Engine
from ceremony.tui.screen_operator import Asked, ScreenOperator, Shown
from ceremony.tui.screens.device_page import DevicePage
from ceremony.tui.screens.page import Page
from ceremony.tui.screens.pages import page_for
from ceremony.tui.screens.plug_in import PluggedIn
from ceremony.tui.screens.question_page import Answered, QuestionPage
from ceremony.tui.screens.what_is_this import WhatIsThis
from ceremony.tui.screens.working import WorkingPage
from ceremony.tui.widgets.device_pane import DevicePane, Holders, holders_in
from ceremony.tui.widgets.key_line import BACK, HELP, MOVE, STOP, KeyLine
from ceremony.tui.widgets.masthead import Masthead
from ceremony.tui.widgets.quorum_pane import QuorumPane, QuorumStrip
from ceremony.tui.widgets.step_rail import ProgressStrip, StepRail
from ceremony.tui.widgets.transcript_tail import TranscriptTail
from ceremony.tui.wishes import Ended, Ending, Sitting
from hsm import DeviceInfo
from hsm.errors import DeviceError

_PATIENCE = "The program is busy. As soon as it needs somebody, a question stands here."


class SittingScreen(Page):
    """Runs one sitting in a thread of its own, and tells how it ended."""

    leave_question = "Stop here?"
    leave_detail = "Everything so far is kept. The ceremony goes on from its bundle whenever you resume it."

    def __init__(self, desk: Desk, plan: Plan, sitting: Sitting, engine: Engine) -> None:
        super().__init__(desk, plan)
        self._engine = engine
        self._sitting = sitting
        self._operator = ScreenOperator(self.post_message)
        self._page: QuestionPage[Any] | WorkingPage | None = None
        self._holders: Holders = {}
        self._on_record: tuple[DeviceInfo, ...] | None = None

    def compose(self) -> ComposeResult:
        """Head, rail, middle, panes, tail, foot."""
        yield Masthead(self.desk.clock, self._plan)
        yield ProgressStrip(id="progress")
        with Horizontal(id="floor"):
            yield StepRail(id="rail")
            yield Container(id="middle")
            with Vertical(id="panes"):
                yield QuorumPane()
                yield DevicePane()
        yield QuorumStrip(id="quorum")
        yield TranscriptTail()
        yield KeyLine(self.keys)

    def on_mount(self) -> None:
        """The engine runs."""
        self.run_worker(self._run, thread=True)

    def on_unmount(self) -> None:
        """The engine is told that nobody answers any more."""
        self._operator.hang_up()

    async def on_asked(self, message: Asked) -> None:
        """A question has come: its page is drawn."""
        page = page_for(message.question)
        await self._draw(page)
        if isinstance(page, DevicePage):
            await page.watch_for_it(lambda: self.desk.look(self._sitting.devices))
        can_go_back = message.question.can_go_back
        self.query_one(KeyLine).show(MOVE + (BACK if can_go_back else ()) + HELP + STOP)
        if self._practice_pin(message.question):
            page.hint("This is a rehearsal: F1 shows the practice PIN of this device.")

    async def on_shown(self, message: Shown) -> None:
        """The scene has changed: what stands around the question is drawn anew."""
        scene = message.scene
        self.query_one(Masthead).show(scene.plan)
        self.query_one(StepRail).show(scene.steps)
        self.query_one(ProgressStrip).show(scene.steps)
        self.query_one(QuorumPane).show(scene)
        self.query_one(QuorumStrip).show(scene)
        self._holders = holders_in(scene)
        if scene.devices != self._on_record:  # else a page has looked since
            self._on_record = scene.devices
            self.query_one(DevicePane).show(scene.devices, self._holders)
        self.query_one(TranscriptTail).show(scene.transcript)
        await self._show_work(scene)

    def on_answered(self, message: Answered) -> None:
        """The engine has its answer, as soon as the page is finished; keys are heard meanwhile."""
        if isinstance(self._page, QuestionPage):
            self.run_worker(self._pass_on(self._page, lambda: self._operator.answer(message.answer)))

    def on_plugged_in(self, message: PluggedIn) -> None:
        """A page saw other devices than before."""
        self.query_one(DevicePane).show(message.devices, self._holders)
        self._make_room(is_needed=bool(message.faults))

    async def action_back(self) -> None:
        """The page before this one is asked for, where there is one."""
        page = self._page
        if isinstance(page, QuestionPage) and not page.is_answered:
            if page.question.can_go_back:
                page.is_answered = True
                self.run_worker(self._pass_on(page, self._operator.go_back))
            else:
                page.hint("There is no page before this one. Ctrl+Q stops the ceremony.")

    def action_explain(self) -> None:
        """Somebody asked what this is."""
        page = self._page
        text = page.explanation if isinstance(page, QuestionPage) else _PATIENCE
        pin = self._practice_pin(page.question) if isinstance(page, QuestionPage) else ""
        told = f"{text}\n\nThe practice PIN of this software device is {pin}. It is worth nothing." if pin else text
        self.app.push_screen(WhatIsThis(told))

    def leave(self, _status: int) -> None:
        """Somebody stops here: the engine ends the sitting as soon as it can."""
        if isinstance(self._page, WorkingPage):
            self._page.hint("Stopping: what is under way is finished first.")
        self._operator.hang_up()

    def _run(self) -> None:
        ending: Ending
        try:
            ending = self._engine(self._operator)
        except (CeremonyError, DeviceError) as error:
            ending = error
        self.post_message(Ended(ending, self._sitting.folder))

    @staticmethod
    async def _pass_on(page: QuestionPage[Any], tell: Callable[[], None]) -> None:
        await page.finish()
        tell()

    async def _show_work(self, scene: Scene) -> None:
        if scene.work is not None and not (isinstance(self._page, WorkingPage) and self._page.work == scene.work):
            await self._draw(WorkingPage(scene.work))
            self.query_one(KeyLine).show(HELP + STOP)

    async def _draw(self, page: "QuestionPage[Any] | WorkingPage") -> None:
        middle = self.query_one("#middle")
        self._page = page
        self.set_class(isinstance(page, QuestionPage) and page.is_long, "-roomy")
        self._make_room()
        await middle.remove_children()
        await middle.mount(page)

    def _make_room(self, *, is_needed: bool = False) -> None:
        """A low screen gives the page the place of the record, where the page needs it."""
        page = self._page
        is_tall = isinstance(page, QuestionPage) and (page.is_tall or page.question.trouble is not None)
        self.set_class(is_tall or is_needed, "-tight")

    def _practice_pin(self, question: Question[Any]) -> str:
        if isinstance(question, AskPin) and question.device.serial in self._sitting.pins:
            return self._sitting.pins[question.device.serial].secret
        return ""
