"""Who is here."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from ceremony.engine.questions import RollCall
from ceremony.tui.screens.question_page import QuestionPage
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import clean


class Person(Widget, can_focus=True):
    """One name with a box to mark; the space bar marks it, Enter does nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    def __init__(self, name: str, what: str) -> None:
        super().__init__()
        self.person = name
        self._what = what
        self.is_marked = False

    def render(self) -> Content:
        """The box, the name, and what the person does."""
        arrow = "▶" if self.has_focus else " "
        box = "[x] here" if self.is_marked else "[ ]     "
        return Content.assemble(f"{arrow} {box}  ", (clean(self.person), "bold"), f"  {clean(self._what)}")

    def get_content_height(self, *_sizes: object) -> int:
        """One line."""
        return 1

    def action_mark(self) -> None:
        """The box is turned over."""
        self.is_marked = not self.is_marked
        self.refresh()


class RollCallPage(QuestionPage[RollCall]):
    """A box for each name, none marked."""

    def compose_body(self) -> ComposeResult:
        """The names, in order."""
        for name, what in self.question.names:
            yield Person(name, what)

    def compose_reply(self) -> ComposeResult:
        """No, then those who are marked."""
        yield Choices(
            Choice("No", value=None, identity="no"), Choice("Yes: those marked are here", value=True, identity="yes")
        )

    def rest_on(self) -> Widget:
        """The first name, not marked."""
        return self.query(Person).first()

    def on_mount(self) -> None:
        """The space bar is not in the foot, so it is told here."""
        super().on_mount()
        self.hint("Space marks a name; ↑ and ↓ go from one to the next.")

    def choose(self, choice: Choice) -> None:
        """Yes needs at least one name."""
        present = tuple(each.person for each in self.query(Person) if each.is_marked)
        if choice.value is None:
            self.answer(None)
        elif present:
            self.answer(present)
        else:
            self.hint("Nobody is marked yet: go up to a name and press the space bar.")
