"""This machine: where its device modules are, how much stricter it is than the program, where crash notes go."""

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ceremony.core.fields import Table
from ceremony.core.policy import Policy, Tightening, tighten
from ceremony.core.toml_lines import parse_toml, placed
from ceremony.errors import Problem, SettingsError, StorageError

SIZE_LIMIT = 65_536

_PATH = r"[~/].*[^/]"
_WANTED_PATH = "a path that begins with / or ~"
_FIELDS = ("crash_folder", "pkcs11", "policy", "software_folder")


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for this machine. `pkcs11_modules` is None for the usual places, `software_folder` None for none."""

    pkcs11_modules: tuple[Path, ...] | None = None
    software_folder: Path | None = None
    policy: Policy = field(default_factory=Policy)
    crash_folder: Path = field(default_factory=lambda: Path.home() / ".local/state/ceremony")


def default_path() -> Path:
    """Where settings stand when nobody names a file."""
    return Path.home() / ".config/ceremony/settings.toml"


def load_settings(path: Path | None) -> Settings:
    """The settings in the file at `path`; None means the usual place, where no file means the defaults.

    Raises: SettingsError with every problem found, each with its line; RefusedError (POLICY-TIGHTENS); StorageError.
    """
    place = default_path() if path is None else path
    if path is None and not place.exists():
        return Settings()
    return parse_settings(_read(place), str(place))


def parse_settings(text: bytes, file: str) -> Settings:
    """The settings that `text` holds; `file` is only named in problems.

    Raises: SettingsError with every problem found, each with its line; RefusedError (POLICY-TIGHTENS).
    """
    fields, lines = parse_toml(text, file, SIZE_LIMIT)
    problems: list[Problem] = []
    settings, tightening = _parse(fields, problems)
    if problems:
        raise SettingsError(file, placed(problems, lines))
    return Settings(settings.pkcs11_modules, settings.software_folder, tighten(tightening), settings.crash_folder)


def _parse(fields: Mapping[str, object], problems: list[Problem]) -> tuple[Settings, Tightening]:
    table = Table(fields, problems)
    folder = table.text("software_folder", _PATH, _WANTED_PATH, "")
    crashes = table.text("crash_folder", _PATH, _WANTED_PATH, "")
    modules = _parse_modules(table) if "pkcs11" in fields else None
    tightening = _parse_policy(table.table("policy"), fields["policy"]) if "policy" in fields else Tightening()
    for name in sorted(set(fields) - set(_FIELDS)):
        table.refuse(name, "an unknown field", f"only fields that settings have: {', '.join(_FIELDS)}")
    defaults = Settings()
    return (
        Settings(
            pkcs11_modules=modules,
            software_folder=Path(folder).expanduser() if folder else None,
            crash_folder=Path(crashes).expanduser() if crashes else defaults.crash_folder,
        ),
        tightening,
    )


def _parse_modules(table: Table) -> tuple[Path, ...]:
    modules = []
    for each in table.tables("pkcs11"):
        modules.append(Path(each.text("module", _PATH, _WANTED_PATH)).expanduser())
        each.finish("a PKCS#11 entry")
    return tuple(modules)


def _parse_policy(table: Table, fields: object) -> Tightening:
    given = fields if isinstance(fields, Mapping) else {}
    names = ("threshold_floor", "offline_lifetime_days")
    floor, days = (table.number(name) if name in given else None for name in names)
    for name in sorted(set(given) - set(names)):
        table.refuse(name, "an unknown field", f"only fields that a policy has: {', '.join(names)}")
    return Tightening(floor, days)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise StorageError(str(path), errno.errorcode.get(error.errno or 0, type(error).__name__)) from error
