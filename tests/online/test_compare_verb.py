"""The verb compare, as somebody types it on the day after a compromise; the real client judges what it brings back."""

import json
import shutil
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fakes.online_signer import OnlineSigner
from fakes.plain_repository import PlainRepository, plain_repository
from sqlalchemy import update

from ceremony.errors import CeremonyError, RehearsalError, StoppedError
from ceremony.online.bins import render_fragment
from ceremony.online.intake import waiting_count
from ceremony.online.main import verbs
from ceremony.online.renewal import BINS, ask_renewal
from ceremony.online.tables import TARGETS

GOOD, BAD = b"content", b"another"


def _call(signer: OnlineSigner, *words: str | Path, answer: str | None = None) -> Result:
    line = ["--home", str(signer.home.folder), *map(str, words)]
    return CliRunner().invoke(verbs, line, input=answer, catch_exceptions=False)


def _line(path: str, content: bytes) -> str:
    return f"{path};{len(content)};sha256;{sha256(content).hexdigest()}\n"


@pytest.fixture
def stocked(living: OnlineSigner, moment: datetime) -> OnlineSigner:
    """With two targets whose content is on the shelf."""
    for path in ("a/demo", "b/demo"):
        living.ask(path, GOOD, moment)
    living.publisher.publish(moment)
    return living


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """What that signer lists."""
    (tmp_path / "record").write_text(_line("a/demo", GOOD) + _line("b/demo", GOOD))
    return tmp_path / "record"


@pytest.fixture
def kept(tmp_path: Path, moment: datetime) -> PlainRepository:
    """The same, as a repository that python-tuf made."""
    made = plain_repository(tmp_path / "kept" / "metadata", moment)
    bins = made.delegate_bins(2)
    for path in ("a/demo", "b/demo"):
        made.add(bins.get_role_for_target(path), path, GOOD.decode())
    made.write()
    return made


def _forge(signer: OnlineSigner, now: datetime) -> None:
    """Somebody on the signer's host has put another content under a/demo, and published it."""
    forged = render_fragment("a/demo", len(BAD), {"sha256": sha256(BAD).hexdigest()})
    with signer.store.writing() as connection:
        connection.execute(update(TARGETS).where(TARGETS.c.path == "a/demo").values(fragment=forged))
        ask_renewal(connection, (BINS,), now)
    (signer.scratch / "forged").write_bytes(BAD)
    signer.shelf.keep(signer.scratch / "forged", "a/demo")
    while signer.publisher.publish(now) is not None:
        pass


def test_nothing_differs(stocked: OnlineSigner, record: Path) -> None:
    """Then all is well."""
    done = _call(stocked, "compare", record, "--format", "csv")

    assert (done.exit_code, done.output) == (0, "2 targets here, 2 in the record: 0 changed, 0 added, 0 missing.\n")


def test_what_differs_is_told_and_nothing_is_changed(stocked: OnlineSigner, record: Path) -> None:
    """By name, with both entries, and who asked last."""
    record.write_text(_line("a/demo", BAD) + _line("c/demo", GOOD))
    before = stocked.shelved()

    done = _call(stocked, "compare", record, "--format", "csv")

    lines = done.output.splitlines()
    assert done.exit_code == 1
    assert lines[0] == "2 targets here, 2 in the record: 1 changed, 1 added, 1 missing."
    assert [each for each in lines if each[0] != " "][1:] == [
        "changed: a/demo (hashes)",
        "added: b/demo",
        "missing: c/demo",
    ]
    assert f"    here    length 7, sha256 {sha256(GOOD).hexdigest()[:16]}..." in lines
    assert f"    record  length 7, sha256 {sha256(BAD).hexdigest()[:16]}..." in lines
    assert sum("by a verb on this machine; publication 2 at" in each for each in lines) == 2
    assert lines[-1] == "    The database does not know when it was changed last."
    assert (stocked.shelved(), waiting_count(stocked.store)) == (before, 0)


def test_of_many_the_first_are_shown(living: OnlineSigner, tmp_path: Path) -> None:
    """And how many more there are."""
    (tmp_path / "record").write_text("".join(_line(f"n{number:02}", GOOD) for number in range(30)))

    done = _call(living, "compare", tmp_path / "record", "--format", "csv")

    assert [each for each in done.output.splitlines() if each[0] == "m"] == [
        f"missing: n{each:02}" for each in range(20)
    ]
    assert done.output.endswith("... and 10 more missing\n")


def test_machines_get_the_same(stocked: OnlineSigner, record: Path, moment: datetime) -> None:
    """Counts, the first of each kind, and what waits."""
    record.write_text(_line("a/demo", BAD) + _line("b/demo", GOOD))
    stocked.ask("c/demo", GOOD, moment)

    done = _call(stocked, "compare", record, "--format", "csv", "--json")

    found = json.loads(done.output)
    counts = {
        name: found[name] for name in ("targets", "record", "waiting", "changed", "added", "missing", "elsewhere")
    }
    assert done.exit_code == 1
    assert counts == {
        "targets": 2, "record": 2, "waiting": 1, "changed": 1, "added": 0, "missing": 0, "elsewhere": 0
    }  # fmt: skip
    (first,) = found["first"]["changed"]
    assert (first["path"], first["differs"], first["line"]) == ("a/demo", ["hashes"], 1)
    assert first["here"] == {"hashes": {"sha256": sha256(GOOD).hexdigest()}, "length": 7}
    assert first["last"]["publication"] == 2


def test_what_waits_is_told(stocked: OnlineSigner, record: Path, moment: datetime) -> None:
    """It is not done yet, whoever asked for it."""
    stocked.ask("a/demo", BAD, moment)

    done = _call(stocked, "compare", record, "--format", "csv")

    assert done.exit_code == 0
    assert "something waits to be published (changes: 1)" in done.output


def test_every_difference_is_reported(living: OnlineSigner, tmp_path: Path) -> None:
    """Into a new file."""
    (tmp_path / "record").write_text("".join(_line(f"n{number:02}", GOOD) for number in range(30)))

    _call(living, "compare", tmp_path / "record", "--format", "csv", "--report", tmp_path / "report")

    told = [json.loads(line) for line in (tmp_path / "report").read_text().splitlines()]
    assert [(each["kind"], each["path"]) for each in told] == [("missing", f"n{each:02}") for each in range(30)]


def test_a_report_is_never_written_over(stocked: OnlineSigner, record: Path, tmp_path: Path) -> None:
    """Its name is judged before anything is read."""
    (tmp_path / "report").write_text("evidence")
    record.write_text("bad\n")

    with pytest.raises(CeremonyError, match="EEXIST"):
        _call(stocked, "compare", record, "--format", "csv", "--report", tmp_path / "report")

    assert (tmp_path / "report").read_text() == "evidence"


def test_of_a_bad_record_there_is_no_report(stocked: OnlineSigner, record: Path, tmp_path: Path) -> None:
    """Half of one would look like good news."""
    record.write_text(record.read_text() + "bad\n")

    with pytest.raises(CeremonyError, match="IMPORT-LINE"):
        _call(stocked, "compare", record, "--format", "csv", "--report", tmp_path / "report")

    assert not (tmp_path / "report").exists()


def test_a_forged_target_goes_back_to_what_python_tuf_recorded(
    stocked: OnlineSigner, kept: PlainRepository, moment: datetime
) -> None:
    """The real client got the forged content before, and gets the good one after; one who has been here, too."""
    words = ("compare", kept.folder, "--format", "tuf", "--root", kept.root)
    assert _call(stocked, *words).exit_code == 0
    _forge(stocked, moment)
    assert stocked.stay("a/demo") == {"a/demo": BAD}

    found = _call(stocked, *words)
    done = _call(stocked, *words, "--restore")

    assert (found.exit_code, done.exit_code) == (1, 0)
    assert "changed: a/demo (hashes)" in found.output
    assert "the database was changed past every request" in found.output
    assert "Acknowledged: changes to restore 1 targets.\nPublished." in done.output
    assert stocked.stay("a/demo", "b/demo") == {"a/demo": GOOD, "b/demo": GOOD}
    assert stocked.follow("a/demo") == {"a/demo": GOOD}
    assert _call(stocked, *words).exit_code == 0


def test_a_copy_of_its_own_metadata_is_a_record(stocked: OnlineSigner, tmp_path: Path, moment: datetime) -> None:
    """As of the day on which it was good, whatever has expired since."""
    shutil.copytree(stocked.home.repository / "metadata", tmp_path / "copy")
    root = tmp_path / "copy" / "1.root.json"
    _forge(stocked, moment)
    words = ("compare", tmp_path / "copy", "--format", "tuf", "--root", root)
    late = moment + timedelta(days=9)

    done = _call(stocked, *words, "--at", moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "--restore")
    with pytest.raises(CeremonyError, match="IMPORT-CURRENT"):
        _call(stocked, *words, "--at", late.strftime("%Y-%m-%d"))

    assert done.exit_code == 0
    assert stocked.follow("a/demo") == {"a/demo": GOOD}


def test_what_was_added_wants_a_decision(stocked: OnlineSigner, record: Path, moment: datetime) -> None:
    """Without one nothing is changed; removed, clients find it no more; kept, they do."""
    stocked.ask("c/demo", GOOD, moment)
    stocked.publisher.publish(moment)
    before = stocked.shelved()
    words = ("compare", record, "--format", "csv", "--restore")

    with pytest.raises(CeremonyError, match="COMPARE-ADDED"):
        _call(stocked, *words)
    kept = _call(stocked, *words, "--added", "keep")
    assert (stocked.shelved(), kept.exit_code) == (before, 0)
    assert stocked.follow("c/demo") == {"c/demo": GOOD}

    done = _call(stocked, *words, "--added", "remove")
    assert done.exit_code == 0
    assert set(stocked.targets()) == {"a/demo", "b/demo"}
    with pytest.raises(RehearsalError):
        stocked.follow("c/demo")


def test_restoring_for_machines_leaves_the_figures_alone_on_standard_output(
    stocked: OnlineSigner, record: Path, moment: datetime
) -> None:
    """What it does beside them is told elsewhere."""
    _forge(stocked, moment)

    done = _call(stocked, "compare", record, "--format", "csv", "--restore", "--json")

    assert (done.exit_code, json.loads(done.stdout)["changed"]) == (0, 1)
    assert "Published." not in done.stdout
    assert _call(stocked, "compare", record, "--format", "csv").exit_code == 0


def test_what_waited_before_is_told_after_restoring(stocked: OnlineSigner, record: Path, moment: datetime) -> None:
    """It comes with the same publication: whether it was meant, nobody has looked."""
    _forge(stocked, moment)
    stocked.ask("b/demo", BAD, moment)

    done = _call(stocked, "compare", record, "--format", "csv", "--restore")

    assert done.output.endswith("compare once more.\n")
    assert _call(stocked, "compare", record, "--format", "csv").exit_code == 1


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_at_a_terminal_nothing_is_restored_without_a_yes(
    stocked: OnlineSigner, record: Path, moment: datetime, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    """No, Enter and a closed terminal are none."""
    _forge(stocked, moment)
    before = stocked.shelved()
    monkeypatch.setattr("ceremony.online.desk.is_anybody_here", lambda: True)

    with pytest.raises(StoppedError):
        _call(stocked, "compare", record, "--format", "csv", "--restore", answer=answer)

    assert (stocked.shelved(), waiting_count(stocked.store)) == (before, 0)


def test_at_a_terminal_a_yes_restores(
    stocked: OnlineSigner, record: Path, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question says what is going to happen."""
    _forge(stocked, moment)
    monkeypatch.setattr("ceremony.online.desk.is_anybody_here", lambda: True)

    done = _call(stocked, "compare", record, "--format", "csv", "--restore", answer="y\n")

    assert "1 changed and 0 missing targets go back to the record; 0 added ones stay. Publish that?" in done.output
    assert stocked.follow("a/demo") == {"a/demo": GOOD}


def test_nothing_to_restore_asks_nobody(stocked: OnlineSigner, record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is as if nobody had asked for it."""
    monkeypatch.setattr("ceremony.online.desk.is_anybody_here", lambda: True)

    assert _call(stocked, "compare", record, "--format", "csv", "--restore").exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ["--format", "csv", "--added", "keep"],
        ["--format", "csv", "--at", "2030-01-31"],
        ["--format", "tuf"],
        ["--format", "csv", "--root", "ROOT"],
        ["--format", "csv", "--restore", "--added", "both"],
    ],
)
def test_options_that_say_nothing_together_are_refused(living: OnlineSigner, record: Path, words: list[str]) -> None:
    """Before anything is read."""
    given = [str(record) if word == "ROOT" else word for word in words]

    assert _call(living, "compare", record, *given).exit_code == 2


def test_before_the_first_delivery_there_is_nothing_to_compare(signer: OnlineSigner, record: Path) -> None:
    """And somebody is told to deliver."""
    with pytest.raises(CeremonyError, match="DELIVERED-FIRST"):
        _call(signer, "compare", record, "--format", "csv")
