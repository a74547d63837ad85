"""Comparisons with a record: what differs as the entries say, who asked last for it, and nothing left behind."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from fakes.claims import CLAIMED, RECENT, Changing, changed, metadata, project
from fakes.online_signer import OnlineSigner
from sqlalchemy import func, insert, inspect, select, update

from ceremony.core.artifact_rules import ArtifactCase
from ceremony.errors import RefusedError
from ceremony.online import comparing, import_lines
from ceremony.online.access import Grant
from ceremony.online.bins import bin_of, render_fragment
from ceremony.online.compare_rows import Kind
from ceremony.online.comparing import Difference, Totals, compared
from ceremony.online.import_lines import LinesSource
from ceremony.online.importing import ImportWish, import_all
from ceremony.online.intake import remove_request, take_in, told_request, waiting_count
from ceremony.online.tables import METADATA, TARGETS
from ceremony.online.tasks import Kind as TaskKind
from ceremony.online.web.desk import Submission
from ceremony.online.web.submitting import record

ANN = Grant("ann", frozenset())


class _BrokenOffError(Exception):
    """The process was to die here."""


def _ignore(_done: int, _total: int) -> None:
    """Nobody watches."""


def _digest(content: str) -> str:
    return sha256(content.encode()).hexdigest()


def _lines(folder: Path, **contents: str) -> Path:
    """A record with targets of these contents."""
    lines = [f"a/{path};{len(text)};sha256;{_digest(text)}\n" for path, text in contents.items()]
    (folder / "record").write_text("".join(lines))
    return folder / "record"


def _publish(signer: OnlineSigner, now: datetime, **contents: str) -> None:
    cases = {f"a/{path}": ArtifactCase(len(text), {"sha256": _digest(text)}) for path, text in contents.items()}
    take_in(signer.store, [told_request(path, case) for path, case in cases.items()], now)
    signer.publisher.publish(now)


def _forge(signer: OnlineSigner, path: str, fragment: bytes) -> None:
    """The database has this entry, and nobody has asked for it."""
    with signer.store.writing() as connection:
        connection.execute(update(TARGETS).where(TARGETS.c.path == path).values(fragment=fragment))


def _compare(signer: OnlineSigner, record: Path, form: str = "csv") -> tuple[Totals, list[Difference]]:
    with compared(signer.store, LinesSource(record, form), _ignore) as found:
        return found.totals, [*found.differences()]


def _told(differences: Sequence[Difference]) -> list[str]:
    return [f"{each.kind} {each.path}" for each in differences]


def test_nothing_differs_where_the_record_is_what_is_there(
    living: OnlineSigner, tmp_path: Path, moment: datetime
) -> None:
    """A line that stands there twice is one target."""
    _publish(living, moment, one="1", two="2")
    record = _lines(tmp_path, one="1", two="2")
    record.write_text(record.read_text() * 2)

    totals, differences = _compare(living, record)

    assert (totals.are_same, totals.here, totals.record, differences) == (True, 2, 2, [])


def test_each_path_differs_in_its_own_way(living: OnlineSigner, tmp_path: Path, moment: datetime) -> None:
    """Changed, missing here, added here, and counted."""
    _publish(living, moment, one="1", two="2", three="3")

    totals, differences = _compare(living, _lines(tmp_path, one="1", two="other", four="4"))

    assert _told(differences) == ["missing a/four", "changed a/two", "added a/three"]
    assert (totals.here, totals.record, totals.are_same) == (3, 3, False)
    assert [each.line for each in differences] == [3, 2, None]
    assert {kind: totals.kinds[kind] for kind in totals.kinds if totals.kinds[kind]} == {
        Kind.CHANGED: 1,
        Kind.MISSING: 1,
        Kind.ADDED: 1,
    }


@pytest.mark.parametrize(
    ("info", "differs"),
    [
        ('{"length": 1, "hashes": {"sha256": "%s"}}', ()),
        ('{"hashes": {"sha256": "%s"}, "length": 1}', ()),
        ('{"length": 2, "hashes": {"sha256": "%s"}}', ("length",)),
        ('{"length": 1, "hashes": {"sha256": "%s", "sha512": "' + "a" * 128 + '"}}', ("hashes",)),
        ('{"length": 1, "hashes": {"sha256": "%s"}, "custom": {"a": 1}}', ("custom",)),
    ],
)
def test_an_entry_is_compared_by_what_it_says(
    living: OnlineSigner, tmp_path: Path, moment: datetime, info: str, differs: tuple[str, ...]
) -> None:
    """Length, hashes and custom, in whichever order the record has them."""
    _publish(living, moment, one="1")
    (tmp_path / "record").write_text('{"path": "a/one", "info": ' + info % _digest("1") + "}\n")

    _, differences = _compare(living, tmp_path / "record", "ndjson")

    assert [each.differs for each in differences] == ([differs] if differs else [])


def test_custom_that_is_the_same_does_not_differ(living: OnlineSigner, tmp_path: Path, moment: datetime) -> None:
    """In whichever order its fields come."""
    case = ArtifactCase(1, {"sha256": _digest("1")}, {"b": 2, "a": [1, None]})
    take_in(living.store, [told_request("a/one", case)], moment)
    living.publisher.publish(moment)
    info = f'{{"length": 1, "custom": {{"a": [1, null], "b": 2}}, "hashes": {{"sha256": "{_digest("1")}"}}}}'
    (tmp_path / "record").write_text(f'{{"path": "a/one", "info": {info}}}\n')

    assert _compare(living, tmp_path / "record", "ndjson")[1] == []


@pytest.mark.parametrize(
    "forged",
    [
        b'"a/other":{"hashes":{"sha256":"%s"},"length":1}',
        b'"a/one":{"hashes":{"sha256":"%s"},"length":1},"a/more":{}',
        b'"a/one": {"hashes":{"sha256":"%s"},"length":1}',
        b"\xff%s",
    ],
)
def test_what_is_no_entry_for_its_path_differs(
    living: OnlineSigner, tmp_path: Path, moment: datetime, forged: bytes
) -> None:
    """One for another path, for two, written otherwise than clients write it, or none at all."""
    _publish(living, moment, one="1")
    _forge(living, "a/one", forged % _digest("1").encode())

    _, differences = _compare(living, _lines(tmp_path, one="1"))

    assert [(each.kind, each.differs, each.is_past_requests) for each in differences] == [
        (Kind.CHANGED, ("entry",), True)
    ]


def test_it_tells_who_asked_last_and_when_clients_saw_it(
    living: OnlineSigner, tmp_path: Path, moment: datetime
) -> None:
    """A caller with its task; a repetition by somebody else changes nothing; a verb has no name."""
    asked = told_request("a/one", ArtifactCase(1, {"sha256": _digest("1")}))
    with living.store.writing() as connection:
        record(connection, Submission("task1", TaskKind.ADD, ANN, (asked,)), moment)
        record(connection, Submission("task2", TaskKind.ADD, Grant("bob", frozenset()), (asked,)), moment)
    _publish(living, moment, two="2")
    living.publisher.publish(moment)
    last = living.store.last_publication()
    assert last is not None

    _, differences = _compare(living, _lines(tmp_path, one="x", two="x"))

    told = [each.last for each in differences]
    assert [each and (each.maker, each.task) for each in told] == [("ann", "task1"), ("", "")]
    assert {each and each.publication for each in told} == {last.number}
    assert [each.is_past_requests for each in differences] == [False, False]


def test_what_an_import_brought_is_told(living: OnlineSigner, tmp_path: Path, moment: datetime) -> None:
    """By its name where a request came before; otherwise nobody knows, and nothing is claimed."""
    _publish(living, moment, one="1")
    imported = LinesSource(_lines(tmp_path, one="new", two="new"), "csv")
    done = import_all(living.store, imported, ImportWish(), moment, _ignore)
    living.publisher.publish(moment)

    _, differences = _compare(living, _lines(tmp_path, one="1"))

    assert _told(differences) == ["changed a/one", "added a/two"]
    assert [each.last and each.last.source for each in differences] == [f"import {done.number}", None]
    assert [each.is_past_requests for each in differences] == [False, False]


def test_what_was_removed_tells_of_the_removal(living: OnlineSigner, tmp_path: Path, moment: datetime) -> None:
    """It is missing because somebody asked for that."""
    _publish(living, moment, one="1")
    take_in(living.store, [remove_request("a/one")], moment)
    living.publisher.publish(moment)

    _, (missing,) = _compare(living, _lines(tmp_path, one="1"))

    assert missing.last is not None
    assert (missing.kind, missing.last.fragment, missing.is_past_requests) == (Kind.MISSING, None, False)


def test_what_vanished_past_all_requests_is_told_so(living: OnlineSigner, tmp_path: Path, moment: datetime) -> None:
    """It was asked for, and is not there."""
    _publish(living, moment, one="1")
    with living.store.writing() as connection:
        connection.execute(TARGETS.delete())

    _, (missing,) = _compare(living, _lines(tmp_path, one="1"))

    assert (missing.kind, missing.is_past_requests) == (Kind.MISSING, True)


def test_what_waits_counts_as_not_done(living: OnlineSigner, tmp_path: Path, moment: datetime) -> None:
    """And is told."""
    _publish(living, moment, one="1")
    living.ask("a/one", b"new", moment)
    import_all(living.store, LinesSource(_lines(tmp_path, two="2"), "csv"), ImportWish(), moment, _ignore)

    totals, differences = _compare(living, _lines(tmp_path, one="1"))

    assert (differences, totals.waiting, totals.waits_import) == ([], 1, True)


def test_a_target_in_another_bin_than_its_own_is_added(living: OnlineSigner, tmp_path: Path, moment: datetime) -> None:
    """No client looks for it there, and somebody put it there."""
    _publish(living, moment, one="1")
    count = len(living.store.bins())
    other = (bin_of("a/one", count) + 1) % count
    with living.store.writing() as connection:
        fragment = render_fragment("a/one", 1, {"sha256": _digest("1")})
        connection.execute(insert(TARGETS).values(bin=other, path="a/one", fragment=fragment))

    with compared(living.store, LinesSource(_lines(tmp_path, one="1"), "csv"), _ignore) as found:
        assert [(each.kind, each.path, each.bin) for each in found.differences()] == [(Kind.ADDED, "a/one", other)]
        assert found.astray() == "a/one"
        assert found.totals.record == 1


def test_what_clients_ask_others_for_is_told_apart(living: OnlineSigner, tmp_path: Path, moment: datetime) -> None:
    """A record of the whole repository has the targets of projects too: bins need not have them."""
    living.deliver(changed(living.bundle, Changing(delegations=(CLAIMED, RECENT), now=moment)), moment)
    living.register(project("demo"), now=moment)
    living.upload("demo", metadata("demo", 1, {"files/demo/one": b"one"}, now=moment), b"one", now=moment)
    living.publisher.publish(moment)
    (tmp_path / "record").write_text(f"files/demo/one;3;sha256;{_digest('one')}\nb;3;sha256;{_digest('one')}\n")

    totals, differences = _compare(living, tmp_path / "record")

    assert sorted(_told(differences)) == ["elsewhere files/demo/one", "missing b"]
    assert (totals.record, totals.here, totals.kinds[Kind.ELSEWHERE]) == (2, 0, 1)


def test_a_record_is_read_in_pieces_and_its_differences_too(
    living: OnlineSigner, tmp_path: Path, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are, few are in memory; the first ones can be had alone."""
    monkeypatch.setattr(import_lines, "_BLOCK_BYTES", 2_000)
    monkeypatch.setattr(comparing, "_AT_ONCE", 7)
    monkeypatch.setattr(comparing, "_PATHS_AT_ONCE", 5)
    contents = {f"n{number:03}": str(number) for number in range(300)}
    _publish(living, moment, **contents)
    record = _lines(tmp_path, **{name: text for name, text in contents.items() if int(text) % 3}, m="m")
    record.write_text(record.read_text().replace(_digest("100"), _digest("other")))

    with compared(living.store, LinesSource(record, "csv"), _ignore) as found:
        every = _told([*found.differences()])
        first = _told([*found.differences((Kind.ADDED,), 20)])

    assert len(every) == 102
    assert every[:2] == ["missing a/m", "changed a/n100"]
    assert first == [f"added a/n{number:03}" for number in range(0, 60, 3)]


def test_the_first_bad_line_stops_it_and_is_named(living: OnlineSigner, tmp_path: Path) -> None:
    """As in an import; nothing is compared with half a record."""
    record = _lines(tmp_path, one="1")
    record.write_text(record.read_text() + "../two;7\n")

    with pytest.raises(RefusedError) as refusal:
        _compare(living, record)

    assert (refusal.value.rule, "line 2" in refusal.value.found) == ("IMPORT-LINE", True)


def test_two_entries_for_one_path_are_refused(living: OnlineSigner, tmp_path: Path) -> None:
    """Nobody knows which of them was good."""
    record = _lines(tmp_path, one="1")
    record.write_text(record.read_text() + record.read_text().replace(_digest("1"), _digest("2")))

    with pytest.raises(RefusedError) as refusal:
        _compare(living, record)

    assert (refusal.value.rule, "a/one" in refusal.value.found) == ("PATH-ONCE", True)


def test_before_the_first_delivery_there_is_nothing_to_compare(signer: OnlineSigner, tmp_path: Path) -> None:
    """There are no bins."""
    with pytest.raises(RefusedError) as refusal:
        _compare(signer, _lines(tmp_path, one="1"))

    assert refusal.value.rule == "DELIVERED-FIRST"


def test_nothing_is_left_of_a_comparison_however_it_ends(
    living: OnlineSigner, tmp_path: Path, moment: datetime
) -> None:
    """Not a row in the signer's own tables; whoever broke off begins again, and others go on meanwhile."""
    _publish(living, moment, one="1")
    before = _rows(living)

    def watch(done: int, _total: int) -> None:
        if done:
            raise _BrokenOffError

    with pytest.raises(_BrokenOffError), compared(living.store, LinesSource(_lines(tmp_path, one="x"), "csv"), watch):
        pass
    with compared(living.store, LinesSource(_lines(tmp_path, one="x"), "csv"), _ignore) as found:
        living.ask("a/two", b"2", moment)
        assert living.publisher.publish(moment) is not None
        assert _told([*found.differences()]) == ["changed a/one"]
    after = _rows(living)

    assert {name: count for name, count in after.items() if count != before[name]} == {
        "changes": before["changes"] + 1,
        "publications": before["publications"] + 1,
        "targets": before["targets"] + 1,
    }
    assert waiting_count(living.store) == 0


def _rows(signer: OnlineSigner) -> dict[str, int]:
    with signer.store.reading() as connection:
        assert not {name for name in inspect(connection).get_temp_table_names() if "compare" in name}
        counted = {table.name: select(func.count()).select_from(table) for table in METADATA.sorted_tables}
        return {name: connection.execute(query).scalar_one() for name, query in counted.items()}
