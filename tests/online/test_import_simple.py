"""Copies of simple indexes: pages of HTML and of JSON, with lengths of their own or of files beside them."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from ceremony.errors import RefusedError, StorageError, TamperedError
from ceremony.online.bins import render_fragment
from ceremony.online.import_simple import SimpleSource
from ceremony.online.import_source import START, Mark

DIGEST = sha256(b"content").hexdigest()


def _read(folder: Path, mark: Mark = START) -> tuple[dict[str, bytes], list[tuple[str, str]], list[Mark]]:
    pieces = [*SimpleSource(folder).pieces(mark)]
    rows = {row.path: row.fragment for piece in pieces for row in piece.rows}
    refused = [(each.refusal.rule, each.text) for piece in pieces for each in piece.refused]
    return rows, refused, [piece.mark for piece in pieces]


def _write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def _json(*files: object) -> str:
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "demo", "files": files})


@pytest.mark.parametrize("host", ["https://files.example.org", "../..", ""])
def test_a_path_is_that_of_the_link(tmp_path: Path, host: str) -> None:
    """Whatever host it names, and whether the link is relative or not."""
    file = {"filename": "x", "url": f"{host}/packages/aa/demo-1.0%2Blocal.whl", "hashes": {"sha256": DIGEST}, "size": 7}
    _write(tmp_path, "simple/demo/index.json", _json(file))

    rows, refused, _ = _read(tmp_path)

    path = "packages/aa/demo-1.0+local.whl"
    assert rows == {path: render_fragment(path, 7, {"sha256": DIGEST})}
    assert refused == []


def test_a_page_of_html_has_the_lengths_of_files_beside_it(tmp_path: Path) -> None:
    """It tells none itself; where there is no file, the link is refused."""
    links = "".join(
        f'<a href="../../packages/{name}#sha256={DIGEST}" data-requires-python="&gt;=3">{name}</a><br/>\n'
        for name in ("demo-1.0.whl", "demo-2.0.whl")
    )
    _write(tmp_path, "simple/demo/index.html", f"<!DOCTYPE html><html><body>{links}</body></html>")
    _write(tmp_path, "packages/demo-1.0.whl", "content")

    rows, refused, _ = _read(tmp_path / "simple")

    assert [*rows] == ["packages/demo-1.0.whl"]
    assert b'"length":7' in rows["packages/demo-1.0.whl"]
    assert [rule for rule, _ in refused] == ["IMPORT-LINE"]


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        ({"url": "/packages/a", "hashes": {}, "size": 7}, "IMPORT-LINE"),
        ({"url": "/packages/a", "hashes": {"sha256": DIGEST}}, "IMPORT-LINE"),
        ({"url": "/packages/a", "hashes": {"sha256": DIGEST}, "size": "7"}, "IMPORT-LINE"),
        ({"url": "/packages/a", "hashes": {"sha256": DIGEST}, "size": -7}, "LENGTH-WHOLE"),
        ({"url": "/packages/a", "hashes": {"md5": "0" * 32}, "size": 7}, "HASH-STRONG"),
        ({"url": "/packages/%2e%2e/a", "hashes": {"sha256": DIGEST}, "size": 7}, "PATH-RELATIVE"),
        ({"url": "/packages/%00", "hashes": {"sha256": DIGEST}, "size": 7}, "PATH-PLAIN"),
        ({"hashes": {"sha256": DIGEST}, "size": 7}, "PATH-RELATIVE"),
    ],
)
def test_what_breaks_a_rule_is_refused(tmp_path: Path, file: object, rule: str) -> None:
    """And the project is named."""
    _write(tmp_path, "simple/demo/index.json", _json(file))

    rows, refused, _ = _read(tmp_path)

    assert rows == {}
    assert [(each, text.startswith("demo: ")) for each, text in refused] == [(rule, True)]


def test_a_length_is_never_taken_from_outside_the_copy(tmp_path: Path) -> None:
    """A link may say `..`, or lead through a link of the file system."""
    (tmp_path / "secret").write_text("content")
    _write(tmp_path, "copy/simple/demo/index.html", f'<a href="../../packages/a#sha256={DIGEST}">a</a>')
    (tmp_path / "copy" / "packages").mkdir()
    (tmp_path / "copy" / "packages" / "a").symlink_to(tmp_path / "secret")

    rows, refused, _ = _read(tmp_path / "copy")

    assert (rows, [rule for rule, _ in refused]) == ({}, ["IMPORT-LINE"])


def _several(folder: Path) -> None:
    for number in range(4):
        file = {"url": f"/packages/{number}", "hashes": {"sha256": DIGEST}, "size": number}
        _write(folder, f"simple/demo-{number}/index.json", _json(file))


def test_it_goes_on_after_any_project(tmp_path: Path) -> None:
    """From the mark after it."""
    _several(tmp_path)
    _, _, marks = _read(tmp_path)

    rests = [[*_read(tmp_path, mark)[0]] for mark in marks]

    assert rests == [[f"packages/{number}" for number in range(done, 4)] for done in range(1, 5)]


@pytest.mark.parametrize("spoil", ["page", "project", "gone"])
def test_what_has_changed_before_the_mark_is_not_gone_on_with(tmp_path: Path, spoil: str) -> None:
    """A page, or which projects there are."""
    _several(tmp_path)
    _, _, marks = _read(tmp_path)
    if spoil == "page":
        _write(tmp_path, "simple/demo-1/index.json", _json())
    elif spoil == "project":
        _write(tmp_path, "simple/a-new-one/index.json", _json())
    else:
        for number in range(2):
            (tmp_path / f"simple/demo-{number}/index.json").unlink()
            (tmp_path / f"simple/demo-{number}").rmdir()

    with pytest.raises(RefusedError) as refusal:
        _read(tmp_path, marks[2])

    assert refusal.value.rule == "IMPORT-SAME"


@pytest.mark.parametrize("text", ["{}", "[]", '{"files": [7]}', "{"])
def test_a_page_that_is_none_is_told_of(tmp_path: Path, text: str) -> None:
    """By its place."""
    _write(tmp_path, "simple/demo/index.json", text)

    with pytest.raises(TamperedError) as refusal:
        _read(tmp_path)

    assert refusal.value.where.endswith("simple/demo/index.json")


def test_a_folder_without_projects_is_no_index(tmp_path: Path) -> None:
    """There is nothing to import."""
    with pytest.raises(StorageError):
        SimpleSource(tmp_path)
