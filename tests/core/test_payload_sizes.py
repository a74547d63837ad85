"""How long payloads will be, told from a plan alone, and compared with what is drafted in the end."""

from dataclasses import replace

import pytest
from fakes.people import ED25519, NAMES, P256, P384, P521, RSA, drafted, keyholders, online_key

from ceremony.core.payload_sizes import estimated_sizes
from ceremony.core.plan import Bins, Plan
from ceremony.core.policy import OFFLINE_ROLES

CROWD = tuple(f"p{number}" for number in range(32))


def people(names: tuple[str, ...], scheme: str) -> dict[str, object]:
    """These people, all with keys of this scheme."""
    return {"keyholders": tuple(replace(each, scheme=scheme) for each in keyholders(*names))}


PLANS: dict[str, dict[str, object]] = {
    "the usual one": {},
    "a real one": {"is_rehearsal": False},
    "a long name": {"repository": "r" * 63},
    **{scheme: people(NAMES, scheme) for scheme in (P256, ED25519, P384, P521)},
    "another online key": {"online_key": online_key(scheme=P384)},
    "a crowd": people(CROWD, P256),
    "roles apart": {
        "keyholders": (
            *(replace(each, roles=("root",)) for each in keyholders(*NAMES)),
            *(replace(each, roles=("targets", "bins")) for each in keyholders("first", "second", "third")),
        )
    },
    **{f"{count} bins": {"bins": Bins(count, "explicit")} for count in (2, 16, 64, 512, 16_384)},
    "succinct bins": {"bins": Bins(16_384, "succinct")},
}


def both(**changes: object) -> tuple[dict[str, int], dict[str, int]]:
    """What is estimated for the usual plan with these changes, and what is drafted."""
    found = drafted(**changes)
    return dict(estimated_sizes(found.plan)), {each.role: len(each.payload) for each in found.files}


@pytest.mark.parametrize("changes", PLANS.values(), ids=PLANS)
def test_the_estimate_is_close_and_never_too_low(changes: dict[str, object]) -> None:
    """Within a tenth of what is drafted."""
    estimated, real = both(**changes)
    assert all(real[role] <= estimated[role] <= real[role] * 1.1 for role in OFFLINE_ROLES), (estimated, real)


def test_rsa_is_taken_for_the_longest() -> None:
    """How long such a key will be is not in the plan."""
    estimated, real = both(**people(NAMES, RSA))
    assert all(real[role] <= estimated[role] for role in OFFLINE_ROLES)


def unjudged(**changes: object) -> Plan:
    """A plan that breaks rules: somebody asks for cautions all the same."""
    return replace(drafted().plan, **changes)  # type: ignore[arg-type]  # any field of a plan


@pytest.mark.parametrize("count", [-5, 0, 1, 3, 2**62])
def test_a_plan_that_nobody_has_judged_has_an_estimate_too(count: int) -> None:
    """Whatever number of bins it asks for, and whatever schemes."""
    strange = tuple(replace(each, scheme="sphincs") for each in keyholders(*NAMES))
    sizes = estimated_sizes(unjudged(bins=Bins(count, "explicit"), keyholders=strange))
    assert min(sizes.values()) > 0
