"""The plan as lines of text that people type, and back: which field is wrong, and what would be right."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ceremony.core.plan import DEFAULT_SCHEME, FORMAT, OnlineKey, Plan, instant_text, read_plan
from ceremony.core.plan_rules import PLAN_RULES, PlanCase
from ceremony.core.policy import OFFLINE_ROLES, ONLINE_ROLES, Policy
from ceremony.errors import Problem, RefusedError

HOLDER_FIELDS = (
    "name",
    "roles",
    "device",
    "scheme",
    "key",
    "slot",
    "firmware_exception",
    "attestation_exception",
)
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
"""Every field that is one line, by its path in the plan, with what it is called."""

_NUMBERS = ("thresholds.", "bins.count", "lifetimes.")
_INSTANTS = ("window.", "expires.")
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the form: each line by its path, each keyholder's lines by HOLDER_FIELDS, the online key."""

    lines: Mapping[str, str]
    holders: Sequence[Mapping[str, str]]
    online_key: OnlineKey | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The plan, None while it cannot be read; and what is wrong, by path, in words."""

    plan: Plan | None
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """True when the plan can be read and keeps every rule."""
        return self.plan is not None and not self.problems


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


def empty_holder() -> dict[str, str]:
    """The lines of a keyholder who has no name yet: every role, the usual scheme."""
    return dict.fromkeys(HOLDER_FIELDS, "") | {"roles": ", ".join(OFFLINE_ROLES), "scheme": DEFAULT_SCHEME}


def form_of(plan: Plan) -> Form:
    """The form that gives this plan."""
    lines = {
        "id": plan.id,
        "repository": plan.repository,
        "rehearsal": "yes" if plan.is_rehearsal else "no",
        "window.opens": instant_text(plan.window.opens),
        "window.closes": instant_text(plan.window.closes),
        **{f"thresholds.{role}": str(plan.thresholds[role]) for role in OFFLINE_ROLES},
        **{f"expires.{role}": instant_text(plan.expires[role]) for role in OFFLINE_ROLES},
        "bins.count": str(plan.bins.count),
        "bins.style": plan.bins.style,
        **{f"lifetimes.{role.replace('-', '_')}_hours": _hours(plan.lifetimes[role]) for role in ONLINE_ROLES},
    }
    holders = tuple(
        {name: ", ".join(it.roles) if name == "roles" else getattr(it, name) for name in HOLDER_FIELDS}
        for it in plan.keyholders
    )
    return Form(lines, holders, plan.online_key)


def judge(form: Form, policy: Policy) -> Judgement:
    """The plan that the form gives, and every problem that can be seen now."""
    problems: list[Problem] = []
    plan = read_plan(fields_of_form(form), problems)
    if problems:
        return Judgement(None, _by_path((it.field, _told(it)) for it in problems))
    refusals = PLAN_RULES.refusals(PlanCase(plan, policy))
    return Judgement(plan, _by_path((_place(it), f"{it.found}; wanted {it.wanted}") for it in refusals))


def fields_of_form(form: Form) -> dict[str, object]:
    """The form as the fields of a plan file; a line that is empty is no field."""
    fields: dict[str, object] = {"format": FORMAT, "kind": "initial"}
    for path, text in form.lines.items():
        table, _, name = path.rpartition(".")
        inner = fields.setdefault(table, {}) if table else fields
        if text.strip() and isinstance(inner, dict):
            inner[name] = _value(path, text.strip())
    fields["keyholders"] = [_holder(each) for each in form.holders]
    key = form.online_key
    if key is not None:
        fields["online_key"] = {
            "keytype": key.keytype,
            "scheme": key.scheme,
            "public": key.public,
            "proof": key.proof,
        }
    return fields


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


def _told(problem: Problem) -> str:
    """The same problem for people who type a line, not a TOML file."""
    wanted = problem.wanted.replace(" in quotes", "").replace("true or false", "yes or no")
    return f"needed: {wanted}" if problem.found == "nothing" else f"{problem.found}; wanted {wanted}"


def _by_path(found: Iterable[tuple[str, str]]) -> dict[str, str]:
    problems: dict[str, str] = {}
    for path, text in found:
        problems.setdefault(path, text)
    return problems


def _place(refusal: RefusedError) -> str:
    """The field that a rule of the plan is about."""
    role = refusal.found.partition(":")[0].partition(" ")[0]
    places = {
        "WINDOW-ORDER": "window.closes",
        "THRESHOLD-FLOOR": f"thresholds.{role}",
        "THRESHOLD-REACHABLE": f"thresholds.{role}",
        "OFFLINE-LIFETIME": f"expires.{role}",
        "ONLINE-LIFETIME": f"lifetimes.{role.replace('-', '_')}_hours",
        "BINS-COUNT": "bins.count",
        "DEVICE-ONCE": "keyholders",
        "ONLINE-KEY-PROOF": "online_key",
    }
    if refusal.rule == "SCHEME-ALLOWED":
        return "online_key" if refusal.found.startswith("the online key") else "keyholders"
    return places.get(refusal.rule, "")


def _hours(lifetime: timedelta) -> str:
    return str(int(lifetime.total_seconds()) // 3600)
