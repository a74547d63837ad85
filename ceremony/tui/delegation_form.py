"""What clients ask before bins, and which projects enter there, as lines of text that people type, and back."""

from collections.abc import Mapping, Sequence

from ceremony.core.plan import Claims, Delegation
from ceremony.core.plan_before_bins import CLAIMED, RECENTLY_CLAIMED
from ceremony.core.policy import OFFLINE_ROLES

DELEGATION_FIELDS = ("name", "paths", "terminating", "online")
CLAIM_FIELDS = ("role", "sha256", "leaving")

_SAID = {True: "yes", False: "no"}


def lines_of_delegation(found: Delegation) -> dict[str, str]:
    """The lines of this delegation; those of its paths stand in one, with spaces between them."""
    return {
        "name": found.name,
        "paths": " ".join(found.paths),
        "terminating": _SAID[found.is_terminating],
        "online": _SAID[found.is_online],
    }


def new_delegation(name: str) -> dict[str, str]:
    """The lines of one that was not there: for every path, not the last one asked; keyholders sign it, as a rule."""
    return lines_of_delegation(Delegation(name, is_online=name == RECENTLY_CLAIMED))


def fields_of_delegation(lines: Mapping[str, str]) -> dict[str, object]:
    """The lines as the fields of a plan file; without paths it is asked for every one."""
    paths = lines["paths"].split()
    fields: dict[str, object] = {"name": lines["name"]}
    fields |= {"paths": paths} if paths else {}
    return fields | {field: lines[field] == _SAID[True] for field in ("terminating", "online")}


def lines_of_claims(found: Claims | None) -> dict[str, str]:
    """The lines of what changes among projects; all of them are empty where nothing does."""
    if found is None:
        return dict.fromkeys(CLAIM_FIELDS, "")
    return {"role": found.role, "sha256": found.sha256, "leaving": ", ".join(found.leaving)}


def fields_of_claims(lines: Mapping[str, str], delegations: Sequence[Mapping[str, str]]) -> dict[str, object]:
    """The table of a plan file, by its name; {} where no project enters or leaves.

    Where no delegation is typed, it is the usual one.
    """
    leaving = sorted({name for name in lines.get("leaving", "").replace(",", " ").split() if name})
    found: dict[str, object] = {"sha256": lines["sha256"]} if lines.get("sha256") else {}
    found |= {"leaving": leaving} if leaving else {}
    role = lines.get("role", "").strip() or usual_role(delegations)
    return {"claims": {"role": role, **found}} if found else {}


def usual_role(delegations: Sequence[Mapping[str, str]]) -> str:
    """The delegation that projects enter, unless somebody says otherwise; "" where keyholders sign none."""
    offline = signed_by_keyholders(delegations)
    return CLAIMED if CLAIMED in offline else next(iter(offline), "")


def signed_by_keyholders(delegations: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """The names of those that keyholders sign, in order."""
    return tuple(each["name"] for each in delegations if each["online"] != _SAID[True])


def roles_in_order(names: Sequence[str]) -> tuple[str, ...]:
    """The roles that keyholders sign where they sign the delegations of these names, in the order of signing."""
    return (*OFFLINE_ROLES[:-1], *names, OFFLINE_ROLES[-1])
