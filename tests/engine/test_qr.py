"""QR codes as they are drawn: every module in its place, on a terminal and on paper."""

import re
from xml.etree import ElementTree as ET

import pytest
import segno
import zxingcpp
from fakes.people import ED25519, P384, RSA
from fakes.rotations import Holder, Rotation, asked, response_by

from ceremony.core.qr_text import request_as_qr_text, response_as_qr_text, response_of_qr_text
from ceremony.engine.qr import WIDE, qr_lines, qr_size, qr_svg, response_codes

ANN, BOB, CYD = Holder("ann"), Holder("bob", ED25519), Holder("cyd", P384)
USUAL = Rotation((ANN, BOB), 2, (ANN, CYD), 2)
REQUEST = asked(USUAL)
RESPONSE = response_by(REQUEST, ANN, BOB)
PLAIN = (80, 24)


def modules(lines: tuple[str, ...]) -> list[list[int]]:
    """What a camera sees of these lines: rows of dark and light modules."""
    rows = []
    for line in lines:
        rows += [[int(each in dark) for each in line] for dark in ("▀█", "▄█")]
    return rows


def drawn(text: str, quiet: int) -> list[list[int]]:
    """The code as its standard has it, with so many light modules around it; rows come in pairs on a terminal."""
    rows = [[int(bool(each)) for each in row] for row in segno.make_qr(text, error="l").matrix_iter(border=quiet)]
    return rows + [[0] * len(rows[0])] * (len(rows) % 2)


@pytest.mark.parametrize(
    "text", [request_as_qr_text(REQUEST), *response_codes(RESPONSE, REQUEST)], ids=lambda text: text[10:13]
)
def test_each_module_stands_where_the_standard_has_it(text: str) -> None:
    """Two in each character, with the whole light frame where there is room."""
    lines = qr_lines(text, *WIDE)
    assert lines is not None
    assert modules(lines) == drawn(text, 4)
    assert {*"".join(lines)} <= {*" ▀▄█"}


def read(rows: list[list[int]]) -> list[str]:
    """What a reader that we did not write finds in a picture of these modules, four dots wide each."""
    picture = b"".join(bytes(255 * (1 - each) for each in row for _ in range(4)) * 4 for row in rows)
    seen = memoryview(picture).cast("B", (4 * len(rows), 4 * len(rows[0])))
    return [each.text for each in zxingcpp.read_barcodes(seen)]


@pytest.mark.parametrize(
    "text", [request_as_qr_text(REQUEST), *response_codes(RESPONSE, REQUEST)], ids=lambda text: text[10:13]
)
def test_a_reader_reads_what_a_terminal_shows(text: str) -> None:
    """A wide terminal and a plain one alike, with whatever light frame there is room for."""
    shown = [qr_lines(text, *size) for size in (WIDE, PLAIN)]
    assert [read(modules(lines)) for lines in shown if lines is not None] == [[text] for lines in shown if lines]
    assert shown[0] is not None


def test_a_request_is_shown_on_a_plain_terminal() -> None:
    """Eighty columns, twenty-four rows, and a few lines to spare for words."""
    lines = qr_lines(request_as_qr_text(REQUEST), *PLAIN)
    assert lines is not None
    assert (len(lines), {len(each) for each in lines}) == (21, {41})


def test_a_response_of_one_keyholder_is_shown_on_a_wide_terminal() -> None:
    """Three signatures in one code."""
    for text in response_codes(RESPONSE, REQUEST):
        assert qr_lines(text, *PLAIN) is None
        columns, rows = qr_size(text)
        assert (columns <= WIDE[0], rows <= WIDE[1]) == (True, True)


def test_the_light_frame_gives_way_before_the_code_does() -> None:
    """To two modules, and no further."""
    text = request_as_qr_text(REQUEST)
    assert qr_size(text) == (37, 19)
    narrow = qr_lines(text, 80, 19)
    assert narrow is not None
    assert modules(narrow) == drawn(text, 2)
    assert qr_lines(text, 80, 18) is None
    assert qr_lines(text, 36, 40) is None


def test_each_keyholder_has_a_code_and_together_they_say_it_all() -> None:
    """In whatever order they are scanned."""
    codes = response_codes(RESPONSE, REQUEST)
    found = [response_of_qr_text(text, REQUEST) for text in codes]
    assert [len(each.keyids) for each in found] == [1, 1]
    assert {one for each in found for one in each.signatures} == {*RESPONSE.signatures}


def test_signatures_that_are_too_long_for_one_code_get_one_each() -> None:
    """RSA: three codes instead of one that no terminal shows."""
    holder = Holder("ann", RSA)
    request = asked(Rotation((holder, BOB), 2, (holder, CYD), 2))
    response = response_by(request, holder)
    whole = response_as_qr_text(response, request)
    assert qr_lines(whole, *WIDE) is None
    codes = response_codes(response, request)
    assert len(codes) == 3
    assert all(qr_lines(text, *WIDE) is not None for text in codes)


def test_paper_shows_the_same_code() -> None:
    """Dark on white, framed as the standard asks; nothing in it but shapes, nothing from elsewhere."""
    (text, _other) = response_codes(RESPONSE, REQUEST)
    page = ET.fromstring(qr_svg(text))  # noqa: S314  # made just now
    assert {re.sub(r"\{.*\}", "", each.tag) for each in page.iter()} == {"svg", "g", "path"}
    size = len(drawn(text, 4)[0])
    assert page.attrib["width"] == str(4 * size)
    light, dark = (each.attrib for each in page.iter() if each.tag.endswith("path"))
    assert (light["fill"], dark["stroke"]) == ("#fff", "#000")
    assert lines_of(dark["d"], size) == drawn(text, 4)[:size]


def lines_of(path: str, size: int) -> list[list[int]]:
    """The modules that the strokes of a picture draw: each stroke is one module high."""
    rows = [[0] * size for _row in range(size)]
    x, y = 0, 0.0
    for move, numbers in re.findall(r"([Mmh])([^Mmh]*)", path):
        found = [float(each) for each in numbers.split()]
        match move:
            case "M":
                x, y = int(found[0]), found[1]
            case "m":
                x, y = x + int(found[0]), y + found[1]
            case "h":
                rows[int(y)][x : x + int(found[0])] = [1] * int(found[0])
                x += int(found[0])
    return rows


def test_the_same_text_gives_the_same_picture() -> None:
    """So that a record of it can be compared."""
    assert qr_svg("CEREMONY1") == qr_svg("CEREMONY1")
