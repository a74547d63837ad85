"""How a signer is run: HOME/settings.toml -> Settings; whatever the file does not say is as it is without one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from ceremony.core.fields import Table
from ceremony.core.toml_lines import parse_toml, placed
from ceremony.engine.disk import read_file
from ceremony.errors import Problem, SettingsError

FILE = "settings.toml"
SIZE_LIMIT = 65_536
_URL = r"https?://[^\s/?#@]+(?:/[^\s?#]*[^\s?#/])?"
_WANTED_URL = "where the repository is served, such as https://packages.example.org/repository"
_HOUR_SECONDS = 3_600
_YEAR_HOURS = 8_784
_WEEK_MINUTES = 10_080

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """How often the real client follows what is published, and where: in the shelf, or at `url` as everybody does.

    Without `every`, it does so after deliveries alone.
    """

    every: timedelta | None = timedelta(minutes=10)
    url: str = ""


@dataclass(frozen=True, slots=True)
class Log:
    """Where the log goes: `form` is `json`, `off`, or `auto`: JSON lines from a serving signer that has no terminal.

    With `is_key_use_told`, every signature of an online key is a line.
    """

    form: str = "auto"
    is_key_use_told: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """How a signer is run. Between two publications of changes there is at least the `window`.

    What no timestamp of the last `retention` leads to is deleted, `prune_every` so often, never without it.
    """

    window: timedelta = timedelta(0)
    retention: timedelta = timedelta(hours=24)
    prune_every: timedelta | None = timedelta(hours=1)
    self_check: SelfCheck = field(default_factory=SelfCheck)
    log: Log = field(default_factory=Log)


def load_signer_settings(folder: Path) -> Settings:
    """The settings in `folder`, the usual ones where there is no file.

    Raises: SettingsError with every problem found, each with its line; StorageError.
    """
    path = folder / FILE
    return parse_signer_settings(read_file(path, SIZE_LIMIT), str(path)) if path.exists() else Settings()


def parse_signer_settings(text: bytes, file: str) -> Settings:
    """The settings that `text` holds; `file` is only named in problems.

    Raises: SettingsError with every problem found, each with its line.
    """
    fields, lines = parse_toml(text, file, SIZE_LIMIT)
    problems: list[Problem] = []
    found = _read(Table(fields, problems))
    if problems:
        raise SettingsError(file, placed(problems, lines))
    return found


def _read(table: Table) -> Settings:
    usual = Settings()
    window = _optional(table, "window_seconds", lambda name: table.number(name, 0, _HOUR_SECONDS), 0)
    retention = _optional(table, "retention_hours", lambda name: table.number(name, 1, _YEAR_HOURS), 24)
    minutes = _optional(table, "prune_minutes", lambda name: table.number(name, 0, _WEEK_MINUTES), 60)
    found = Settings(
        timedelta(seconds=window),
        timedelta(hours=retention),
        _every(minutes),
        _optional(table, "self_check", lambda name: _self_check(table.table(name)), usual.self_check),
        _optional(table, "log", lambda name: _log(table.table(name)), usual.log),
    )
    table.finish("a signer")
    return found


def _self_check(table: Table) -> SelfCheck:
    minutes = _optional(table, "minutes", lambda name: table.number(name, 0, _WEEK_MINUTES), 10)
    found = SelfCheck(_every(minutes), table.text("url", _URL, _WANTED_URL, ""))
    table.finish("[self_check]")
    return found


def _log(table: Table) -> Log:
    form = table.text("form", "auto|json|off", "auto, json or off", "auto")
    found = Log(form, _optional(table, "key_use", table.flag, True))  # noqa: FBT003  # the usual value
    table.finish("[log]")
    return found


def _every(minutes: int) -> timedelta | None:
    return timedelta(minutes=minutes) if minutes else None


def _optional(table: Table, name: str, read: Callable[[str], _Value], usual: _Value) -> _Value:
    return read(name) if table.has(name) else usual
