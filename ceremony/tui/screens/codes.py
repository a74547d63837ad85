"""QR codes, one on each page: dark on white whatever colours the terminal has, or how large it has to be."""

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

from ceremony.core.plan import Plan
from ceremony.engine.qr import qr_lines, qr_size
from ceremony.errors import CeremonyError
from ceremony.tui.codes import Code, write_pictures
from ceremony.tui.desk import Desk
from ceremony.tui.screens.page import Page, trouble_lines
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import CAUTION, DONE, bold, clean, good, lines, loud
from ceremony.tui.widgets.key_line import BACK, HELP, STOP

_AROUND = 4
"""Rows that a page has besides the code: its head with the band of a rehearsal, its title, its foot."""

_INK = "#000000 on #ffffff"


def room_for_codes(size: Size) -> tuple[int, int]:
    """The columns and rows that a terminal of this size leaves for a code."""
    return size.width, size.height - _AROUND


class CodesPage(Page):
    """One code at a time; arrow keys step. Where one is too large, its picture can be written instead."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,up", "step(-1)", show=False),
        Binding("right,down", "step(1)", show=False),
    ]
    explanation = (
        "A camera or a scanner reads these codes from the screen or from paper; what is in them is not secret. A "
        "scanner types what it reads into the line in which the cursor stands at the other place. Each code is whole "
        "in itself, they can be scanned in any order and twice, and one that was misread is noticed.\n\n"
        "If the terminal is too small for a code, make the window larger or its letters smaller; or write the codes "
        "as pictures (SVG files), and print them or show them with another program."
    )

    def __init__(self, desk: Desk, codes: tuple[Code, ...], pictures: Path, plan: Plan | None = None) -> None:
        """These codes; their pictures can be written to the folder `pictures`."""
        super().__init__(desk, plan)
        self._codes = codes
        self._pictures = pictures
        self._place = 0
        step = (("← →", "other codes"),) if len(codes) > 1 else ()
        self.keys = (*step, *BACK, *HELP, *STOP)

    def compose_page(self) -> ComposeResult:
        """What the code is, the code, and what can be done where it does not fit."""
        yield Static(id="which", markup=False)
        with Center():
            yield Static(id="drawn", markup=False)
        yield Choices(Choice("Write every code as a picture", value=None, identity="write"))
        yield Static(id="written")

    def on_mount(self) -> None:
        """The first code is there."""
        self._draw()

    def on_resize(self) -> None:
        """The code is drawn anew in the room that there is now."""
        self._draw()

    def action_step(self, by: int) -> None:
        """The code before or after this one, if there is one."""
        self._place = min(max(self._place + by, 0), len(self._codes) - 1)
        self._draw()

    def on_choice_chosen(self, _message: Choice.Chosen) -> None:
        """The pictures are written."""
        shown = self.query_one("#written", Static)
        try:
            written = write_pictures(self._codes, self._pictures)
        except CeremonyError as error:
            shown.update(trouble_lines(error))
        else:
            shown.update(lines([good(f"{DONE} Written:"), *(clean(f"  {each}") for each in written)]))

    def go_back(self) -> None:
        """The page below is back."""
        self.app.pop_screen()

    def _draw(self) -> None:
        code = self._codes[self._place]
        number = f" ({self._place + 1} of {len(self._codes)})" if len(self._codes) > 1 else ""
        self.query_one("#which", Static).update(bold(f"{code.title}{number}"))
        drawn = qr_lines(code.text, *room_for_codes(self.app.size))
        choices = self.query_one(Choices)
        self.query_one("#written").display = choices.display = drawn is None
        self.query_one("#drawn").set_class(drawn is not None, "-drawn")
        self.query_one("#drawn", Static).update(_too_small(code, self.app.size) if drawn is None else _inked(drawn))
        if drawn is None:
            self.query_one("#write").focus()
        else:
            self.set_focus(None)


def _inked(drawn: tuple[str, ...]) -> Content:
    return lines(Content.styled(each, _INK) for each in drawn)


def _too_small(code: Code, size: Size) -> Content:
    columns, rows = qr_size(code.text)
    return lines(
        [
            "",
            loud(f"{CAUTION} This terminal is too small for the code."),
            f"It needs {columns} columns and {rows + _AROUND} rows; there are {size.width} and {size.height}.",
            "Make the window larger, or its letters smaller; or write pictures and print them.",
            "",
        ]
    )
