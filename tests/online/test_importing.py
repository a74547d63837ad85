"""Imports: durable piece by piece, gone on with, published together, and in step with what others ask for."""

import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from fakes.online_signer import OnlineSigner
from fakes.release import NOW

from ceremony.errors import RefusedError, StorageError
from ceremony.online import import_lines, import_taking
from ceremony.online.import_lines import LinesSource
from ceremony.online.import_rows import Import, add_rows, begin_import, end_import, is_imported
from ceremony.online.import_source import START, ImportSource
from ceremony.online.importing import ImportWish, import_all
from ceremony.online.intake import remove_request, take_in


class _BrokenOffError(Exception):
    """The process was to die here."""


def _ignore(_done: int, _total: int) -> None:
    """Nobody watches."""


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _line(path: str, content: str = "") -> str:
    return f"{path};{len(content)};sha256;{_digest(content)}\n"


@pytest.fixture
def lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of three hundred targets, which is read in many pieces."""
    monkeypatch.setattr(import_lines, "_BLOCK_BYTES", 2_000)
    (tmp_path / "lines").write_text("".join(_line(f"a/{number}") for number in range(300)))
    return tmp_path / "lines"


def _run(signer: OnlineSigner, source: Path, now: datetime, wish: ImportWish | None = None) -> Import:
    return import_all(signer.store, LinesSource(source, "csv"), wish or ImportWish(), now, _ignore)


def _break_off(signer: OnlineSigner, source: ImportSource, now: datetime, pieces: int) -> Import:
    """An import that died after so many pieces."""
    seen: list[int] = []

    def watch(done: int, _total: int) -> None:
        seen.append(done)
        if len(seen) > pieces:
            raise _BrokenOffError

    with pytest.raises(_BrokenOffError):
        import_all(signer.store, source, ImportWish(), now, watch)
    return begin_import(signer.store, source.name, now)


def test_everything_is_published_at_once(living: OnlineSigner, lines: Path, moment: datetime) -> None:
    """By one publication, and the real client verifies it."""
    before = living.store.last_publication()

    found = _run(living, lines, moment)
    assert not is_imported(living.store, found.number)
    living.publisher.publish(moment)

    last = living.store.last_publication()
    assert before is not None
    assert last is not None
    assert last.number == before.number + 1
    assert is_imported(living.store, found.number)
    assert set(living.targets()) == {f"a/{number}" for number in range(300)}
    assert living.follow() == {}
    assert living.publisher.publish(moment) is None


def test_importing_again_changes_nothing(living: OnlineSigner, lines: Path, moment: datetime) -> None:
    """No bin gets another version for it."""
    _run(living, lines, moment)
    living.publisher.publish(moment)
    before = living.shelved()

    again = _run(living, lines, moment)

    assert living.publisher.publish(moment) is None
    assert is_imported(living.store, again.number)
    assert living.shelved() == before


def test_only_bins_that_change_are_published(living: OnlineSigner, lines: Path, moment: datetime) -> None:
    """A file that differs in one line touches one bin."""
    _run(living, lines, moment)
    living.publisher.publish(moment)
    versions = [each.version for each in living.store.bins()]
    with lines.open("a") as file:
        file.write(_line("b/new"))

    _run(living, lines, moment)
    living.publisher.publish(moment)

    changed = [was for was, now in zip(versions, living.store.bins(), strict=True) if was != now.version]
    assert len(changed) == 1
    assert "b/new" in living.targets()


def test_a_broken_off_import_goes_on(living: OnlineSigner, lines: Path, moment: datetime) -> None:
    """Nothing is read twice, and nothing of it is published before its end."""
    half = _break_off(living, LinesSource(lines, "csv"), moment, 3)

    assert 0 < half.targets < 300
    assert living.publisher.publish(moment) is None

    done = _run(living, lines, moment)
    living.publisher.publish(moment)

    assert (done.number, done.targets) == (half.number, 300)
    assert len(living.targets()) == 300


def test_a_file_that_changed_meanwhile_is_refused_until_somebody_begins_anew(
    living: OnlineSigner, lines: Path, moment: datetime
) -> None:
    """Then nothing is left of what was read before."""
    _break_off(living, LinesSource(lines, "csv"), moment, 3)
    lines.write_text(_line("other"))

    with pytest.raises(RefusedError) as refusal:
        _run(living, lines, moment)
    _run(living, lines, moment, ImportWish(is_anew=True))
    living.publisher.publish(moment)

    assert refusal.value.rule == "IMPORT-SAME"
    assert set(living.targets()) == {"other"}


def test_the_first_bad_line_stops_it_and_is_named(living: OnlineSigner, lines: Path, moment: datetime) -> None:
    """Once that line is corrected, it goes on."""
    text = lines.read_text()
    bad = text.replace(_line("a/200"), "../200;7\n")
    lines.write_text(bad)

    with pytest.raises(RefusedError) as refusal:
        _run(living, lines, moment)
    assert "line 201" in refusal.value.found
    lines.write_text(text)
    _run(living, lines, moment)
    living.publisher.publish(moment)

    assert len(living.targets()) == 300


def test_refused_lines_are_listed_where_somebody_wants_them(
    living: OnlineSigner, lines: Path, moment: datetime, tmp_path: Path
) -> None:
    """No rule is switched off: the others are imported."""
    text = lines.read_text().replace(_line("a/7"), "../7;7\n").replace(_line("a/250"), "\x07;1;sha256;aa\n")
    lines.write_text(text)

    done = _run(living, lines, moment, ImportWish(tmp_path / "refused"))
    living.publisher.publish(moment)

    listed = [json.loads(line) for line in (tmp_path / "refused").read_text().splitlines()]
    assert [(each["line"], each["rule"]) for each in listed] == [(8, "IMPORT-LINE"), (251, "PATH-PLAIN")]
    assert (done.targets, done.refused) == (298, 2)
    assert len(living.targets()) == 298


def test_the_list_of_refused_lines_has_each_once(
    living: OnlineSigner, lines: Path, moment: datetime, tmp_path: Path
) -> None:
    """Also after a kill between the list and the database."""
    lines.write_text(lines.read_text().replace(_line("a/7"), "bad\n").replace(_line("a/250"), "worse\n"))
    wish = ImportWish(tmp_path / "refused")
    seen: list[int] = []

    def watch(done: int, _total: int) -> None:
        seen.append(done)
        if len(seen) > 3:
            raise _BrokenOffError

    with pytest.raises(_BrokenOffError):
        import_all(living.store, LinesSource(lines, "csv"), wish, moment, watch)
    with (tmp_path / "refused").open("a") as file:
        file.write('{"line": 99, "after": "the last durable mark"}\n')
    _run(living, lines, moment, wish)

    listed = [json.loads(line)["line"] for line in (tmp_path / "refused").read_text().splitlines()]
    assert listed == [8, 251]


def test_two_entries_for_one_path_are_refused(living: OnlineSigner, lines: Path, moment: datetime) -> None:
    """The same entry twice is harmless."""
    with lines.open("a") as file:
        file.write(_line("a/7"))
        file.write(_line("a/8", "other"))

    with pytest.raises(RefusedError) as refusal:
        _run(living, lines, moment)

    assert (refusal.value.rule, "a/8" in refusal.value.found) == ("PATH-ONCE", True)
    lines.write_text(lines.read_text().replace(_line("a/8", "other"), ""))
    _run(living, lines, moment, ImportWish(is_anew=True))
    living.publisher.publish(moment)
    assert len(living.targets()) == 300


def test_nothing_is_imported_before_the_first_delivery(signer: OnlineSigner, lines: Path) -> None:
    """Only a delegation gives a target its role."""
    with pytest.raises(RefusedError) as refusal:
        _run(signer, lines, NOW)

    assert refusal.value.rule == "DELIVERED-FIRST"


def test_two_at_the_same_source_do_not_mix(living: OnlineSigner, lines: Path, moment: datetime) -> None:
    """The second one notices."""
    source = LinesSource(lines, "csv")
    found = begin_import(living.store, source.name, moment)
    piece = next(source.pieces(START))
    add_rows(living.store, found, found.after(len(piece.rows), 0, 0, piece.mark), piece.rows)

    with pytest.raises(StorageError) as refusal:
        add_rows(living.store, found, found.after(len(piece.rows), 0, 0, piece.mark), piece.rows)
    with pytest.raises(StorageError):
        end_import(living.store, found)

    assert refusal.value.reason == "EBUSY"


def test_what_was_asked_before_counts_less_and_what_is_asked_after_more(
    living: OnlineSigner, lines: Path, moment: datetime
) -> None:
    """An import stands in the line where it was read to its end."""
    for path in ("a/1", "a/2"):
        living.ask(path, b"before", moment)
    _run(living, lines, moment)
    living.ask("a/1", b"after", moment)
    while living.publisher.publish(moment) is not None:
        pass

    lengths = {path: entry["length"] for path, entry in living.targets().items()}
    assert (lengths["a/1"], lengths["a/2"], len(lengths)) == (5, 0, 300)


def test_a_request_after_an_import_is_no_repetition_of_one_before(
    living: OnlineSigner, lines: Path, moment: datetime
) -> None:
    """The import changed the target in between."""
    living.ask("a/1", b"before", moment)
    living.publisher.publish(moment)
    _run(living, lines, moment)
    living.publisher.publish(moment)

    ticket = living.ask("a/1", b"before", moment)
    living.publisher.publish(moment)

    assert not ticket.is_repeated
    assert living.targets()["a/1"]["length"] == 6


def test_what_was_imported_can_be_removed(living: OnlineSigner, lines: Path, moment: datetime) -> None:
    """Like any target."""
    _run(living, lines, moment)
    living.publisher.publish(moment)

    take_in(living.store, [remove_request("a/1")], moment)
    living.publisher.publish(moment)

    assert "a/1" not in living.targets()
    assert len(living.targets()) == 299


def test_very_many_targets_come_in_portions(
    living: OnlineSigner, lines: Path, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One part of the bins after another, so that nobody waits for the database too long."""
    monkeypatch.setattr(import_taking, "TOGETHER", 100)
    before = living.store.last_publication()
    found = _run(living, lines, moment)
    counts = []

    while living.publisher.publish(moment) is not None:
        counts.append(len(living.targets()))
        assert living.follow() == {}

    last = living.store.last_publication()
    assert before is not None
    assert last is not None
    assert 1 < last.number - before.number <= 4
    assert counts == sorted(counts)
    assert counts[-1] == 300
    assert is_imported(living.store, found.number)
