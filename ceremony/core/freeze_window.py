"""The freeze window: how long a client can be kept at old metadata, and by whom.

The question is asked as if the successor of a role were published at this moment: until when can a client be kept from
it, at the role as it is now? A client looks at dates in four places: at the last root (5.3.10), at timestamp
(5.4.4), at snapshot (5.5.6), and at each targets file on its way (5.6.5; 5.6.7 for those below targets). What has ended
there it refuses, and says so: nothing else ends a freeze. Two attackers are told apart.

**Somebody in between** holds no key, but decides which of the published files a client gets, the old or the new. Such
a person keeps it

- at a root for as long as that root lasts: no other file names the version of root, so a new one is withheld alone;
- at a timestamp for as long as that timestamp lasts;
- at a snapshot for as long as it and the timestamp last that names it (5.5.2, 5.5.4);
- at targets, or a role below it, for as long as timestamp, snapshot and each file from targets down to that role last:
  the snapshot that names an old version of one is an old snapshot, and names the old versions of all (5.6.2, 5.6.4).
  Root does not count here, because a new one may be let through.

**A thief of the online key** makes timestamp and snapshot anew, of any date, with whatever versions in them; their ends
bind nobody who can do that. What binds a thief is metadata of keyholders. Once they have published a root that names
another online key, the thief has to keep a client at the root before, and loses it when that ends. Besides, an old
targets, or an old role below it that keyholders sign, serves no longer than that file lasts; and a role that the online
key signs, bin-n, can be forged no longer than the file lasts that names the key for it, bins.

All of these are upper bounds. What ends earlier, or is noticed, shortens them; and a client that has seen a newer
snapshot does not go back to one with older versions in it (5.5.5).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ceremony.core.forecast_roles import DatedRole

_LAST_MOMENT = datetime.max.replace(tzinfo=UTC, microsecond=0)


@dataclass(frozen=True, slots=True)
class FreezeWindow:
    """Up to which moment a client can be kept at one role as it is now, and the role whose end ends that.

    `withheld_until` is for somebody in between, `stolen_until` for a thief of the online key. A moment that has passed
    means that clients refuse the role already.
    """

    role: str
    withheld_until: datetime
    withheld_by: str
    stolen_until: datetime
    stolen_by: str


def freeze_windows(
    roles: tuple[DatedRole, ...], stated: Mapping[str, timedelta], now: datetime
) -> tuple[FreezeWindow, ...]:
    """The window of each role, in the order of `roles`.

    Where there is no timestamp or snapshot yet, as before the first publication, one counts that is signed at `now`
    and lasts as long as is `stated`; where nothing is stated either, it binds nobody.
    """
    ends = {role: _after(now, stated[role]) for role in ("snapshot", "timestamp") if role in stated}
    ends |= {each.role: each.expires for each in roles}
    online = {each.role for each in roles if each.is_online}
    return tuple(_window(each, ends, online) for each in roles)


def _window(role: DatedRole, ends: Mapping[str, datetime], online: set[str]) -> FreezeWindow:
    withheld_by = _first_to_end(_withheld_by(role), ends)
    stolen_by = _first_to_end(_stolen_by(role, online), ends)
    return FreezeWindow(role.role, ends[withheld_by], withheld_by, ends[stolen_by], stolen_by)


def _withheld_by(role: DatedRole) -> tuple[str, ...]:
    if role.role in ("root", "timestamp"):
        return (role.role,)
    return ("timestamp", "snapshot", *role.path)


def _stolen_by(role: DatedRole, online: set[str]) -> tuple[str, ...]:
    """Root, and of what leads to the role the lowest that the thief cannot sign."""
    return ("root", *[each for each in role.path if each not in online][-1:])


def _first_to_end(roles: Iterable[str], ends: Mapping[str, datetime]) -> str:
    return min((role for role in roles if role in ends), key=lambda role: ends[role])


def _after(now: datetime, lifetime: timedelta) -> datetime:
    return min(now, _LAST_MOMENT - lifetime) + lifetime
