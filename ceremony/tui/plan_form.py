"""The plan as lines of text that people type, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ceremony.core.plan import DEFAULT_SCHEME, FORMAT, Incident, Leaving, OnlineKey, Plan, TrustedRoot, instant_text
from ceremony.core.policy import OFFLINE_ROLES, ONLINE_ROLES
from ceremony.tui.delegation_form import (
    fields_of_claims,
    fields_of_delegation,
    lines_of_claims,
    lines_of_delegation,
)

HOLDER_FIELDS = (
    "name",
    "roles",
    "device",
    "scheme",
    "key",
    "slot",
    "firmware_exception",
    "attestation_exception",
    "keyid",
)
INITIAL = "initial"
"""The kind of ceremony that follows nothing."""

_TIMES = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")

LABELS: Mapping[str, str] = {
    "id": "Ceremony id",
    "repository": "Repository",
    "rehearsal": "Rehearsal (yes or no)",
    "window.opens": "Opens (UTC)",
    "window.closes": "Closes (UTC)",
    **{f"thresholds.{role}": f"Signatures for {role}" for role in OFFLINE_ROLES},
    **{f"expires.{role}": f"{role} ends (UTC)" for role in OFFLINE_ROLES},
    "bins.count": "Number of bins",
    "bins.style": "Style of bins",
    **{f"lifetimes.{role.replace('-', '_')}_hours": f"{role}, hours" for role in ONLINE_ROLES},
}
"""Every field that every plan has and that is one line, by its path in the plan, with what it is called."""

_NUMBERS = ("thresholds.", "bins.count", "lifetimes.")
_INSTANTS = ("window.", "expires.")
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the form: each line by its path, each keyholder's lines by HOLDER_FIELDS, the online key.

    `trusted` is the root that a ceremony of another kind than `initial` follows; `delegations` have the lines of
    DELEGATION_FIELDS each, in order, `claims` those of CLAIM_FIELDS. `leaving`, `leaves_out` and `incident` are those
    of the plan.
    """

    lines: Mapping[str, str]
    holders: Sequence[Mapping[str, str]]
    online_key: OnlineKey | None
    kind: str = INITIAL
    trusted: TrustedRoot | None = None
    delegations: Sequence[Mapping[str, str]] = ()
    claims: Mapping[str, str] = field(default_factory=lambda: lines_of_claims(None))
    leaving: tuple[Leaving, ...] = ()
    leaves_out: tuple[str, ...] = ()
    incident: Incident | None = None

    @property
    def carried(self) -> tuple[tuple[Leaving, ...], tuple[str, ...], Incident | None]:
        """What the plan says and nobody types into the form: its last three fields."""
        return self.leaving, self.leaves_out, self.incident


def label_of(path: str) -> str:
    """What the line at this path is called; "" if no line stands there."""
    table, _, role = path.partition(".")
    labels = {"thresholds": f"Signatures for {role}", "expires": f"{role} ends (UTC)"}
    return LABELS.get(path) or labels.get(table, "")


def new_form(now: datetime) -> Form:
    """A form for a ceremony that begins today, with what most people would write."""
    opens = now.replace(minute=0, second=0, microsecond=0)
    closes = opens + timedelta(days=2)
    lines = {
        "id": f"first-root-{opens:%Y}",
        "repository": "",
        "rehearsal": "no",
        "window.opens": instant_text(opens),
        "window.closes": instant_text(closes),
        **{f"thresholds.{role}": "3" for role in OFFLINE_ROLES},
        **{f"expires.{role}": instant_text(closes + timedelta(days=365)) for role in OFFLINE_ROLES},
        "bins.count": "16384",
        "bins.style": "succinct",
        "lifetimes.bin_n_hours": "168",
        "lifetimes.snapshot_hours": "24",
        "lifetimes.timestamp_hours": "24",
    }
    return Form(lines, (), None)


def usual_end(form: Form) -> str:
    """When a role ends of which nobody has said so: as the last one does that has an end, or else after a year."""
    said = [text for path, text in form.lines.items() if path.startswith("expires.") and text.strip()]
    closes = _instant(form.lines["window.closes"].strip())
    year = instant_text(closes + timedelta(days=365)) if isinstance(closes, datetime) else ""
    return said[-1] if said else year


def empty_holder(roles: Sequence[str] = OFFLINE_ROLES) -> dict[str, str]:
    """The lines of a keyholder who has no name yet: these roles, the usual scheme."""
    return dict.fromkeys(HOLDER_FIELDS, "") | {"roles": ", ".join(roles), "scheme": DEFAULT_SCHEME}


def form_of(plan: Plan) -> Form:
    """The form that gives this plan."""
    lines = {
        "id": plan.id,
        "repository": plan.repository,
        "rehearsal": "yes" if plan.is_rehearsal else "no",
        "window.opens": instant_text(plan.window.opens),
        "window.closes": instant_text(plan.window.closes),
        **{f"thresholds.{role}": str(plan.thresholds[role]) for role in plan.offline_roles},
        **{f"expires.{role}": _end(plan, role) for role in plan.offline_roles},
        "bins.count": str(plan.bins.count),
        "bins.style": plan.bins.style,
        **{f"lifetimes.{role.replace('-', '_')}_hours": _hours(plan.lifetimes[role]) for role in ONLINE_ROLES},
    }
    holders = tuple(
        {name: ", ".join(it.roles) if name == "roles" else getattr(it, name) for name in HOLDER_FIELDS}
        for it in plan.keyholders
    )
    return Form(
        lines,
        holders,
        plan.online_key,
        plan.kind,
        plan.trusted,
        tuple(map(lines_of_delegation, plan.delegations)),
        lines_of_claims(plan.claims),
        plan.leaving,
        plan.leaves_out,
        plan.incident,
    )


def fields_of_form(form: Form) -> dict[str, object]:
    """The form as the fields of a plan file; a line that is empty is no field."""
    fields: dict[str, object] = {"format": FORMAT, "kind": form.kind}
    for path, text in form.lines.items():
        table, _, name = path.rpartition(".")
        inner = fields.setdefault(table, {}) if table else fields
        if text.strip() and isinstance(inner, dict):
            inner[name] = _value(path, text.strip())
    fields["keyholders"] = [_holder(each) for each in form.holders]
    if form.trusted is not None:
        fields["trusted"] = {"root": form.trusted.version, "sha256": form.trusted.sha256}
    if form.delegations:
        fields["delegations"] = [fields_of_delegation(each) for each in form.delegations]
    fields |= fields_of_claims(form.claims, form.delegations)
    fields |= _fields_of_others(form)
    fields |= _fields_of_incident(form.incident)
    key = form.online_key
    if key is not None:
        fields["online_key"] = {
            "keytype": key.keytype,
            "scheme": key.scheme,
            "public": key.public,
            "proof": key.proof,
        }
    return fields


def _fields_of_others(form: Form) -> dict[str, object]:
    """What the plan says of a repository that others have made."""
    leaving = [
        {"name": each.name, "keyid": each.keyid} | ({"device": each.device} if each.device else {})
        for each in form.leaving
    ]
    return ({"leaving": leaving} if leaving else {}) | ({"leaves_out": [*form.leaves_out]} if form.leaves_out else {})


def _fields_of_incident(incident: Incident | None) -> dict[str, object]:
    """What has happened, and the keys that it struck."""
    if incident is None:
        return {}
    said = {"reason": incident.reason, "stolen": [*incident.stolen], "lost": [*incident.lost]}
    return {"incident": {name: each for name, each in said.items() if each}}


def _value(path: str, text: str) -> object:
    if path.startswith(_NUMBERS):
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else text
    if path.startswith(_INSTANTS):
        return _instant(text)
    if path == "rehearsal":
        return {"yes": True, "no": False}.get(text.casefold(), text)
    return text


def _instant(text: str) -> object:
    for pattern in _TIMES:
        try:
            return datetime.strptime(text.removesuffix(" UTC"), pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    return text


def _holder(lines: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {name: text.strip() for name, text in lines.items() if text.strip()}
    if "roles" in found:
        found["roles"] = [role.strip() for role in lines["roles"].split(",") if role.strip()]
    return found


def _end(plan: Plan, role: str) -> str:
    """When the role ends; "" for one that stays as it is."""
    return instant_text(plan.expires[role]) if role in plan.expires else ""


def _hours(lifetime: timedelta) -> str:
    return str(int(lifetime.total_seconds()) // 3600)
