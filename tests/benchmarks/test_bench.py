"""The bench runs: every comparison has its figures, at sizes at which they mean nothing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.figures import OURS, PLAIN, Comparison, Figure, Goal, Subject, comparison_from
from benchmarks.page import BEGIN, END, NoPlaceError, write_page
from benchmarks.report import found_in, missed, write_report
from benchmarks.stocked import copied, key_of_scheme, stock
from benchmarks.targets_like_pypi import digest_of, path_of
from benchmarks.verified import NotAsPublishedError, Verifier
from tuf.api.exceptions import UnsignedMetadataError

from ceremony.core.keys import key_of

ROOT = Path(__file__).parents[2]
GOAL = Goal("plain / ours", 12.5, 13, is_least=True)
FOUND = Comparison(
    "one add",
    (Figure(OURS, 3, 4.0, 5.0, 3.5, 4.5), Figure(PLAIN, 3, 50.0, 55.0, 49.0, 52.0)),
    subject=Subject("one add", 10, 4),
).reaching(GOAL)


def test_the_bench_measures_and_writes_what_it_prints(tmp_path: Path) -> None:
    """A table on the screen, the same in the files, and nothing left on the disk but what it was stocked with."""
    figures, docs, data = tmp_path / "figures.json", tmp_path / "docs", tmp_path / "data"
    docs.mkdir()
    (docs / "performance.md").write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", "utf-8")

    said = _bench("--quick", "--json", str(figures), "--docs", str(docs), "--folder", str(data))

    found = json.loads(figures.read_text("utf-8"))
    assert [each["title"].split(",")[0] for each in found["comparisons"]] == [
        "one add",
        "one add",
        "one add",
        "one add",
        "10 adds at once",
        "100 adds at once",
        "3 adds at once",
        "every bin signed anew",
        "over HTTP",
        "over HTTP",
        "over HTTP",
        "import of 2",
        "one add",
        "one add",
        "start of the daemon to its first answer",
        "every bin signed anew",
        "the floor of one add",
    ]
    assert all(figure["p50"] > 0 for each in found["comparisons"] for figure in each["milliseconds"])
    assert "python-tuf" in said
    page = (docs / "performance.md").read_text("utf-8")
    assert page.startswith(f"before\n{BEGIN}\n")
    assert page.endswith(f"{END}\nafter\n")
    assert "old" not in page
    assert "python-tuf" in (docs / "performance-bins.svg").read_text("utf-8")
    assert [each.name for each in data.iterdir()] == ["stock"]
    assert "import of 2" in _bench("--merge", str(figures), str(figures))


def test_a_report_can_be_read_again(tmp_path: Path) -> None:
    """What was found is found again, and of what two runs say, what the later one does."""
    other = FOUND.reaching(Goal("plain / ours", 14, 13, is_least=True))
    for number, each in enumerate((FOUND, other)):
        write_report([each], tmp_path / f"{number}.json")

    found = found_in([tmp_path / "0.json", tmp_path / "1.json"])

    assert found == [other]
    assert comparison_from(FOUND.as_json()) == FOUND
    assert missed([FOUND]) == ["one add: plain / ours 12.5 >= 13: MISSED"]
    assert missed(found) == []


def test_a_page_without_a_place_for_tables_stays_as_it_is(tmp_path: Path) -> None:
    """Nobody's text is written over."""
    page = tmp_path / "performance.md"
    page.write_text("text\n", "utf-8")

    with pytest.raises(NoPlaceError):
        write_page([FOUND], page)

    assert page.read_text("utf-8") == "text\n"


def test_what_was_not_published_is_noticed(tmp_path: Path) -> None:
    """A target that is not there, a signature that is not one, and a file of another version."""
    made = copied(stock(tmp_path / "room", 50, 4), tmp_path / "copy")
    shelf, key = made.home.repository / "metadata", key_of(made.store.identity().key_file.key.fields())
    stranger = key_of_scheme(made.home, "P-256").key
    made.store.close()

    verifier = Verifier(shelf, [key], 4)
    verifier.verify({path_of(number): digest_of(number) for number in range(50)})
    assert verifier.files > len(range(50))
    with pytest.raises(NotAsPublishedError):
        Verifier(shelf, [key], 4).verify({path_of(50): digest_of(50)})
    with pytest.raises(UnsignedMetadataError):
        Verifier(shelf, [stranger], 4).verify({})
    # A copy shares its files with the stock: this one is to be another.
    (shelf / "2.bin-0.json").unlink()
    shutil.copyfile(shelf / "1.bin-0.json", shelf / "2.bin-0.json")
    with pytest.raises(NotAsPublishedError):
        Verifier(shelf, [key], 4).verify({})


def _bench(*given: str) -> str:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    command = [sys.executable, "-m", "benchmarks", *given]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
