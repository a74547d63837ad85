"""The forecast for machines: plain values under names that stay."""

from ceremony.core.forecast import Forecast, Occasion, RoleForecast
from ceremony.core.freeze_window import FreezeWindow
from ceremony.core.plan import instant_text
from ceremony.core.quorum_health import QuorumHealth
from ceremony.core.strict_json import Json


def forecast_json(found: Forecast) -> dict[str, Json]:
    """All of the forecast. Moments are UTC as metadata writes them, days are such as `2030-01-31`."""
    return {
        "state": found.state,
        "now": instant_text(found.now),
        "lead_days": found.terms.lead_days,
        "warn_days": found.terms.warn_days,
        "repository": found.repository,
        "rehearsal": found.is_rehearsal,
        "roles": [_role(each) for each in found.roles],
        "quorums": [_quorum(each) for each in found.quorums],
        "freeze": [_window(each, found) for each in found.windows],
        "calendar": [_occasion(each) for each in found.calendar],
        "cautions": list(found.cautions),
    }


def _role(each: RoleForecast) -> dict[str, Json]:
    return {
        "role": each.role,
        "version": each.version,
        "expires": instant_text(each.expires),
        "seconds_left": int(each.time_left.total_seconds()),
        "expired": each.state == "expired",
        "online": each.is_online,
        "start_by": None if each.start_by is None else each.start_by.isoformat(),
        "state": each.state,
    }


def _quorum(each: QuorumHealth) -> dict[str, Json]:
    return {
        "role": each.role,
        "by": each.by,
        "threshold": each.threshold,
        "keys": each.count,
        "may_be_lost": each.spare,
        "attacker_needs": each.needed,
        "holders": [{"keyid": key.keyid, "name": key.holder} for key in each.keys],
    }


def _window(each: FreezeWindow, found: Forecast) -> dict[str, Json]:
    return {
        "role": each.role,
        "withheld_until": instant_text(each.withheld_until),
        "withheld_by": each.withheld_by,
        "withheld_seconds": max(int((each.withheld_until - found.now).total_seconds()), 0),
        "stolen_until": instant_text(each.stolen_until),
        "stolen_by": each.stolen_by,
        "stolen_seconds": max(int((each.stolen_until - found.now).total_seconds()), 0),
    }


def _occasion(each: Occasion) -> dict[str, Json]:
    return {"day": each.day.isoformat(), "kind": each.kind, "roles": list(each.roles)}
