"""A terminal at which nobody sits: it types what a test wrote down, and keeps what it was asked."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console


@dataclass
class ScriptedTerminal:
    """Types `lines` one after another, then closes; an exception among them is raised instead.

    `secrets_asked` counts the prompts that hid what was typed.
    """

    lines: Sequence[str | type[BaseException]] = ()
    is_connected: bool = True
    prompts: list[str] = field(default_factory=list)
    secrets_asked: int = 0

    def is_there(self) -> bool:
        """Whether a test says so."""
        return self.is_connected

    def read_line(self, prompt: str) -> str:
        """The next line."""
        self.prompts.append(prompt)
        place = len(self.prompts) - 1
        line = self.lines[place] if place < len(self.lines) else EOFError
        if not isinstance(line, str):
            raise line
        return line

    def read_secret(self, prompt: str) -> str:
        """The next line, counted as hidden."""
        self.secrets_asked += 1
        return self.read_line(prompt)


def paper_console(width: int = 100) -> Console:
    """A console that keeps what is printed on it, without colours."""
    return Console(file=io.StringIO(), width=width, highlight=False, color_system=None)


def read_paper(console: Console) -> str:
    """What was printed on a paper console."""
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()
