"""A plan as text that people read and edit: TOML, each table with a line that says what it is for."""

import json

from ceremony.core.plan_values import FORMAT, Plan, instant_text
from ceremony.core.policy import ONLINE_ROLES


def write_plan(plan: Plan) -> str:
    """The plan as TOML text, each table with a line that says what it is for; parsing it gives `plan` again."""
    head = (*_write_head(plan), *_write_delegations(plan), *_write_claims(plan))
    people = (*_write_keyholders(plan), *_write_leaving(plan))
    return "\n".join([*head, *people, *_write_tables(plan), *_write_online_key(plan), ""])


def lifetime_field(role: str) -> str:
    """The field of a plan that holds the lifetime of this online role, in hours."""
    return f"{role.replace('-', '_')}_hours"


def _write_head(plan: Plan) -> list[str]:
    return [
        f"format = {FORMAT}",
        f"id = {_quote(plan.id)}",
        f"kind = {_quote(plan.kind)}",
        f"repository = {_quote(plan.repository)}",
        f"rehearsal = {_flag(plan.is_rehearsal)}",
        *_write_left_out(plan),
        "",
        "# The ceremony may take place between these two moments (UTC).",
        "[window]",
        f"opens = {instant_text(plan.window.opens)}",
        f"closes = {instant_text(plan.window.closes)}",
        *_write_trusted(plan),
        *_write_incident(plan),
    ]


def _write_trusted(plan: Plan) -> list[str]:
    if plan.trusted is None:
        return []
    return [
        "",
        "# The root that everybody trusts today: its version, and the SHA-256 of what its keyholders signed.",
        "[trusted]",
        f"root = {plan.trusted.version}",
        f"sha256 = {_quote(plan.trusted.sha256)}",
    ]


def _write_incident(plan: Plan) -> list[str]:
    if plan.incident is None:
        return []
    found = {"stolen": plan.incident.stolen, "lost": plan.incident.lost}
    keyids = (
        line
        for name, each in found.items()
        if each
        for line in (f"{name} = [", *(f"    {_quote(keyid)}," for keyid in each), "]")
    )
    return [
        "",
        "# What has happened. Somebody else may have the stolen keys; nobody has the lost ones any more.",
        "[incident]",
        f"reason = {_quote(plan.incident.reason)}",
        *keyids,
    ]


def _write_left_out(plan: Plan) -> list[str]:
    if not plan.leaves_out:
        return []
    names = (f"    {_quote(each)}," for each in plan.leaves_out)
    return [
        "",
        "# What others wrote into the metadata before, and this ceremony does not carry on.",
        "leaves_out = [",
        *names,
        "]",
    ]


def _write_delegations(plan: Plan) -> list[str]:
    if not plan.delegations:
        return []
    lines = ["", "# Roles that clients ask before bins, in this order; without paths, for every path."]
    for each in plan.delegations:
        paths = ", ".join(_quote(path) for path in each.paths)
        lines += ["[[delegations]]", f"name = {_quote(each.name)}"]
        lines += [f"paths = [{paths}]"] if each.paths else []
        lines += [f"terminating = {_flag(each.is_terminating)}", f"online = {_flag(each.is_online)}", ""]
    return lines[:-1]


def _write_claims(plan: Plan) -> list[str]:
    if plan.claims is None:
        return []
    leaving = ", ".join(_quote(name) for name in plan.claims.leaving)
    return [
        "",
        "# Which batch of projects enters a delegation, or gets other keys there, by its SHA-256; and who leaves.",
        "[claims]",
        f"role = {_quote(plan.claims.role)}",
        *([f"sha256 = {_quote(plan.claims.sha256)}"] if plan.claims.sha256 else []),
        *([f"leaving = [{leaving}]"] if leaving else []),
    ]


def _write_keyholders(plan: Plan) -> list[str]:
    lines = ["", "# Who holds a device, and which roles it signs."]
    for holder in plan.keyholders:
        roles = ", ".join(_quote(role) for role in holder.roles)
        lines += ["[[keyholders]]", f"name = {_quote(holder.name)}", f"roles = [{roles}]"]
        lines += [f"scheme = {_quote(holder.scheme)}"]
        lines += [f"device = {_quote(holder.device)}"] if holder.device else []
        lines += [f"key = {_quote(holder.key)}"] if holder.key else []
        lines += [f"slot = {_quote(holder.slot)}"] if holder.slot else []
        for field in ("firmware_exception", "attestation_exception"):
            why = getattr(holder, field)
            lines += [f"{field} = {_quote(why)}"] if why else []
        lines += [f"keyid = {_quote(holder.keyid)}"] if holder.keyid else []
        lines += [""]
    return lines


def _write_leaving(plan: Plan) -> list[str]:
    if not plan.leaving:
        return []
    lines = ["# Who holds a key of the root before that leaves, and signs a last time."]
    for each in plan.leaving:
        lines += ["[[leaving]]", f"name = {_quote(each.name)}", f"keyid = {_quote(each.keyid)}"]
        lines += [f"device = {_quote(each.device)}"] if each.device else []
        lines += [""]
    return lines


def _write_tables(plan: Plan) -> list[str]:
    hours = {role: int(lifetime.total_seconds()) // 3600 for role, lifetime in plan.lifetimes.items()}
    return [
        "# How many keyholders have to sign each role.",
        "[thresholds]",
        *(f"{role} = {plan.thresholds[role]}" for role in plan.offline_roles),
        "",
        "# When each role that is signed ends (UTC); a role that is not named here stays as it is.",
        "[expires]",
        *(f"{role} = {instant_text(instant)}" for role, instant in plan.expires.items()),
        "",
        "# Targets are spread over this many bins.",
        "[bins]",
        f"count = {plan.bins.count}",
        f"style = {_quote(plan.bins.style)}",
        "",
        "# How long the online signer's own signatures last.",
        "[lifetimes]",
        *(f"{lifetime_field(role)} = {hours[role]}" for role in ONLINE_ROLES),
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


def _flag(value: bool) -> str:  # noqa: FBT001  # TOML has no other way to say it
    return "true" if value else "false"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
