"""The plan: what a ceremony is to change, and who is who; strict TOML in, a Plan out, and back."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta

from ceremony.core.fields import VISIBLE, Table
from ceremony.core.keys import key_of
from ceremony.core.plan_delegations import read_claims, read_delegations
from ceremony.core.plan_incident import read_incident
from ceremony.core.plan_leaving import read_leaving, read_left_out
from ceremony.core.plan_text import lifetime_field, write_plan
from ceremony.core.plan_values import (
    DEFAULT_SCHEME,
    FORMAT,
    Bins,
    Claims,
    Delegation,
    Incident,
    Keyholder,
    Leaving,
    OnlineKey,
    Plan,
    TrustedRoot,
    Window,
    instant_text,
    offline_roles,
)
from ceremony.core.policy import ONLINE_ROLES
from ceremony.core.token_uri import SCHEME as URI_SCHEME
from ceremony.core.token_uri import parse_token_uri
from ceremony.core.toml_lines import parse_toml, placed
from ceremony.errors import Problem, SettingsError

__all__ = [
    "DEFAULT_SCHEME",
    "EMERGENCY",
    "FORMAT",
    "HOURS_LIMIT",
    "KEYHOLDERS_LIMIT",
    "KINDS",
    "PLAN_SIZE_LIMIT",
    "STYLES",
    "Bins",
    "Claims",
    "Delegation",
    "Incident",
    "Keyholder",
    "Leaving",
    "OnlineKey",
    "Plan",
    "TrustedRoot",
    "Window",
    "instant_text",
    "parse_plan",
    "read_plan",
    "write_plan",
]

EMERGENCY = "emergency"
KINDS = ("initial", "rotation", "refresh", "delegation", EMERGENCY)
"""An initial ceremony starts from nothing; a rotation changes who signs; a refresh changes dates alone; a delegation
changes what targets and the roles below it hand on, and no root; an emergency takes out keys that were struck."""
STYLES = ("succinct", "explicit")
PLAN_SIZE_LIMIT = 131_072
HOURS_LIMIT = 87_600
KEYHOLDERS_LIMIT = 32
"""With so many, the plan that `write_plan` writes still stays below PLAN_SIZE_LIMIT."""

# Letters that show nothing (Hangul fillers) are no part of a name.
_NAME = r"(?!.*[\u115f\u1160\u3164\uffa0])(?:[^\W_][\w .'-]{0,38}[\w.]|[^\W_])"
_SERIAL = r"[!-~][ -~]{0,62}[!-~]|[!-~]"
# The places of a PIV device: four with a purpose, twenty retired ones.
_SLOT = r"9[acde]|8[2-9a-f]|9[0-5]"
_REASON = rf"(?! )(?=.*[^\W_]){VISIBLE}{{10,200}}(?<! )"
_REASON_WORDS = "a reason in 10 to 200 letters"
_URI_LETTERS = 200
_TOKEN_NAMES = ("token", "manufacturer", "serial", "model")
_KEY_NAMES = ("object", "id", "type")


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
    delegations = read_delegations(table)
    offline = offline_roles(delegations)
    plan = Plan(
        id=table.text("id", r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "3 to 63 small letters, digits and dashes"),
        kind=kind,
        repository=table.text("repository", r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", "a name such as packages.example.org"),
        is_rehearsal=table.flag("rehearsal"),
        window=_read_window(table.table("window")),
        keyholders=tuple(_read_keyholder(each, offline) for each in table.tables("keyholders")),
        thresholds=_read_thresholds(table.table("thresholds"), offline),
        expires=_read_expires(table.table("expires"), offline, is_whole=kind == "initial"),
        bins=_read_bins(table.table("bins")),
        lifetimes=_read_lifetimes(table.table("lifetimes")),
        online_key=_read_online_key(table.table("online_key")),
        trusted=_read_trusted(table.table("trusted")) if kind != "initial" else None,
        delegations=delegations,
        claims=read_claims(table, delegations),
        leaving=read_leaving(table, _NAME, _SERIAL) if kind != "initial" else (),
        leaves_out=read_left_out(table) if kind != "initial" else (),
        incident=read_incident(table, _REASON, _REASON_WORDS) if kind == EMERGENCY else None,
    )
    _refuse_crowd(plan, table)
    _refuse_namesakes(plan, table)
    table.finish(f"a plan of kind {kind or 'initial'}")
    return plan


def _read_window(table: Table) -> Window:
    window = Window(table.instant("opens"), table.instant("closes"))
    table.finish("a window")
    return window


def _read_keyholder(table: Table, offline: tuple[str, ...]) -> Keyholder:
    holder = Keyholder(
        name=table.text("name", _NAME, "a name of up to 40 letters"),
        roles=table.texts("roles", offline),
        scheme=table.text("scheme", r"[a-z0-9-]{1,40}", "a signature scheme such as ed25519", DEFAULT_SCHEME),
        device=_read_name(table, "device", "the serial printed on the device", _TOKEN_NAMES),
        key=_read_name(table, "key", "the label of a key", _KEY_NAMES),
        slot=table.text("slot", _SLOT, "9a, 9c, 9d, 9e or 82 to 95", ""),
        firmware_exception=table.text("firmware_exception", _REASON, _REASON_WORDS, ""),
        attestation_exception=table.text("attestation_exception", _REASON, _REASON_WORDS, ""),
        keyid=table.text("keyid", r"[0-9a-f]{64}", "the keyid of a key that is trusted already", ""),
    )
    table.finish("a keyholder")
    return holder


def _read_name(table: Table, field: str, wanted: str, attributes: tuple[str, ...]) -> str:
    """What names a device or a key: a serial or a label, or a PKCS#11 URI of these attributes alone."""
    found = table.text(field, rf"(?is:{URI_SCHEME}.*)|{_SERIAL}", wanted, "")
    if not found.lower().startswith(URI_SCHEME):
        return found
    try:
        _refuse_others(found, attributes)
    except ValueError as error:
        # The URI itself is not shown: somebody may have written a PIN into it.
        table.refuse(
            field, f"a URI that cannot be used: {error}", f"{wanted}, or a PKCS#11 URI of {', '.join(attributes)}"
        )
    return found


def _refuse_others(uri: str, attributes: tuple[str, ...]) -> None:
    if len(uri) > _URI_LETTERS:
        raise ValueError(f"more than {_URI_LETTERS} letters")
    names = parse_token_uri(uri).names
    others = sorted(names.difference(attributes))
    if others:
        raise ValueError(f"it says something of {', '.join(others)}")
    if not names - {"type"}:
        raise ValueError("it names nothing")


def _read_thresholds(table: Table, offline: tuple[str, ...]) -> dict[str, int]:
    found = {role: table.number(role) for role in offline}
    table.finish("thresholds")
    return found


def _read_expires(table: Table, offline: tuple[str, ...], *, is_whole: bool) -> dict[str, datetime]:
    """When each role ends; all of them where it `is_whole`, else at least one."""
    found = {role: table.instant(role) for role in offline if is_whole or table.has(role)}
    if not found:
        table.refuse("root", "no role", "the end of at least one role that is signed")
    table.finish("expires")
    return found


def _read_trusted(table: Table) -> TrustedRoot:
    found = TrustedRoot(
        table.number("root", 1, 10**9),
        table.text("sha256", r"[0-9a-f]{64}", "64 hex digits, as `ceremony plan` writes"),
    )
    table.finish("a trusted root")
    return found


def _read_bins(table: Table) -> Bins:
    bins = Bins(table.number("count"), table.text("style", "|".join(STYLES), " or ".join(STYLES), "succinct"))
    table.finish("bins")
    return bins


def _read_lifetimes(table: Table) -> dict[str, timedelta]:
    hours = {role: table.number(lifetime_field(role), 1, HOURS_LIMIT) for role in ONLINE_ROLES}
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
