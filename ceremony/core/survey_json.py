"""The survey of a repository for machines: plain values under names that stay."""

from datetime import datetime

from ceremony.core.findings import CLIENTS, Finding
from ceremony.core.foreign import Survey, Surveyed
from ceremony.core.plan import instant_text
from ceremony.core.strict_json import Json


def survey_json(found: Survey, now: datetime) -> dict[str, Json]:
    """All of the survey. Moments are UTC as metadata writes them; versions are numbers, null where there is none."""
    return {
        "now": instant_text(now),
        "pinned": found.pinned,
        "last": found.roots[-1].version,
        "clients": {client: _client(found, client) for client in CLIENTS},
        "expired": [each.name for each in found.expired(now)],
        "roots": [_file(each) for each in found.roots],
        "files": [_file(each) for each in found.files],
    }


def _client(found: Survey, client: str) -> dict[str, Json]:
    return {
        "starts": found.start(client),
        "reaches": found.reaches(client),
        "why_not_earlier": [{"file": name, **_finding(each)} for name, each in found.reasons(client)],
        "stopped_at": [each.name for each in found.stopped(client)],
    }


def _file(each: Surveyed) -> dict[str, Json]:
    return {
        "name": each.name,
        "role": each.role,
        "version": each.version,
        "expires": None if each.expires is None else instant_text(each.expires),
        "quorums": [
            {"by": it.by, "threshold": it.threshold, "signed": list(it.signed), "missing": list(it.missing)}
            for it in each.standings
        ],
        "findings": [_finding(it) for it in each.findings],
    }


def _finding(each: Finding) -> dict[str, Json]:
    return {"finding": each.name, "found": each.found, "wanted": each.wanted, "stops": list(each.stops)}
