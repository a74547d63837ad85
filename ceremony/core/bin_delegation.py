"""What bins says of bin-n: how many there are, who signs them, for how long, and how long a snapshot they make."""

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


def snapshot_bytes(count: int) -> int:
    """How long a snapshot of so many bins grows at most."""
    return count * _SNAPSHOT_ENTRY_BYTES + _SNAPSHOT_FRAME_BYTES


def _succinct(delegations: Delegations) -> SuccinctRoles:
    if delegations.succinct_roles is None or delegations.succinct_roles.name_prefix != BIN_PREFIX:
        raise Objection("bins of other names", f"bins that are named {BIN_PREFIX}-0 and on")
    return delegations.succinct_roles
