"""Targets brought back to a record: by change requests that nobody takes for repetitions, once each."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from fakes.online_signer import OnlineSigner
from sqlalchemy import insert, update

from ceremony.core.artifact_rules import ArtifactCase
from ceremony.errors import RefusedError
from ceremony.online import bringing_back
from ceremony.online.bins import bin_of, render_fragment
from ceremony.online.bringing_back import Added, BroughtBack, bring_back
from ceremony.online.comparing import compared
from ceremony.online.import_lines import LinesSource
from ceremony.online.intake import remove_request, take_in, told_request, waiting_count
from ceremony.online.tables import TARGETS


def _ignore(_done: int, _total: int) -> None:
    """Nobody watches."""


def _digest(content: str) -> str:
    return sha256(content.encode()).hexdigest()


def _entry(path: str, content: str) -> bytes:
    return render_fragment(path, len(content), {"sha256": _digest(content)})


def _publish(signer: OnlineSigner, now: datetime, **contents: str) -> None:
    cases = {path: ArtifactCase(len(text), {"sha256": _digest(text)}) for path, text in contents.items()}
    take_in(signer.store, [told_request(path, case) for path, case in cases.items()], now)
    signer.publisher.publish(now)


def _lines(folder: Path, **contents: str) -> Path:
    lines = [f"{path};{len(text)};sha256;{_digest(text)}\n" for path, text in contents.items()]
    (folder / "record").write_text("".join(lines))
    return folder / "record"


def _back(signer: OnlineSigner, record: Path, now: datetime, added: Added | None = Added.REMOVE) -> BroughtBack:
    with compared(signer.store, LinesSource(record, "csv"), _ignore) as found:
        return bring_back(signer.store, found, added, now)


def _hashes(signer: OnlineSigner) -> dict[str, str]:
    return {path: entry["hashes"]["sha256"] for path, entry in signer.targets().items()}


def test_what_requests_changed_goes_back(living: OnlineSigner, tmp_path: Path, moment: datetime) -> None:
    """Changed, removed and added alike; everything else stays in its bin at its version."""
    kept = {f"n{number}": "kept" for number in range(20)}
    _publish(living, moment, one="1", two="2", **kept)
    record = _lines(tmp_path, one="1", two="2", **kept)
    good = _hashes(living)
    _publish(living, moment, one="bad", three="3")
    take_in(living.store, [remove_request("two")], moment)
    living.publisher.publish(moment)
    before = living.store.bins()

    done = _back(living, record, moment)
    assert not done.is_out(living.store)
    living.publisher.publish(moment)

    assert done.requests == 3
    assert done.is_out(living.store)
    assert _hashes(living) == good
    touched = {bin_of(path, len(before)) for path in ("one", "two", "three")}
    assert {number for number, edition in enumerate(living.store.bins()) if edition != before[number]} == touched


def test_what_was_forged_past_all_requests_goes_back(living: OnlineSigner, tmp_path: Path, moment: datetime) -> None:
    """Though the last request for each of these paths asked for the very same as is asked for now."""
    _publish(living, moment, one="1", two="2", three="3")
    take_in(living.store, [remove_request("three")], moment)
    living.publisher.publish(moment)
    good = _hashes(living)
    count = len(living.store.bins())
    with living.store.writing() as connection:
        connection.execute(update(TARGETS).where(TARGETS.c.path == "one").values(fragment=_entry("one", "bad")))
        connection.execute(TARGETS.delete().where(TARGETS.c.path == "two"))
        for path in ("three", "four"):
            row = {"bin": bin_of(path, count), "path": path, "fragment": _entry(path, "bad")}
            connection.execute(insert(TARGETS).values(row))

    done = _back(living, _lines(tmp_path, one="1", two="2"), moment)
    living.publisher.publish(moment)

    assert done.requests == 4
    assert _hashes(living) == good
    assert _back(living, tmp_path / "record", moment) == BroughtBack(0, 0)


def test_what_is_forged_once_more_goes_back_once_more(living: OnlineSigner, tmp_path: Path, moment: datetime) -> None:
    """It is no repetition of the first time."""
    _publish(living, moment, one="1")
    good = _hashes(living)
    for _ in range(2):
        with living.store.writing() as connection:
            connection.execute(update(TARGETS).values(fragment=_entry("one", "bad")))
        _back(living, _lines(tmp_path, one="1"), moment)
        living.publisher.publish(moment)
        assert _hashes(living) == good


def test_the_same_again_before_the_publication_makes_no_request_twice(
    living: OnlineSigner, tmp_path: Path, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken off after some batch, it goes on."""
    monkeypatch.setattr(bringing_back, "_AT_ONCE", 2)
    _publish(living, moment, one="1", two="2", three="3")
    record = _lines(tmp_path, one="x", two="x", three="x")
    with compared(living.store, LinesSource(record, "csv"), _ignore) as found:
        first = next(iter(found.differences()))
        assert first.wanted is not None
        bring_back(living.store, found, None, moment)
        waiting = waiting_count(living.store)

    again = _back(living, record, moment)

    assert (waiting, waiting_count(living.store), again.requests) == (3, 3, 3)
    living.publisher.publish(moment)
    assert again.is_out(living.store)
    assert set(_hashes(living).values()) == {_digest("x")}


def test_what_was_added_stays_where_somebody_said_so(living: OnlineSigner, tmp_path: Path, moment: datetime) -> None:
    """The rest goes back."""
    _publish(living, moment, one="bad", two="2")

    _back(living, _lines(tmp_path, one="1"), moment, Added.KEEP)
    living.publisher.publish(moment)

    assert _hashes(living) == {"one": _digest("1"), "two": _digest("2")}


def test_nobody_decides_by_default_on_what_was_added(living: OnlineSigner, tmp_path: Path, moment: datetime) -> None:
    """Nothing is asked for."""
    _publish(living, moment, one="bad", two="2")

    with pytest.raises(RefusedError) as refusal:
        _back(living, _lines(tmp_path, one="1"), moment, None)

    assert (refusal.value.rule, waiting_count(living.store)) == ("COMPARE-ADDED", 0)


def test_a_target_astray_is_not_removed_by_removing_the_good_one(
    living: OnlineSigner, tmp_path: Path, moment: datetime
) -> None:
    """A change request reaches no bin but its path's own; kept, all else goes back."""
    _publish(living, moment, one="1", two="bad")
    count = len(living.store.bins())
    astray = {"bin": (bin_of("one", count) + 1) % count, "path": "one", "fragment": _entry("one", "1")}
    with living.store.writing() as connection:
        connection.execute(insert(TARGETS).values(astray))
    record = _lines(tmp_path, one="1", two="2")

    with pytest.raises(RefusedError) as refusal:
        _back(living, record, moment)
    assert (refusal.value.rule, waiting_count(living.store)) == ("COMPARE-PLACE", 0)
    _back(living, record, moment, Added.KEEP)
    living.publisher.publish(moment)

    assert _hashes(living) == {"one": _digest("1"), "two": _digest("2")}


def test_a_removal_that_waits_already_is_no_hindrance(living: OnlineSigner, tmp_path: Path, moment: datetime) -> None:
    """Somebody has asked to remove what is to be removed."""
    _publish(living, moment, one="1", two="2")
    take_in(living.store, [remove_request("two")], moment)

    done = _back(living, _lines(tmp_path, one="1"), moment)
    living.publisher.publish(moment)

    assert done.is_out(living.store)
    assert _hashes(living) == {"one": _digest("1")}
