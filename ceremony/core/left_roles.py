"""What delegations have left: targets remembers their names, so that no version of a name ever comes twice.

Spec: 5.5.5; clients refuse a snapshot in which a version goes back, for as long as they live.
"""

import re
from collections.abc import Collection, Mapping

from tuf.api.metadata import Targets

from ceremony.core.before import Before
from ceremony.core.policy import DELEGATED_ROLE, RESERVED_ROLES
from ceremony.core.signed import targets_of
from ceremony.core.tree import roles_below

LEFT_FIELD = "x-ceremony-left"
"""A field of ours inside targets: each role that it delegates to no longer -> its last version, 0 for one that the
online key signed, whose versions no ceremony knows."""

_VERSION_LIMIT = 1_000_000_000


def left_roles(targets: Targets) -> dict[str, int]:
    """What these targets remember: a role's name -> its last version, 0 for one that the online key signed.

    What has another shape, as others may have written it, is left out.
    """
    found = targets.unrecognized_fields.get(LEFT_FIELD)
    fields: Mapping[object, object] = found if isinstance(found, Mapping) else {}
    return {
        name: version
        for name, version in fields.items()
        if isinstance(name, str) and _is_ours(name) and type(version) is int and 0 <= version < _VERSION_LIMIT
    }


def left_after(before: Before | None, staying: Collection[str]) -> dict[str, int]:
    """What the targets after this remembers, if it delegates to `staying`, and to bins."""
    file = before.file("targets") if before else None
    if before is None or file is None:
        return {}
    was = targets_of(file)
    files = {name: before.file(name) for name in roles_below(was) if _is_ours(name)}
    known = {**left_roles(was), **{name: found.version if found else 0 for name, found in files.items()}}
    return {name: version for name, version in known.items() if name not in staying}


def next_version(role: str, before: Before | None) -> int:
    """The version that this role gets when it is signed next; one that comes back goes on from its last."""
    if before is None:
        return 1
    file, targets = before.file(role), before.file("targets")
    left = left_roles(targets_of(targets)) if targets else {}
    return (file.version if file else left.get(role, 0)) + 1


def _is_ours(name: str) -> bool:
    """Whether a plan could name such a delegation: no other can ever come back."""
    return bool(re.fullmatch(DELEGATED_ROLE, name)) and not re.fullmatch(RESERVED_ROLES, name)
