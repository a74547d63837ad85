"""The command line under test: one desk with a scripted terminal, paper instead of a screen, a clock of its own."""

from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result
from fakes.rooms import NOW
from fakes.scripted_terminal import ScriptedTerminal, paper_console, read_paper
from rich.console import Console

from ceremony.cli.desk import Desk
from ceremony.cli.main import ceremony
from ceremony.cli.terminal import Terminal


@dataclass(frozen=True, slots=True)
class Ended:
    """How a verb ended: its exit status, what it printed, what went wrong, what went to standard output."""

    status: int
    out: str
    err: str
    plain_out: str


def desk_with(terminal: Terminal | None = None, paper: Console | None = None) -> Desk:
    """A desk at which this terminal stands, and this paper lies; without a terminal nobody can be asked."""
    nobody = ScriptedTerminal(is_connected=False)
    return Desk(paper or paper_console(), paper_console(), terminal or nobody, lambda: NOW)


def run(desk: Desk, *arguments: str | Path) -> Ended:
    """What became of `ceremony` with these arguments; errors that nobody caught are raised."""
    result: Result = CliRunner().invoke(ceremony, [str(each) for each in arguments], obj=desk, catch_exceptions=False)
    return Ended(result.exit_code, read_paper(desk.out), read_paper(desk.err), result.output)


def typed(*lines: str | type[BaseException]) -> Desk:
    """A desk at which somebody types these lines."""
    return desk_with(ScriptedTerminal(lines))


def settings_file(folder: Path, text: str = "") -> Path:
    """A settings file without any device that a machine has, and with crash notes in `folder`."""
    file = folder / "settings.toml"
    file.write_text(f'crash_folder = "{folder}/crashes"\nyubikeys = false\n{text}', encoding="utf-8")
    return file
