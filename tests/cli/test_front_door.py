"""Every error leaves through the front door: explained, with a status of its own; a traceback goes to a file."""

import resource
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from fakes.plain_desk import desk_with, run, settings_file
from fakes.scripted_terminal import read_paper

from ceremony import __main__ as front
from ceremony.cli.front_door import FrontDoor, keep_traceback
from ceremony.errors import RefusedError
from ceremony.settings import Settings
from hsm.errors import PinBlockedError


def left_by(raised: Callable[[], None], obj: object = None) -> tuple[int, str]:
    """Exit status and words after a verb that raises."""

    @click.group(cls=FrontDoor)
    def door() -> None:
        """A door."""

    @door.command()
    def verb() -> None:
        raised()

    result = CliRunner().invoke(door, ["verb"], obj=obj)
    return result.exit_code, result.output


def throw(error: BaseException) -> Callable[[], None]:
    """Something that raises the error."""

    def raised() -> None:
        raise error

    return raised


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (RefusedError("THRESHOLD-FLOOR", "root: 1", "2 or more"), 3, "THRESHOLD-FLOOR"),
        (PinBlockedError("A1"), 63, "blocked"),
        (KeyboardInterrupt(), 5, "Stopped"),
        (ValueError("271828"), 70, "The program has a mistake"),
        (click.UsageError("which one?"), 2, "which one?"),
    ],
)
def test_every_error_has_its_words_and_its_status(error: BaseException, status: int, words: str) -> None:
    """The words are those of the explanation, the status is that of the kind."""
    found_status, found_words = left_by(throw(error))
    assert found_status == status
    assert words in found_words
    assert "Traceback" not in found_words


def test_what_goes_wrong_is_printed_at_the_desk() -> None:
    """Errors go where the desk wants them."""
    desk = desk_with()
    left_by(throw(PinBlockedError("A1")), desk)
    assert "A1" in read_paper(desk.err)


def test_a_traceback_goes_to_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    """The screen names the file and shows none of it."""
    status, words = left_by(throw(ValueError("a strange value")))
    (file,) = (tmp_path / "home/.local/state/ceremony").iterdir()
    assert status == 70
    assert "a strange value" in file.read_text(encoding="utf-8")
    assert "a strange value" not in words
    assert file.name in words.replace("\n", "").replace("│", "").replace(" ", "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_where_nothing_can_be_written_the_program_still_ends_well(tmp_path: Path) -> None:
    """A full disk does not hide the first mistake."""
    (tmp_path / "file").write_bytes(b"")
    assert keep_traceback(ValueError("x"), tmp_path / "file" / "crashes") == ""


def test_no_crash_writes_the_memory_to_a_disk() -> None:
    """Core dumps are off as soon as a verb begins."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    seen: list[tuple[int, int]] = []
    left_by(lambda: seen.append(resource.getrlimit(resource.RLIMIT_CORE)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, before[1]) if before[1] == 0 else (0, 0))
    assert seen == [(0, 0)]


def test_settings_are_read_before_any_verb(tmp_path: Path) -> None:
    """A settings file with a mistake stops everything, with its line."""
    file = settings_file(tmp_path, "colour = 1\n")
    ended = run(desk_with(), "--settings", file, "devices")
    assert ended.status == 2
    # The path is long, and broken wherever the line ends: what stands behind it is looked for in one piece.
    assert "3: colour: found" in " ".join(ended.err.replace("│", " ").split())


def test_practice_certificates_are_looked_for_besides_those_of_makers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment names a folder of them; the settings' own folder stays the first."""
    given: list[Settings] = []

    def opened(settings: Settings) -> int:
        given.append(settings)
        return 0

    for value in ("/srv/practice", ""):
        monkeypatch.setenv("CEREMONY_PRACTICE_AUTHORITY", value)
        run(replace(desk_with(), open_screens=opened))
    usual = Settings().attestation_folders
    assert [each.attestation_folders for each in given] == [(*usual, Path("/srv/practice")), usual]


def test_help_tells_the_story_the_verbs_in_order_and_the_statuses() -> None:
    """A newcomer can follow it."""
    text = run(desk_with(), "--help").plain_out
    verbs = ["rehearse", "plan", "devices", "device", "enrol", "sit", "status", "verify"]
    places = [text.index(f"\n  {verb} ") for verb in verbs]
    assert places == sorted(places)
    assert "The story in five lines" in text
    assert "70  a mistake in the program" in text


def test_without_a_verb_and_without_screens_the_help_is_shown() -> None:
    """There is always something to read."""
    assert "Usage:" in run(desk_with()).plain_out


def test_without_a_verb_the_screens_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their status is the program's; they get this machine's settings."""
    given: list[Settings] = []

    def opened(settings: Settings) -> int:
        given.append(settings)
        return 5

    monkeypatch.setattr(front, "open_screens", opened)
    monkeypatch.setattr("sys.argv", ["ceremony"])
    with pytest.raises(SystemExit) as ended:
        front.main()
    assert ended.value.code == 5
    assert len(given) == 1
