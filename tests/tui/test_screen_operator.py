"""The operator between the engine's thread and the screens."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from textual.message import Message
from tui import stage

from ceremony.engine.questions import GoBack
from ceremony.errors import StoppedError
from ceremony.tui.screen_operator import Asked, ScreenOperator, Shown


class Screen:
    """Whoever hears what the operator posts, and answers at once."""

    def __init__(self, *, is_open: bool = True) -> None:
        self.heard: list[Message] = []
        self.is_open = is_open
        self.operator = ScreenOperator(self.post)
        self.react = lambda: self.operator.answer(value=True)

    def post(self, message: Message) -> bool:
        """The message is heard; a question is reacted to."""
        self.heard.append(message)
        if isinstance(message, Asked):
            self.react()
        return self.is_open


def test_an_answer_reaches_the_engine_and_only_the_first_counts() -> None:
    """What was answered twice keeps its first answer; an answer to nothing is nothing."""
    screen = Screen()

    def twice() -> None:
        screen.operator.answer(value=True)
        screen.operator.answer(value=False)

    screen.react = twice
    with ThreadPoolExecutor(1) as engine:
        assert engine.submit(screen.operator.ask, stage.confirm()).result(10) is True
    screen.operator.go_back()


def test_going_back_is_an_answer() -> None:
    """The engine hears GoBack."""
    screen = Screen()
    screen.react = screen.operator.go_back
    with pytest.raises(GoBack):
        screen.operator.ask(stage.confirm())


def test_once_hung_up_every_question_ends_the_sitting() -> None:
    """The open question and every later one say who stopped, and where."""
    screen = Screen()
    screen.react = screen.operator.hang_up
    for _ in range(2):
        with pytest.raises(StoppedError) as error:
            screen.operator.ask(stage.confirm())
        assert (error.value.by, error.value.stage) == ("ann", "ann: one thing to do")
    assert len(screen.heard) == 1


def test_a_screen_that_is_gone_stops_the_engine() -> None:
    """Nobody will ever answer there."""
    screen = Screen(is_open=False)
    screen.react = lambda: None
    with pytest.raises(StoppedError):
        screen.operator.ask(stage.confirm())


def test_what_is_shown_is_on_its_way() -> None:
    """A scene is posted; an entry is drawn with the scene that follows it."""
    screen = Screen()
    screen.operator.tell(stage.scene().transcript[0])
    screen.operator.show(stage.scene())
    assert [type(each) for each in screen.heard] == [Shown]
