"""A fingerprint's words, numbered, in rows that can be read aloud one after another."""

from textual.content import Content

from ceremony.tui.widgets.ink import lines

_CELL_WIDTH = 15
_LONG_ROW = 8
_SHORT_ROW = 4


def words_grid(words: tuple[str, ...], width: int) -> Content:
    """The words, numbered from one, in rows of eight where `width` allows it, or else of four."""
    each_row = _LONG_ROW if width >= _LONG_ROW * (_CELL_WIDTH - 1) else _SHORT_ROW
    cell = min(_CELL_WIDTH, max(width // each_row, 1))
    rows = [range(first, min(first + each_row, len(words))) for first in range(0, len(words), each_row)]
    return lines(Content("").join([_cell(place + 1, words[place], cell) for place in row]) for row in rows)


def _cell(number: int, word: str, width: int) -> Content:
    rest = max(width - 3 - len(word), 0)
    return Content.assemble((f"{number:>2} ", "$text-muted"), (word, "bold"), " " * rest)
