"""Where people type: lines in sight and PINs out of sight, from a terminal and from nowhere else."""

import getpass
import sys
import warnings
from typing import Protocol

from ceremony.errors import TerminalError


class Terminal(Protocol):
    """A keyboard and whoever sits at it."""

    def is_there(self) -> bool:
        """True when somebody can be asked."""
        ...

    def read_line(self, prompt: str) -> str:
        """What was typed, up to Enter.

        Raises: EOFError when the terminal is closed; KeyboardInterrupt for Ctrl-C.
        """
        ...

    def read_secret(self, prompt: str) -> str:
        """The same, without showing what is typed.

        Raises: EOFError; KeyboardInterrupt; TerminalError where typing cannot be hidden.
        """
        ...


class StandardTerminal:
    """The terminal that the program was started in."""

    def is_there(self) -> bool:
        """True when both standard input and standard output are a terminal."""
        return sys.stdin.isatty() and sys.stdout.isatty()

    def read_line(self, prompt: str) -> str:
        """What was typed, up to Enter."""
        return input(prompt)

    def read_secret(self, prompt: str) -> str:
        """What was typed, up to Enter, never shown.

        Raises: TerminalError where the terminal cannot hide it.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            try:
                return getpass.getpass(prompt)
            except getpass.GetPassWarning as warning:
                raise TerminalError(0, 0) from warning
