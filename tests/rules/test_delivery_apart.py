"""DELIVERY-APART: keyholders hand no path to one project that another has registered here."""

from collections.abc import Mapping

import pytest
from fakes.claims import CLAIMED, RECENT, Changing, changed, project
from fakes.release import ONLINE, delivery_case, online_key, release

from ceremony.core.delivery_below_rules import delivery_apart
from ceremony.core.plan import Delegation
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))
VENDORS = Delegation("vendors")
DELEGATED = changed(FIRST, Changing(delegations=(CLAIMED, VENDORS, RECENT)))
SECOND = changed(DELEGATED, Changing(roles=("vendors",), claims="vendors", entering=(project("demo"),)))


@pytest.mark.parametrize(
    "registered",
    [
        {},
        {"recently-claimed": {"project-other": ("files/other/*",)}},
        {"recently-claimed": {"project-demo": ("files/demo/*",)}},
        {"nightly": {"project-other": ("files/demo/*",)}},
    ],
    ids=["nobody", "paths of its own", "the same project", "a role that is this signer's no more"],
)
def test_paths_that_no_other_has_are_taken(registered: Mapping[str, Mapping[str, tuple[str, ...]]]) -> None:
    """What ends with the delivery stands in nobody's way."""
    delivery_apart.check(delivery_case(SECOND, trusted=DELEGATED, registered=registered))


@pytest.mark.parametrize("path", ["files/demo/*", "files/demo/one", "files/demo/*.tar.gz"])
def test_a_path_of_a_registered_project_is_refused(path: str) -> None:
    """Clients would be sent to somebody else from one moment to the next."""
    registered = {"recently-claimed": {"project-alpha": ("files/alpha/*",), "project-other": ("files/x/*", path)}}

    with pytest.raises(RefusedError) as refusal:
        delivery_apart.check(delivery_case(SECOND, trusted=DELEGATED, registered=registered))

    assert refusal.value.rule == "DELIVERY-APART"
    assert refusal.value.found == f"demo would take paths of other, which is registered here: {path}"
