"""How the API is reached and by whom: HOME/api.toml -> ApiSettings; closed wherever the file says nothing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from ceremony.core.fields import Table
from ceremony.core.toml_lines import parse_toml, placed
from ceremony.engine.disk import read_file
from ceremony.errors import Problem, SettingsError
from ceremony.online.access import NAME, SCOPES, Grant, Scope, is_prefix

FILE = "api.toml"
SIZE_LIMIT = 65_536
_FIELDS = ("listen", "open_writes", "plain_text", "tls", "clients", "users", "limits")
_PATH = r"[/~].*[^/]"
_ADDRESS = r"unix:/[^\x00-\x1f]{1,100}|(?:[0-9.]{7,15}|\[[0-9a-f:]{2,39}\]|localhost):[0-9]{1,5}"
_WANTED_ADDRESS = "an address such as 127.0.0.1:8080, [::1]:8080 or unix:/run/ceremony/api.sock"
_LOOPBACK = re.compile(r"127\.[0-9.]+|\[::1\]|localhost")
_MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is taken in at once. Sizes are bytes, times seconds; rates are calls per second of one grant.

    `waiting_bytes` is how much all files may have that wait for the metadata of their projects.
    """

    body_bytes: int = 4 * _MEBIBYTE
    bulk_bytes: int = 1024 * _MEBIBYTE
    file_bytes: int = 1024 * _MEBIBYTE
    waiting_bytes: int = 16_384 * _MEBIBYTE
    line_bytes: int = 65_536
    body_seconds: int = 30
    wait_seconds: int = 30
    rate: int = 10_000
    burst: int = 20_000
    concurrent: int = 1_024


@dataclass(frozen=True, slots=True)
class Tls:
    """The server's certificate and key; with `client_ca`, callers may show certificates that it signed."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """How the API is reached. `clients` are grants by subject of a client's certificate, `users` by uid.

    `open_writes` is empty, `loopback` or `unix`: from there, whoever can reach the API may add, remove and read.
    """

    listen: tuple[str, ...] = ()
    open_writes: str = ""
    tls: Tls | None = None
    clients: Mapping[str, Grant] = field(default_factory=lambda: MappingProxyType({}))
    users: Mapping[int, Grant] = field(default_factory=lambda: MappingProxyType({}))
    limits: Limits = field(default_factory=Limits)

    @property
    def warning(self) -> str:
        """What people have to be told about this, loudly; empty where the API is closed."""
        if not self.open_writes:
            return ""
        where = "this machine's loopback" if self.open_writes == "loopback" else "its Unix socket"
        return f"THE API IS OPEN: anybody who reaches {where} may add and remove targets, without a token."


def load_api_settings(folder: Path, listen: Sequence[str] = ()) -> ApiSettings:
    """The settings in `folder`, with the addresses of `listen` in place of its own if there are any.

    Raises: SettingsError with every problem found, each with its line; StorageError.
    """
    path = folder / FILE
    text = read_file(path, SIZE_LIMIT) if path.exists() else b""
    return parse_api_settings(text, f"{path} with --listen" if listen else str(path), listen)


def parse_api_settings(text: bytes, file: str, listen: Sequence[str] = ()) -> ApiSettings:
    """The settings that `text` holds, with the addresses of `listen`; `file` is only named in problems.

    Raises: SettingsError with every problem found, each with its line.
    """
    fields, lines = parse_toml(text, file, SIZE_LIMIT)
    # Judged like those of the file: what the command line opens has to be closed as well.
    fields = {**fields, "listen": list(listen)} if listen else fields
    problems: list[Problem] = []
    table = Table(fields, problems)
    found = ApiSettings(
        listen=table.lines("listen", _ADDRESS, 4, _WANTED_ADDRESS) if "listen" in fields else (),
        open_writes=table.text("open_writes", "loopback|unix", "loopback or unix", ""),
        tls=_tls(table.table("tls")) if "tls" in fields else None,
        clients=_clients(table) if "clients" in fields else {},
        users=_users(table) if "users" in fields else {},
        limits=_limits(table.table("limits")) if "limits" in fields else Limits(),
    )
    is_plain = table.flag("plain_text") if "plain_text" in fields else False
    _check_reach(found, table, is_plain=is_plain)
    for name in sorted(set(fields) - set(_FIELDS)):
        table.refuse(name, "an unknown field", f"only fields that it has: {', '.join(_FIELDS)}")
    if problems:
        raise SettingsError(file, placed(problems, lines))
    return found


def is_loopback(address: str) -> bool:
    """True for an address `HOST:PORT` that only this machine reaches."""
    return _LOOPBACK.fullmatch(address.rpartition(":")[0]) is not None


def _check_reach(found: ApiSettings, table: Table, *, is_plain: bool) -> None:
    public = [each for each in found.listen if not each.startswith("unix:") and not is_loopback(each)]
    if public and found.tls is None and not is_plain:
        table.refuse("listen", f"{public[0]} without TLS", "[tls], or plain_text = true where a proxy adds it")
    if public and found.open_writes == "loopback":
        # A proxy beside it would come from the loopback too, and bring the whole world along.
        table.refuse("open_writes", f"loopback, beside {public[0]}", "addresses of the loopback alone")
    if found.open_writes == "unix" and not any(each.startswith("unix:") for each in found.listen):
        table.refuse("open_writes", "unix, without a Unix socket", "an address such as unix:/run/ceremony/api.sock")


def _tls(table: Table) -> Tls:
    certificate = Path(table.text("certificate", _PATH, "a path")).expanduser()
    key = Path(table.text("key", _PATH, "a path")).expanduser()
    client_ca = table.text("client_ca", _PATH, "a path", "")
    table.finish("[tls]")
    return Tls(certificate, key, Path(client_ca).expanduser() if client_ca else None)


def _clients(table: Table) -> dict[str, Grant]:
    found = {}
    for each in table.tables("clients"):
        subject = each.text("subject", r"[^\x00-\x1f]{3,512}", "a subject such as O=Example,CN=uploader")
        found[subject] = _grant(each, "a client")
    return found


def _users(table: Table) -> dict[int, Grant]:
    found = {}
    for each in table.tables("users"):
        uid = each.number("uid", 0, (1 << 32) - 2)
        found[uid] = _grant(each, "a user")
    return found


def _grant(table: Table, what: str) -> Grant:
    name = table.text("name", NAME, "letters, digits, dots and dashes")
    scopes = table.texts("scopes", SCOPES)
    prefixes = table.lines("prefixes", r".+/", 64, "folders that end in a slash") if table.has("prefixes") else ()
    for each in prefixes:
        if not is_prefix(each):
            table.refuse("prefixes", each[:60], "a folder of the repository, such as demo/")
    table.finish(what)
    return Grant(name, frozenset(Scope(each) for each in scopes if each in SCOPES), prefixes)


def _limits(table: Table) -> Limits:
    usual = Limits()
    highest = {"wait_seconds": 600, "body_seconds": 3_600, "concurrent": 65_536, "line_bytes": _MEBIBYTE}
    names = Limits.__slots__
    found = {
        name: table.number(name, 1, highest.get(name, 1 << 50)) if table.has(name) else getattr(usual, name)
        for name in names
    }
    table.finish("[limits]")
    return Limits(**found)
