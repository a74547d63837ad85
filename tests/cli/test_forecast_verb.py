"""`ceremony forecast` over bundles and repositories: what it shows, and what it exits with."""

import io
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from fakes import dated_repository as lab
from fakes.people import NOW, drafted, plan, roster, sealed
from fakes.plain_desk import Ended, desk_with
from fakes.scripted_terminal import read_paper
from rich.console import Console

from ceremony.cli.forecast_page import TimeLineDrawing, draw_forecast
from ceremony.cli.forecast_verb import forecast_verb
from ceremony.cli.front_door import FrontDoor
from ceremony.core.forecast import forecast
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import write_plan
from ceremony.engine.bundle import Bundle, pack

DOOR = FrontDoor("ceremony", commands={"forecast": forecast_verb})


def run(*arguments: str | Path, now: datetime = NOW) -> Ended:
    """What became of `ceremony forecast` with these arguments at this moment."""
    desk = replace(desk_with(), clock=lambda: now)
    words = ["forecast", *map(str, arguments)]
    result = CliRunner().invoke(DOOR, words, obj=desk, catch_exceptions=False)
    return Ended(result.exit_code, read_paper(desk.out), read_paper(desk.err), result.output)


def packed(path: Path, purpose: str, files: tuple[MetadataFile, ...]) -> Path:
    """A bundle of ann, bob and cyd with these files."""
    pack(Bundle(purpose, plan(), write_plan(plan()).encode(), roster(plan()), files), path)
    return path


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A sealed release: bins end on 2030-05-30."""
    return packed(tmp_path / "release", "release", sealed().files)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A published repository, all of which lasts for years but timestamp."""
    lab.publish(tmp_path / "metadata", lab.files(timestamp=NOW + timedelta(hours=24)))
    return tmp_path


def test_a_release_is_told_in_full(release: Path) -> None:
    """Verdict, time line, roles, quorums with their people, cautions, freeze window, next days."""
    ended = run(release)
    assert ended.status == 0
    for part in (
        "Forecast for packages.example.org (REHEARSAL) at 2030-03-01T12:00:00Z",
        "GOOD: no ceremony has to start before 2030-04-30.",
        "now  S latest day to start",
        "start by 2030-04-30",
        "2 of 3",
        "ann, bob, cyd",
        "! One stolen device counts in root, targets and bins: ann, bob, cyd.",
        "24 hours (timestamp)",
        "89 days (bins)",
        "2030-04-30  latest day to start a ceremony for bins",
    ):
        assert part in ended.out
    assert "not over" not in ended.out


@pytest.mark.parametrize(
    ("day", "state", "statuses"),
    [
        ("2030-03-01", "good", (0, 0)),
        ("2030-04-20", "soon", (1, 0)),
        ("2030-05-05", "late", (1, 1)),
        ("2030-06-01", "expired", (1, 1)),
    ],
)
def test_a_monitor_tells_a_warning_from_an_alarm(
    release: Path, day: str, state: str, statuses: tuple[int, int]
) -> None:
    """Asked as it is, it warns; asked without warning days, it is the alarm; the JSON says which state it is."""
    assert (run(release, "--at", day).status, run(release, "--at", day, "--warn-days", "0").status) == statuses
    machine = run(release, "--at", day, "--json")
    assert machine.status == statuses[0]
    told = json.loads(machine.plain_out)
    assert (told["state"], told["now"], told["unfinished"]) == (state, f"{day}T00:00:00Z", False)
    assert not machine.out


def test_a_longer_lead_is_late_sooner(release: Path) -> None:
    """Ninety days before the end of bins is in the past."""
    assert "LATE: start a ceremony now, for bins." in run(release, "--lead-days", "91").out
    assert json.loads(run(release, "--lead-days", "91", "--json").plain_out)["lead_days"] == 91


def test_a_ceremony_under_way_is_told_to_be_unfinished(tmp_path: Path) -> None:
    """What it shows holds once everything is signed."""
    request = packed(tmp_path / "request", "request", drafted().files)
    assert "This ceremony is not over" in run(request).out
    assert json.loads(run(request, "--json").plain_out)["unfinished"] is True


def test_a_bundle_before_its_draft_is_refused_in_words(tmp_path: Path) -> None:
    """There is nothing to look at yet."""
    ended = run(packed(tmp_path / "request", "request", ()))
    assert ended.status == 2
    assert "nothing has been drafted in this bundle yet" in ended.plain_out


def test_a_repository_is_told_with_its_online_roles(repository: Path) -> None:
    """Its people are known by their keys, unless a bundle tells their names."""
    ended = run(repository)
    assert ended.status == 0
    assert "timestamp 1" in ended.out
    assert "renewed online" in ended.out
    assert "ann" not in ended.out


def test_a_bundle_tells_whose_keys_they_are(repository: Path, release: Path) -> None:
    """The roster is what no metadata holds."""
    assert "ann, bob, cyd" in run(repository, "--roster", release).out


def test_the_root_that_is_trusted_here_decides(repository: Path, tmp_path: Path) -> None:
    """With another repository's root it is refused, as by every verb."""
    (tmp_path / "own.json").write_bytes((repository / "metadata" / "1.root.json").read_bytes())
    (tmp_path / "other.json").write_bytes(lab.files(root=NOW)[0].encode())
    assert run(repository, "--root", tmp_path / "own.json").status == 0
    refused = run(repository, "--root", tmp_path / "other.json")
    assert refused.status == 3
    assert "TRUSTED-FORK" in refused.err


def test_an_expired_timestamp_is_an_alarm(repository: Path) -> None:
    """Clients refuse all of it."""
    ended = run(repository, now=NOW + timedelta(hours=24))
    assert ended.status == 1
    assert "EXPIRED: clients refuse timestamp, or this is an old copy." in ended.out


@pytest.mark.parametrize("arguments", [("--at", "soon"), ("--lead-days", "-1"), ("--warn-days", "4000")])
def test_what_cannot_be_read_is_a_usage_error(release: Path, arguments: tuple[str, str]) -> None:
    """Before anything is looked at."""
    assert run(release, *arguments).status == 2


def test_what_is_no_repository_is_said_to_be_none(tmp_path: Path) -> None:
    """In the words and with the status of every verb."""
    assert run(tmp_path).status == 4
    assert run(tmp_path / "nowhere").status == 7


def test_the_help_tells_how_to_monitor() -> None:
    """Statuses, and how to tell a warning from an alarm."""
    told = " ".join(run("--help").plain_out.split())
    assert "0 good" in told
    assert "1 soon, late or expired" in told
    assert "--warn-days 0" in told


@pytest.mark.parametrize("width", [80, 100, 200])
@pytest.mark.parametrize("days", [0, 50, 65, 120, 500])
def test_no_line_is_wider_than_the_terminal(width: int, days: int) -> None:
    """Nor does the time line break in two."""
    paper = Console(file=io.StringIO(), width=width, highlight=False, color_system=None)
    found = forecast(lab.files(bins=NOW + timedelta(days=90)), NOW + timedelta(days=days))
    for part in draw_forecast(found):
        paper.print(part)
    lines = read_paper(paper).splitlines()
    assert max(map(len, lines)) <= width
    paper.print(TimeLineDrawing(found))
    assert read_paper(paper).splitlines()[len(lines) :][-1].lstrip().startswith("│ now")
    assert len(read_paper(paper).splitlines()) - len(lines) == 3 + len(found.roles)


def test_a_terminal_without_other_letters_gets_ascii() -> None:
    """A pipe into mail, a serial line."""
    paper = Console(file=io.TextIOWrapper(io.BytesIO(), encoding="ascii"), width=80, color_system=None)
    with paper.capture() as captured:
        paper.print(TimeLineDrawing(forecast(lab.files(), NOW)))
    assert captured.get().isascii()


def test_no_name_steers_the_terminal() -> None:
    """A role can be called anything by whoever signs targets."""
    files = lab.files()
    found = forecast(files, NOW)
    odd = replace(found.roles[2], role="a\x1b[2Jb\nGOOD: all is well")
    paper = Console(file=io.StringIO(), width=80, highlight=False, color_system=None)
    for part in draw_forecast(replace(found, roles=(*found.roles[:2], odd), cautions=("x\ny",))):
        paper.print(part)
    told = read_paper(paper)
    assert "\x1b" not in told
    assert not any(line.lstrip().startswith(("GOOD: all", "y")) for line in told.splitlines())


def test_the_verb_can_stand_among_the_others() -> None:
    """It has a name, a short help and a long one."""
    assert isinstance(forecast_verb, click.Command)
    assert forecast_verb.name == "forecast"
    assert forecast_verb.short_help
