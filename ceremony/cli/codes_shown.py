"""QR codes for people: drawn black on white on a plain terminal, one after the other, or saved to print."""

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from ceremony.cli.desk import Desk
from ceremony.cli.drawing import plain
from ceremony.engine.disk import create_file
from ceremony.engine.qr import WIDE, qr_lines, qr_size, qr_svg
from ceremony.errors import StoppedError

_INK = "#000000 on #ffffff"
_COLOURLESS = "This terminal shows no colours. If its letters are light on dark, no scanner may read what follows."
_MARGIN = 2
"""The rows below a code in which somebody is asked something."""


def code_room(desk: Desk) -> tuple[int, int]:
    """The columns and rows that a code may take at most on this desk's screen."""
    if not desk.out.is_terminal:
        return WIDE
    return max(desk.out.width, WIDE[0]), max(desk.out.height - _MARGIN, WIDE[1])


def show_codes(desk: Desk, texts: Sequence[str], what: str) -> None:
    """Each code stood on the screen, as large as it is, until somebody pressed Enter; `what` says what they carry.

    Raises: StoppedError.
    """
    if desk.out.is_terminal and (desk.out.no_color or desk.out.color_system is None):
        desk.out.print(plain(_COLOURLESS, "bold"))
    for number, text in enumerate(texts, start=1):
        count = f", code {number} of {len(texts)}" if len(texts) > 1 else ""
        desk.out.print(plain(f"{what}{count}:", "bold"))
        _show(desk, text)
        if number < len(texts):
            _wait(desk, "Scanned? Enter shows the next one")


def save_codes(texts: Sequence[str], file: Path) -> tuple[Path, ...]:
    """Each code is a picture in a new file: this one, or as many beside it, numbered, if there are several.

    Raises: StorageError; nothing that exists is touched.
    """
    places = tuple(
        file if len(texts) == 1 else file.with_name(f"{file.stem}-{number}{file.suffix}")
        for number in range(1, len(texts) + 1)
    )
    for place, text in zip(places, texts, strict=True):
        create_file(place, qr_svg(text), is_public=True)
    return places


def _show(desk: Desk, text: str) -> None:
    while (lines := qr_lines(text, *_size(desk))) is None:
        columns, rows = qr_size(text)
        desk.out.print(
            plain(f"It needs {columns} columns and {rows + _MARGIN} rows, which this terminal has not.", "yellow")
        )
        if not desk.terminal.is_there():
            return
        if _wait(desk, "Make its letters smaller, then press Enter; n goes without it").casefold() == "n":
            return
    for line in lines:
        desk.out.print(Text(line, style=_INK, no_wrap=True, end="\n"), crop=False)


def _size(desk: Desk) -> tuple[int, int]:
    return (desk.out.width, desk.out.height - _MARGIN) if desk.out.is_terminal else WIDE


def _wait(desk: Desk, prompt: str) -> str:
    if not desk.terminal.is_there():
        return ""
    try:
        return desk.terminal.read_line(f"{prompt}> ").strip()
    except (EOFError, KeyboardInterrupt) as error:
        raise StoppedError("the operator", "Codes to scan") from error
