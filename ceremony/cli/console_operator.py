"""The plain console as operator: pages in sequence, questions that rest on No, PINs from the keyboard alone."""

from typing import TypeVar, cast

from rich.console import Console
from rich.text import Text

from ceremony.cli.drawing import draw_explanation, plain
from ceremony.cli.readings import Reading, reading_of
from ceremony.cli.review_drawing import draw_standings
from ceremony.cli.terminal import Terminal
from ceremony.core.tally import Standing
from ceremony.core.transcript import Entry
from ceremony.engine.questions import GoBack, Question
from ceremony.engine.room import Scene, Work
from ceremony.errors import StoppedError, TerminalError
from ceremony.explain import explain

_Answer = TypeVar("_Answer")


class ConsoleOperator:
    """Whoever sits at a plain terminal; nothing that they were shown scrolls away but by itself."""

    def __init__(self, out: Console, terminal: Terminal) -> None:
        self._out = out
        self._terminal = terminal
        self._is_rehearsal = False
        self._step = ""
        self._standings: tuple[Standing, ...] = ()
        self._work: Work | None = None

    def tell(self, entry: Entry) -> None:
        """The entry stands on the screen, in one line."""
        mark, style = ("*", "green") if entry.result == "done" else ("!", "yellow")
        self._out.print(plain(f"{mark} {entry.time:%H:%M:%S} {entry.note}", style))

    def show(self, scene: Scene) -> None:
        """What is new in the scene stands on the screen: the step, the signatures, the work at hand."""
        self._is_rehearsal = scene.plan.is_rehearsal
        for number, step in enumerate(scene.steps, start=1):
            if step.state == "current" and step.id != self._step:
                self._step = step.id
                self._out.rule(plain(f"Step {number} of {len(scene.steps)}: {step.title}", "bold"))
        if scene.standings and scene.standings != self._standings:
            self._out.print(draw_standings(scene.standings))
        if scene.work is not None and scene.work != self._work:
            self._out.print(_draw_work(scene.work))
        self._standings, self._work = scene.standings, scene.work

    def ask(self, question: Question[_Answer]) -> _Answer:
        """What somebody typed as the answer.

        Raises: GoBack; StoppedError, also when the terminal closes; TerminalError without a terminal.
        """
        if not self._terminal.is_there():
            raise TerminalError(0, 0)
        reading = reading_of(question)
        self._draw(question, reading)
        while True:
            line = self._read(question, reading)
            if self._is_command(question, line):
                continue
            if reading.is_typed_twice and line and self._read(question, reading, " again") != line:
                self._out.print(plain("The two were not the same. Type both once more.", "yellow"))
                continue
            try:
                return cast("_Answer", reading.parse(line))
            except ValueError as unclear:
                self._out.print(plain(str(unclear), "yellow"))

    def _draw(self, question: Question[_Answer], reading: Reading) -> None:
        mark = ("  REHEARSAL ", "bold black on yellow") if self._is_rehearsal else ("", "")
        self._out.print(Text.assemble("\n", plain(question.title, "bold underline"), mark))
        if question.trouble is not None:
            self._out.print(draw_explanation(explain(question.trouble)))
        self._out.print(Text.assemble(("Do: ", "bold"), plain(question.action)))
        self._out.print(Text.assemble(("See: ", "bold"), plain(question.expect)))
        self._out.print(reading.body)
        back = ", b = back" if question.can_go_back else ""
        self._out.print(plain(f"[{reading.legend}{back}, ? = what is this, q = stop]", "dim"))

    def _read(self, question: Question[_Answer], reading: Reading, once_more: str = "") -> str:
        prompt = f"{question.person}{once_more}> "
        try:
            return self._terminal.read_secret(prompt) if reading.is_secret else self._terminal.read_line(prompt).strip()
        except (EOFError, KeyboardInterrupt) as error:
            raise StoppedError(question.person, question.title) from error

    def _is_command(self, question: Question[_Answer], line: str) -> bool:
        """True when the line was a question of its own, and was answered."""
        match line.casefold():
            case "q":
                raise StoppedError(question.person, question.title)
            case "b" if question.can_go_back:
                raise GoBack
            case "b":
                self._out.print(plain("There is no page before this one.", "yellow"))
            case "?":
                self._out.print(plain(question.explain, "italic"))
            case _:
                return False
        return True


def _draw_work(work: Work) -> Text:
    touch = f" {work.person}: TOUCH your device now, within {work.seconds} seconds." if work.seconds else ""
    steps = f" ({work.done + 1} of {work.total})" if work.total else ""
    return plain(f"... {work.what}{steps}.{touch}", "bold" if touch else "")
