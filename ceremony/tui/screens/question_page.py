"""What every page of a question has: who acts, the one thing to do, what should be seen, and one answer."""

from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from ceremony.engine.questions import Question
from ceremony.tui.screens.page import trouble_lines
from ceremony.tui.widgets.choice import Choice
from ceremony.tui.widgets.fact import Fact
from ceremony.tui.widgets.ink import bold, clean, loud
from ceremony.tui.widgets.lookout import Lookout

Asks = TypeVar("Asks", bound=Question)  # type: ignore[type-arg]  # a page does not care what its answer is


class Answered(Message):
    """Somebody answered the question of a page."""

    def __init__(self, answer: object) -> None:
        super().__init__()
        self.answer = answer


class QuestionPage(Vertical, Generic[Asks]):
    """A page; each kind says what it shows (`compose_body`), how it is answered (`compose_reply`), where it rests."""

    is_long: ClassVar[bool] = False
    """True where the body takes all the space there is, and scrolls."""
    is_tall: ClassVar[bool] = False
    """True where a low screen has no room for the record beside the page."""

    def __init__(self, question: Asks) -> None:
        super().__init__(classes="-long" if self.is_long else "")
        self.question = question
        self.is_answered = False

    def compose(self) -> ComposeResult:
        """Title, action, expectation, trouble, body, reply, and room for a hint."""
        question = self.question
        who = "" if question.person in question.title else f"  · {clean(question.person)}"
        yield Static(Content.assemble(bold(question.title), who), classes="title")
        yield Fact("Do", question.action)
        yield Fact("Expect", question.expect, "expect")
        yield from self.compose_notice()
        if question.trouble is not None:
            with VerticalScroll(id="trouble", classes="scrolls", can_focus=False):
                yield Static(trouble_lines(question.trouble))
        with VerticalScroll(id="body", classes="scrolls", can_focus=False):
            yield from self.compose_body()
        with Vertical(id="reply"):
            yield from self.compose_reply()
        yield Static(id="hint", markup=False)

    def compose_notice(self) -> ComposeResult:
        """What may have to be said in place of what should be seen."""
        yield from ()

    def compose_body(self) -> ComposeResult:
        """What there is to look at."""
        yield from ()

    def compose_reply(self) -> ComposeResult:
        """What can be answered, No first."""
        yield from ()

    def rest_on(self) -> Widget:
        """Where the page rests: No, or an empty line."""
        return self.query_one("#no")

    def on_mount(self) -> None:
        """The page rests on No."""
        self.rest_on().focus()

    @property
    def explanation(self) -> str:
        """The longer answer to "what is this?"."""
        return self.question.explain

    async def finish(self) -> None:
        """Nobody looks any more, and the answer can be passed on: a device module is used by one thread at a time."""
        for each in self.query(Lookout):
            self.hint("One moment: the last look at the devices is under way.")
            await each.finish()

    def hint(self, text: str) -> None:
        """The line at the foot says this."""
        self.query_one("#hint", Static).update(loud(text))

    def answer(self, answer: object) -> None:
        """This is the answer; a page takes one."""
        if not self.is_answered:
            self.is_answered = True
            self.post_message(Answered(answer))

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """A choice stands for its value."""
        message.stop()
        self.choose(message.choice)

    def choose(self, choice: Choice) -> None:
        """Somebody chose this."""
        self.answer(choice.value)
