"""QR codes on a terminal and on paper: drawn here, read by any camera or scanner."""

from io import BytesIO

import segno

from ceremony.core.qr_text import response_as_qr_text
from ceremony.core.response import Request, Response, split

WIDE = (120, 40)
"""The columns and rows of a terminal that shows most codes of a response; a plain one has 80 and 24."""

_QUIET = (4, 3, 2)
"""How many light modules stand around a code: four by its standard, two where there is no more room."""


def qr_lines(text: str, columns: int, rows: int) -> tuple[str, ...] | None:
    """The code as lines of half blocks, two modules in each character; None where it is larger than that.

    What is drawn is the dark part: the front end draws it black on white, whatever colours its terminal has.
    """
    for quiet in _QUIET:
        lines = _drawn(text, quiet)
        if len(lines) <= rows and len(lines[0]) <= columns:
            return lines
    return None


def qr_size(text: str) -> tuple[int, int]:
    """The columns and rows that the code needs on a terminal at least."""
    lines = _drawn(text, min(_QUIET))
    return len(lines[0]), len(lines)


def qr_svg(text: str) -> bytes:
    """The code as a picture to print: SVG, dark on white, with the light frame that its standard asks for."""
    page = BytesIO()
    _code(text).save(page, kind="svg", border=max(_QUIET), scale=4, light="#fff", svgclass=None, lineclass=None)
    return page.getvalue()


def response_codes(response: Response, request: Request, size: tuple[int, int] = WIDE) -> tuple[str, ...]:
    """The texts of the codes that carry this response: one for each keyholder, or each signature if that is too much.

    What is too large for `size` (columns, rows) all the same is for paper.
    """
    return tuple(text for each in split(response) for text in _codes(each, request, size))


def _codes(response: Response, request: Request, size: tuple[int, int]) -> tuple[str, ...]:
    whole = response_as_qr_text(response, request)
    if qr_lines(whole, *size) is not None:
        return (whole,)
    return tuple(response_as_qr_text(each, request) for each in split(response, by_file=True))


def _drawn(text: str, quiet: int) -> tuple[str, ...]:
    matrix = [[bool(module) for module in row] for row in _code(text).matrix_iter(border=quiet)]
    if len(matrix) % 2:
        matrix.append([False] * len(matrix[0]))
    pairs = zip(matrix[::2], matrix[1::2], strict=True)
    return tuple("".join(_block(*both) for both in zip(*pair, strict=True)) for pair in pairs)


def _block(*both: bool) -> str:
    return {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}[both[0], both[1]]


def _code(text: str) -> segno.QRCode:
    return segno.make_qr(text, error="l")
