"""Files of lines: what is taken, what is refused and where, and that the quick way and the rules come to the same."""

import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ceremony.core.artifact_rules import ArtifactCase
from ceremony.errors import RefusedError, StorageError
from ceremony.online import import_lines
from ceremony.online.bins import render_fragment
from ceremony.online.import_lines import LinesSource
from ceremony.online.import_source import START, ImportRow, Mark, Piece, place_of, row_of

DIGEST = sha256(b"content").hexdigest()


def _read(path: Path, form: str, mark: Mark = START) -> tuple[list[ImportRow], list[tuple[int, str]], Mark]:
    pieces = [*LinesSource(path, form).pieces(mark)]
    rows = [row for piece in pieces for row in piece.rows]
    refused = [(each.line, each.refusal.rule) for piece in pieces for each in piece.refused]
    return rows, refused, pieces[-1].mark if pieces else mark


def _only(text: bytes, form: str, folder: Path) -> ImportRow | str:
    """The one target of this line, or the rule that refuses it."""
    (folder / "line").write_bytes(text)
    rows, refused, _ = _read(folder / "line", form)
    return rows[0] if rows else refused[0][1]


@pytest.mark.parametrize(
    ("line", "form"),
    [
        (f"a/demo.whl;7;sha256;{DIGEST}".encode(), "csv"),
        (f"a/demo.whl;7;sha256;{DIGEST}\r\n".encode(), "csv"),
        (f"a/demo.whl;007;sha256;{DIGEST.upper()}\n".encode(), "csv"),
        (json.dumps({"path": "a/demo.whl", "info": {"length": 7, "hashes": {"sha256": DIGEST}}}).encode(), "ndjson"),
        (json.dumps({"info": {"hashes": {"sha256": DIGEST}, "length": "7"}, "path": "a/demo.whl"}).encode(), "ndjson"),
    ],
    ids=["plain", "other line ends", "by the rules", "plain JSON", "JSON in another order"],
)
def test_one_target_is_the_same_however_it_is_written(line: bytes, form: str, tmp_path: Path) -> None:
    """As a request for it would be rendered."""
    assert _only(line, form, tmp_path) == ImportRow(
        place_of("a/demo.whl"), "a/demo.whl", render_fragment("a/demo.whl", 7, {"sha256": DIGEST}), 1
    )


def test_more_hashes_and_custom_are_kept(tmp_path: Path) -> None:
    """In the order of canonical JSON."""
    md5 = "0" * 32
    info = {"length": 7, "hashes": {"sha256": DIGEST, "md5": md5}, "custom": {"b": 1, "a": "é"}}
    wanted = render_fragment("é", 7, {"md5": md5, "sha256": DIGEST})

    csv = _only(f"é;7;sha256;{DIGEST};md5;{md5}".encode(), "csv", tmp_path)
    ndjson = _only(json.dumps({"path": "é", "info": info}).encode(), "ndjson", tmp_path)

    assert (csv[2], ndjson[2]) == (wanted, render_fragment("é", 7, {"md5": md5, "sha256": DIGEST}, {"a": "é", "b": 1}))


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (f"../demo;7;sha256;{DIGEST}", "PATH-RELATIVE"),
        (f"/demo;7;sha256;{DIGEST}", "PATH-RELATIVE"),
        (f"a//demo;7;sha256;{DIGEST}", "PATH-RELATIVE"),
        (f"a/./demo;7;sha256;{DIGEST}", "PATH-RELATIVE"),
        (f";7;sha256;{DIGEST}", "PATH-PRESENT"),
        (f'a"b;7;sha256;{DIGEST}', "PATH-PLAIN"),
        (f"a\\b;7;sha256;{DIGEST}", "PATH-PLAIN"),
        (f"a\tb;7;sha256;{DIGEST}", "PATH-PLAIN"),
        (f"a%b;7;sha256;{DIGEST}", "PATH-URL"),
        (f"e\u0301;7;sha256;{DIGEST}", "PATH-NORMAL"),
        (f"{'a' * 191};7;sha256;{DIGEST}", "PATH-LENGTH"),
        (f"{'a/' * 512}b;7;sha256;{DIGEST}", "PATH-LENGTH"),
        (f"demo;-7;sha256;{DIGEST}", "LENGTH-WHOLE"),
        (f"demo;7.5;sha256;{DIGEST}", "LENGTH-WHOLE"),
        (f"demo;{1 << 53};sha256;{DIGEST}", "LENGTH-WHOLE"),
        (f"demo;7;sha256;{DIGEST[1:]}", "HASH-FORM"),
        (f"demo;7;sha512;{DIGEST}", "HASH-FORM"),
        (f"demo;7;sha256;{'g' * 64}", "HASH-FORM"),
        (f"demo;7;md5;{'0' * 32}", "HASH-STRONG"),
        ("demo;7;sha256", "IMPORT-LINE"),
        ("demo", "IMPORT-LINE"),
        (f"demo;7;sha256;{DIGEST};sha256;{DIGEST}", "IMPORT-LINE"),
    ],
)
def test_a_bad_line_is_refused_by_its_rule(line: str, rule: str, tmp_path: Path) -> None:
    """And by no other."""
    assert _only(line.encode(), "csv", tmp_path) == rule


@pytest.mark.parametrize(
    "line",
    [
        b"\xff;7;sha256;00",
        b"x" * 70_000,
    ],
)
def test_a_line_that_is_no_text_is_refused(line: bytes, tmp_path: Path) -> None:
    """Whatever its bytes."""
    assert _only(line + b"\n", "csv", tmp_path) == "IMPORT-LINE"


@pytest.mark.parametrize(
    "value",
    [
        [],
        {"path": "demo"},
        {"path": 7, "info": {"length": 7, "hashes": {"sha256": DIGEST}}},
        {"path": "demo", "info": {"length": True, "hashes": {"sha256": DIGEST}}},
        {"path": "demo", "info": {"length": 7, "hashes": [DIGEST]}},
        {"path": "demo", "info": {"length": 7, "hashes": {"sha256": 7}}},
        {"path": "demo", "info": {"length": 7.5, "hashes": {"sha256": DIGEST}}},
        {"path": "demo", "info": {"length": 7, "hashes": {"sha256": DIGEST}}, "size": 7},
        {"path": "demo", "info": {"length": 7, "hashes": {"sha256": DIGEST}, "size": 7}},
    ],
    ids=str,
)
def test_json_of_another_form_is_refused(value: object, tmp_path: Path) -> None:
    """What is not known is not passed over."""
    assert _only(json.dumps(value).encode(), "ndjson", tmp_path) == "IMPORT-LINE"


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """Readers differ on which of the two counts."""
    line = f'{{"path":"a","path":"b","info":{{"length":7,"hashes":{{"sha256":"{DIGEST}"}}}}}}'

    assert _only(line.encode(), "ndjson", tmp_path) == "IMPORT-LINE"


_LETTERS = st.sampled_from('aZ9/.-_+~@=,()! :é\u0301%"\\')
_PATHS = st.one_of(st.text(_LETTERS, max_size=12), st.text(max_size=8), st.just("a" * 190), st.just("a" * 191))
_SIZES = st.one_of(st.integers(-2, 1 << 54).map(str), st.text("0123456789.", max_size=4))
_KINDS = st.sampled_from(["sha256", "sha512", "blake2b-256", "md5", "sha3_256", "other", "SHA256"])
_HASHES = st.one_of(st.just(DIGEST), st.just(DIGEST * 2), st.text("0123456789abcdefABCDEFg", max_size=70))


@settings(max_examples=400, deadline=timedelta(seconds=2))
@given(path=_PATHS.filter(lambda it: ";" not in it and "\n" not in it), size=_SIZES, kind=_KINDS, digest=_HASHES)
def test_the_quick_way_and_the_rules_come_to_the_same(path: str, size: str, kind: str, digest: str) -> None:
    """A line that is taken at once is one that every rule takes, and its entry has the same bytes."""
    try:
        line = f"{path};{size};{kind};{digest}".encode()
    except UnicodeEncodeError:
        return
    found = import_lines._PLAIN_CSV.fullmatch(line)  # noqa: SLF001  # the way that nobody sees from outside
    if found is None or import_lines._DIGITS.get(found[3]) != len(found[4]):  # noqa: SLF001
        return

    wanted = row_of(path, ArtifactCase(size, {kind: digest}), 1)

    assert b'"%s":{"hashes":{"%s":"%s"},"length":%s}' % (found[1], found[3], found[4], found[2]) == wanted.fragment


def _many(count: int) -> bytes:
    return b"".join(b"a/demo-%d;7;sha256;%s\n" % (number, DIGEST.encode()) for number in range(count))


def test_a_file_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of whole lines, with a mark that can be gone on from."""
    monkeypatch.setattr(import_lines, "_BLOCK_BYTES", 1000)
    (tmp_path / "lines").write_bytes(_many(100) + b"the last;7")

    pieces: list[Piece] = [*LinesSource(tmp_path / "lines", "csv").pieces(START)]

    assert len(pieces) > 5
    assert [row.line for piece in pieces for row in piece.rows] == [*range(1, 101)]
    assert [each.line for piece in pieces for each in piece.refused] == [101]
    for place, piece in enumerate(pieces):
        rest, _, _ = _read(tmp_path / "lines", "csv", piece.mark)
        assert rest == [row for later in pieces[place + 1 :] for row in later.rows]


@pytest.mark.parametrize(
    "spoil",
    [lambda data: b"b" + data[1:], lambda data: data[:500]],
    ids=["another letter", "a shorter file"],
)
def test_what_has_changed_before_the_mark_is_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[bytes], bytes]
) -> None:
    """What was taken in of it is not known to be right any more."""
    monkeypatch.setattr(import_lines, "_BLOCK_BYTES", 1000)
    (tmp_path / "lines").write_bytes(_many(100))
    mark = next(LinesSource(tmp_path / "lines", "csv").pieces(START)).mark
    (tmp_path / "lines").write_bytes(spoil(_many(100)))

    with pytest.raises(RefusedError) as refusal:
        _read(tmp_path / "lines", "csv", mark)

    assert refusal.value.rule == "IMPORT-SAME"


def test_a_line_that_never_ends_is_refused(tmp_path: Path) -> None:
    """It is not held in memory to see whether it does."""
    (tmp_path / "lines").write_bytes(_many(3) + b"x" * 200_000)

    with pytest.raises(RefusedError) as refusal:
        _read(tmp_path / "lines", "csv")

    assert "line 4" in refusal.value.found


def test_only_a_regular_file_has_lines(tmp_path: Path) -> None:
    """A folder has none."""
    with pytest.raises(StorageError):
        LinesSource(tmp_path, "csv")
