"""This machine: where its device modules are, how much stricter it is than the program, where crash notes go."""

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ceremony.core.fields import Table
from ceremony.core.policy import Policy, Tightening, tighten
from ceremony.core.token_uri import TokenUri, parse_token_uri
from ceremony.core.toml_lines import parse_toml, placed
from ceremony.errors import Problem, SettingsError, StorageError

SIZE_LIMIT = 65_536

_PATH = r"[~/].*[^/]"
_WANTED_PATH = "a path that begins with / or ~"
_TOKEN_NAMES = ("token", "manufacturer", "serial", "model")
_WANTED_TOKEN = "a URI such as pkcs11:token=ann;serial=0123"  # noqa: S105  # a token here is a device
_FIELDS = ("attestation_folder", "crash_folder", "pkcs11", "policy", "software_folder", "yubikeys")


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for this machine. `pkcs11_modules` is None for the usual places, `software_folder` None for none.

    `tokens` says, for a module that shall not show all it has, which of its tokens count. Without `yubikeys`, YubiKeys
    are reached through PKCS#11 modules alone. `attestation_folders` hold makers' certificates; any may be absent.
    """

    pkcs11_modules: tuple[Path, ...] | None = None
    tokens: Mapping[Path, tuple[TokenUri, ...]] = field(default_factory=dict)
    yubikeys: bool = True
    software_folder: Path | None = None
    attestation_folders: tuple[Path, ...] = field(
        default_factory=lambda: (Path.home() / ".config/ceremony/attestation",)
    )
    policy: Policy = field(default_factory=Policy)
    crash_folder: Path = field(default_factory=lambda: Path.home() / ".local/state/ceremony")

    def counts(self, module: Path, *, label: str, serial: str, manufacturer: str, model: str) -> bool:
        """Whether this token, which `module` shows, is one of those that count on this machine."""
        # One module can be named twice, through a link: its tokens are those of all its names.
        names = [each for each in self.pkcs11_modules or () if each.resolve() == module.resolve()]
        wanted = [self.tokens.get(each, ()) for each in names]
        if not wanted or not all(wanted):
            return True
        facts = {"label": label, "serial": serial, "manufacturer": manufacturer, "model": model}
        return any(uri.matches_token(**facts) for uris in wanted for uri in uris)


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
    return replace(settings, policy=tighten(tightening))


def _parse(fields: Mapping[str, object], problems: list[Problem]) -> tuple[Settings, Tightening]:
    table = Table(fields, problems)
    folder = table.text("software_folder", _PATH, _WANTED_PATH, "")
    crashes = table.text("crash_folder", _PATH, _WANTED_PATH, "")
    certificates = table.text("attestation_folder", _PATH, _WANTED_PATH, "")
    yubikeys = table.flag("yubikeys") if "yubikeys" in fields else True
    modules = _parse_modules(table) if "pkcs11" in fields else None
    tightening = _parse_policy(table.table("policy"), fields["policy"]) if "policy" in fields else Tightening()
    for name in sorted(set(fields) - set(_FIELDS)):
        table.refuse(name, "an unknown field", f"only fields that settings have: {', '.join(_FIELDS)}")
    defaults = Settings()
    return (
        Settings(
            pkcs11_modules=None if modules is None else tuple(modules),
            tokens={module: tokens for module, tokens in (modules or {}).items() if tokens},
            yubikeys=yubikeys,
            attestation_folders=(Path(certificates).expanduser(),) if certificates else defaults.attestation_folders,
            software_folder=Path(folder).expanduser() if folder else None,
            crash_folder=Path(crashes).expanduser() if crashes else defaults.crash_folder,
        ),
        tightening,
    )


def _parse_modules(table: Table) -> dict[Path, tuple[TokenUri, ...]]:
    """The modules by path, each with the tokens that count; none for all of them."""
    modules: dict[Path, tuple[TokenUri, ...]] = {}
    whole: set[Path] = set()
    for each in table.tables("pkcs11"):
        module = Path(each.text("module", _PATH, _WANTED_PATH)).expanduser()
        token = _parse_token(each)
        each.finish("a PKCS#11 entry")
        if token is None:
            whole.add(module)
        modules[module] = () if module in whole else (*modules.get(module, ()), *([token] if token else []))
    return modules


def _parse_token(table: Table) -> TokenUri | None:
    text = table.text("token", r"(?s).*", _WANTED_TOKEN, "")
    if not text:
        return None
    try:
        found = parse_token_uri(text)
    except ValueError as error:
        # The URI itself is not shown: somebody may have written a PIN into it.
        table.refuse("token", f"a URI that cannot be used: {error}", _WANTED_TOKEN)
        return None
    others = found.names.difference(_TOKEN_NAMES)
    if others or not found.names:
        said = f"says something of {', '.join(sorted(others))}" if others else "names nothing"
        table.refuse("token", f"a URI that {said}", _WANTED_TOKEN)
    return found


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
