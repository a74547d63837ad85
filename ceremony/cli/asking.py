"""One line of somebody's own at the plain terminal, in sight or out of it; q, Ctrl-C and a closed terminal stop."""

from ceremony.cli.desk import Desk
from ceremony.errors import StoppedError, TerminalError
from hsm import Pin

_PERSON = "the operator"


def read_line(desk: Desk, prompt: str) -> str:
    """What somebody typed, without the spaces around it.

    Raises: StoppedError; TerminalError without a terminal.
    """
    return _read(desk, prompt, is_secret=False).strip()


def read_secret(desk: Desk, prompt: str) -> Pin | None:
    """What somebody typed and nobody saw; None for nothing.

    Raises: StoppedError; TerminalError without a terminal.
    """
    line = _read(desk, prompt, is_secret=True)
    return Pin(line) if line else None


def _read(desk: Desk, prompt: str, *, is_secret: bool) -> str:
    if not desk.terminal.is_there():
        raise TerminalError(0, 0)
    try:
        line = desk.terminal.read_secret(prompt) if is_secret else desk.terminal.read_line(prompt)
    except (EOFError, KeyboardInterrupt) as error:
        raise StoppedError(_PERSON, prompt.strip()) from error
    if line.strip().casefold() == "q":
        raise StoppedError(_PERSON, prompt.strip())
    return line
