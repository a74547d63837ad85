"""What bins says of bin-n: how many there are, who signs them, for how long, and how long a snapshot they make."""

from collections.abc import Iterable
from datetime import timedelta

from tuf.api.metadata import Delegations, Role, SuccinctRoles, Targets

from ceremony.core.draft import BIN_PREFIX, LIFETIMES_FIELD
from ceremony.core.policy import ONLINE_ROLES
from ceremony.core.rules import Objection

_SNAPSHOT_ENTRY_BYTES = len(f'"{BIN_PREFIX}-0000.json":{{"version":9999999}},')
_SNAPSHOT_FRAME_BYTES = 2_000


def bin_count(bins: Targets) -> int:
    """How many bins these bins delegate to.

    Raises: Objection if they are no bins.
    """
    delegations = delegations_of(bins)
    if delegations.roles is not None:
        return len(delegations.roles)
    return 1 << int(_succinct(delegations).bit_length)


def bin_names(count: int) -> tuple[str, ...]:
    """The names of `count` bins, a power of two of them, by number.

    Spec: TAP 15.
    """
    return tuple(SuccinctRoles([], 1, (count - 1).bit_length(), BIN_PREFIX).get_roles())


def names_of_bins(bins: Targets) -> frozenset[str]:
    """The names under which these bins stand in a snapshot; none where nothing is delegated."""
    delegations = bins.delegations
    if delegations is None:
        return frozenset()
    succinct = delegations.succinct_roles
    return frozenset(delegations.roles or {} if succinct is None else succinct.get_roles())


def bin_roles(bins: Targets) -> tuple[Role, ...]:
    """The roles that these bins delegate to: one that stands for all where the style is succinct.

    Raises: Objection if they are no bins.
    """
    delegations = delegations_of(bins)
    if delegations.roles is not None:
        return tuple(delegations.roles.values())
    return (_succinct(delegations),)


def delegations_of(bins: Targets) -> Delegations:
    """The delegations of these bins.

    Raises: Objection if there are none.
    """
    if bins.delegations is None:
        raise Objection("bins that delegate nothing", "bins that delegate to bin-n")
    return bins.delegations


def lifetimes_of(bins: Targets) -> dict[str, timedelta]:
    """How long the online signer's signatures last, as the keyholders of bins signed it; LIFETIMES-STATED holds."""
    found = bins.unrecognized_fields[LIFETIMES_FIELD]
    return {role: timedelta(seconds=found[role]) for role in ONLINE_ROLES}


def snapshot_bytes(count: int, others: Iterable[str] = ()) -> int:
    """How long a snapshot of so many bins, and of these other roles, grows at most."""
    bare = _SNAPSHOT_ENTRY_BYTES - len(f"{BIN_PREFIX}-0000")
    return count * _SNAPSHOT_ENTRY_BYTES + sum(bare + len(name) for name in others) + _SNAPSHOT_FRAME_BYTES


def _succinct(delegations: Delegations) -> SuccinctRoles:
    if delegations.succinct_roles is None or delegations.succinct_roles.name_prefix != BIN_PREFIX:
        raise Objection("bins of other names", f"bins that are named {BIN_PREFIX}-0 and on")
    return delegations.succinct_roles
