"""Whoever adds a target that clients never find in bins is told so; the real client agrees."""

from datetime import datetime

import pytest
from fakes.claims import CLAIMED, RECENT, Changing, changed, metadata, project
from fakes.online_signer import OnlineSigner
from fakes.release import REPOSITORY

from ceremony.core.plan import Delegation
from ceremony.errors import RehearsalError
from ceremony.online.reach import out_of_reach
from ceremony.online.registering import Batch, register

NIGHTLY = Delegation("nightly", ("nightly/*", "nightly/old/*"), is_terminating=True, is_online=True)
VENDORS = Delegation("vendors", ("vendors/*",), is_online=True)
UNREACHABLE = {
    "files/demo/two": "demo",
    "files/new/two": "new",
    "files/new-2/x": "new",
    "nightly/one": "nightly",
    "nightly/old/one": "nightly",
}
REACHABLE = ("files/one", "files/demo/deep/two", "files/waits/one", "other", "nightly/other/one", "vendors/one")


def test_before_the_first_delivery_nothing_is_out_of_reach(signer: OnlineSigner) -> None:
    """Nobody is asked at all."""
    assert out_of_reach(signer.store, ["files/demo/one"]) == {}


@pytest.fixture
def full(living: OnlineSigner, moment: datetime) -> OnlineSigner:
    """Demo is claimed, new is registered and has uploaded, waits has not; nightly ends the search, vendors does not."""
    delegations = (CLAIMED, NIGHTLY, VENDORS, RECENT)
    second = changed(living.bundle, Changing(delegations=delegations, entering=(project("demo"),), now=moment))
    living.deliver(second, moment)
    new = project("new", paths=("files/new/*", "files/new-2/x"))
    register(living.store, Batch(REPOSITORY, (new, project("waits")), "recently-claimed"), moment)
    for name in ("demo", "new"):
        living.upload(name, metadata(name, 1, {f"files/{name}/one": b"1"}, now=moment), b"1", now=moment)
    living.publisher.publish(moment)
    return living


def test_every_target_at_which_the_search_ends_before_bins_is_told(full: OnlineSigner) -> None:
    """With the project or the delegation that clients ask instead."""
    assert out_of_reach(full.store, [*UNREACHABLE, *REACHABLE]) == UNREACHABLE


def test_the_real_client_finds_what_is_in_reach_and_nothing_else(full: OnlineSigner, moment: datetime) -> None:
    """All of them are in bins."""
    for path in (*UNREACHABLE, *REACHABLE):
        full.ask(path, path.encode(), moment)
    full.publisher.publish(moment)

    for path in REACHABLE:
        assert full.stay(path) == {path: path.encode()}
    for path in UNREACHABLE:
        with pytest.raises(RehearsalError):
            full.stay(path)
