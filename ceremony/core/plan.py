"""The plan: what a ceremony is to change, and who is who; strict TOML in, a Plan out, and back."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ceremony.core.fields import Table
from ceremony.core.keys import key_of, keyid_of
from ceremony.core.policy import OFFLINE_ROLES, ONLINE_ROLES
from ceremony.core.strict_json import Json
from ceremony.core.toml_lines import parse_toml, placed
from ceremony.errors import Problem, SettingsError

FORMAT = 1
KINDS = ("initial",)
STYLES = ("succinct", "explicit")
DEFAULT_SCHEME = "ecdsa-sha2-nistp256"
PLAN_SIZE_LIMIT = 65_536
HOURS_LIMIT = 87_600
KEYHOLDERS_LIMIT = 32
"""With so many, the plan that `write_plan` writes still stays below PLAN_SIZE_LIMIT."""

# Letters that show nothing (Hangul fillers) are no part of a name.
_NAME = r"(?!.*[\u115f\u1160\u3164\uffa0])(?:[^\W_][\w .'-]{0,38}[\w.]|[^\W_])"
_SERIAL = r"[!-~][ -~]{0,62}[!-~]|[!-~]"


@dataclass(frozen=True, slots=True)
class Window:
    """When the ceremony may take place, in UTC; both ends belong to it."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class Keyholder:
    """A person with one device: the roles it signs, in the order of OFFLINE_ROLES.

    `device` is the serial of the only device to be accepted, "" for whichever the room enrols; `key` is the label
    under which the key stands on the device.
    """

    name: str
    roles: tuple[str, ...]
    scheme: str = DEFAULT_SCHEME
    device: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Bins:
    """How targets are spread: `count` bins, delegated by TAP 15 (`succinct`) or one by one (`explicit`)."""

    count: int
    style: str


@dataclass(frozen=True, slots=True)
class OnlineKey:
    """The public half of the online signer's key, as its TUF fields, and its proof of possession in hex."""

    keytype: str
    scheme: str
    public: str
    proof: str

    def fields(self) -> dict[str, Json]:
        """The TUF fields of the key."""
        return {"keytype": self.keytype, "scheme": self.scheme, "keyval": {"public": self.public}}

    def keyid(self) -> str:
        """Its keyid: the hash of its canonical form."""
        return keyid_of(self.fields())


@dataclass(frozen=True, slots=True)
class Plan:
    """What one ceremony is to change. Times are UTC at whole seconds; mappings go by role, in the policy's order."""

    id: str
    kind: str
    repository: str
    is_rehearsal: bool
    window: Window
    keyholders: tuple[Keyholder, ...]
    thresholds: Mapping[str, int]
    expires: Mapping[str, datetime]
    bins: Bins
    lifetimes: Mapping[str, timedelta]
    online_key: OnlineKey

    def holders_of(self, role: str) -> tuple[Keyholder, ...]:
        """Those who sign `role`, in the order of the plan."""
        return tuple(holder for holder in self.keyholders if role in holder.roles)


def parse_plan(text: bytes, file: str) -> Plan:
    """The plan that `text` holds; `file` is only named in problems.

    Raises: SettingsError with every problem found, each with its line.
    """
    fields, lines = parse_toml(text, file, PLAN_SIZE_LIMIT)
    problems: list[Problem] = []
    plan = read_plan(fields, problems)
    if problems:
        raise SettingsError(file, placed(problems, lines))
    return plan


def read_plan(fields: Mapping[str, object], problems: list[Problem]) -> Plan:
    """The plan in these TOML fields; what cannot be read is added to `problems`, and then the plan is of no use."""
    table = Table(fields, problems)
    table.number("format", FORMAT, FORMAT)
    kind = table.text("kind", "|".join(KINDS), " or ".join(KINDS))
    plan = Plan(
        id=table.text("id", r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "3 to 63 small letters, digits and dashes"),
        kind=kind,
        repository=table.text("repository", r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", "a name such as packages.example.org"),
        is_rehearsal=table.flag("rehearsal"),
        window=_read_window(table.table("window")),
        keyholders=tuple(_read_keyholder(each) for each in table.tables("keyholders")),
        thresholds=_read_thresholds(table.table("thresholds")),
        expires=_read_expires(table.table("expires")),
        bins=_read_bins(table.table("bins")),
        lifetimes=_read_lifetimes(table.table("lifetimes")),
        online_key=_read_online_key(table.table("online_key")),
    )
    _refuse_crowd(plan, table)
    _refuse_namesakes(plan, table)
    table.finish(f"a plan of kind {kind or 'initial'}")
    return plan


def write_plan(plan: Plan) -> str:
    """The plan as TOML text, each table with a line that says what it is for; parsing it gives `plan` again."""
    return "\n".join([*_write_head(plan), *_write_keyholders(plan), *_write_tables(plan), *_write_online_key(plan), ""])


def _read_window(table: Table) -> Window:
    window = Window(table.instant("opens"), table.instant("closes"))
    table.finish("a window")
    return window


def _read_keyholder(table: Table) -> Keyholder:
    holder = Keyholder(
        name=table.text("name", _NAME, "a name of up to 40 letters"),
        roles=table.texts("roles", OFFLINE_ROLES),
        scheme=table.text("scheme", r"[a-z0-9-]{1,40}", "a signature scheme such as ed25519", DEFAULT_SCHEME),
        device=table.text("device", _SERIAL, "the serial printed on the device", ""),
        key=table.text("key", _SERIAL, "the label of a key", ""),
    )
    table.finish("a keyholder")
    return holder


def _read_thresholds(table: Table) -> dict[str, int]:
    found = {role: table.number(role) for role in OFFLINE_ROLES}
    table.finish("thresholds")
    return found


def _read_expires(table: Table) -> dict[str, datetime]:
    found = {role: table.instant(role) for role in OFFLINE_ROLES}
    table.finish("expires")
    return found


def _read_bins(table: Table) -> Bins:
    bins = Bins(table.number("count"), table.text("style", "|".join(STYLES), " or ".join(STYLES), "succinct"))
    table.finish("bins")
    return bins


def _read_lifetimes(table: Table) -> dict[str, timedelta]:
    hours = {role: table.number(_lifetime_field(role), 1, HOURS_LIMIT) for role in ONLINE_ROLES}
    table.finish("lifetimes")
    return {role: timedelta(hours=number) for role, number in hours.items()}


def _read_online_key(table: Table) -> OnlineKey:
    key = OnlineKey(
        keytype=table.text("keytype", r"[a-z0-9-]{1,40}", "a kind of key such as ecdsa"),
        scheme=table.text("scheme", r"[a-z0-9-]{1,40}", "a signature scheme such as ed25519"),
        public=table.text("public", r"(?s).{1,4000}", "a public key, as in the online signer's file"),
        proof=table.text("proof", r"[0-9a-f]{2,4000}", "the proof in hex, as in the online signer's file"),
    )
    table.finish("an online key")
    _refuse_no_key(key, table)
    return key


def _refuse_no_key(key: OnlineKey, table: Table) -> None:
    try:
        key_of(key.fields())
    except (ValueError, KeyError, TypeError):
        table.refuse("public", "no public key of this kind", "a public key, as in the online signer's file")


def _refuse_crowd(plan: Plan, table: Table) -> None:
    if len(plan.keyholders) > KEYHOLDERS_LIMIT:
        table.refuse("keyholders", f"{len(plan.keyholders)} keyholders", f"at most {KEYHOLDERS_LIMIT}")


def _refuse_namesakes(plan: Plan, table: Table) -> None:
    # Names that look alike in print (wide letters, other capitals, more spaces) are one name.
    names = [" ".join(unicodedata.normalize("NFKC", each.name).casefold().split()) for each in plan.keyholders]
    for place, name in enumerate(names):
        if name and name in names[:place]:
            table.refuse(f"keyholders[{place}].name", repr(plan.keyholders[place].name), "a name that nobody else has")


def _lifetime_field(role: str) -> str:
    return f"{role.replace('-', '_')}_hours"


def _write_head(plan: Plan) -> list[str]:
    return [
        f"format = {FORMAT}",
        f"id = {_quote(plan.id)}",
        f"kind = {_quote(plan.kind)}",
        f"repository = {_quote(plan.repository)}",
        f"rehearsal = {'true' if plan.is_rehearsal else 'false'}",
        "",
        "# The ceremony may take place between these two moments (UTC).",
        "[window]",
        f"opens = {instant_text(plan.window.opens)}",
        f"closes = {instant_text(plan.window.closes)}",
    ]


def _write_keyholders(plan: Plan) -> list[str]:
    lines = ["", "# Who holds a device, and which roles it signs."]
    for holder in plan.keyholders:
        roles = ", ".join(_quote(role) for role in holder.roles)
        lines += ["[[keyholders]]", f"name = {_quote(holder.name)}", f"roles = [{roles}]"]
        lines += [f"scheme = {_quote(holder.scheme)}"]
        lines += [f"device = {_quote(holder.device)}"] if holder.device else []
        lines += [f"key = {_quote(holder.key)}"] if holder.key else []
        lines += [""]
    return lines


def _write_tables(plan: Plan) -> list[str]:
    hours = {role: int(lifetime.total_seconds()) // 3600 for role, lifetime in plan.lifetimes.items()}
    return [
        "# How many keyholders have to sign each role.",
        "[thresholds]",
        *(f"{role} = {plan.thresholds[role]}" for role in OFFLINE_ROLES),
        "",
        "# When each signed role ends (UTC).",
        "[expires]",
        *(f"{role} = {instant_text(plan.expires[role])}" for role in OFFLINE_ROLES),
        "",
        "# Targets are spread over this many bins.",
        "[bins]",
        f"count = {plan.bins.count}",
        f"style = {_quote(plan.bins.style)}",
        "",
        "# How long the online signer's own signatures last.",
        "[lifetimes]",
        *(f"{_lifetime_field(role)} = {hours[role]}" for role in ONLINE_ROLES),
    ]


def _write_online_key(plan: Plan) -> list[str]:
    key = plan.online_key
    return [
        "",
        "# The online signer's public key, and its proof that it holds the private one.",
        "[online_key]",
        f"keytype = {_quote(key.keytype)}",
        f"scheme = {_quote(key.scheme)}",
        f"public = {_quote(key.public)}",
        f"proof = {_quote(key.proof)}",
    ]


def instant_text(instant: datetime) -> str:
    """The moment as metadata and plans write it, such as 2027-01-31T12:00:00Z; `instant` is UTC.

    Spec: 4.2, dates.
    """
    # Not strftime, which writes the years before 1000 without their zeros.
    return instant.replace(tzinfo=None, microsecond=0).isoformat() + "Z"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
