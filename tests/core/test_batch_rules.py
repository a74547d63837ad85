"""Claims joined: the same batch, whoever brought what, and in which order."""

from dataclasses import replace

from fakes.people import REPOSITORY, signer
from fakes.projects import key, project
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.batch_rules import Claim, joined
from ceremony.core.possession import project_message

PARTS = [
    project("demo", "day", threshold=2),
    project("demo", "eon", threshold=2),
    project("demo", "eon", "fog", threshold=2),
    project("alpha", "day"),
    project("zeta", "gap"),
]


def claims(*projects: object) -> list[Claim]:
    """One file for each of them."""
    return [Claim(f"{place}.json", REPOSITORY, (each,)) for place, each in enumerate(projects)]  # type: ignore[arg-type]


@given(st.permutations(PARTS), st.lists(st.sampled_from(PARTS)))
def test_the_same_claims_give_the_same_batch(order: list[object], again: list[object]) -> None:
    """In any order, and however often each of them came."""
    found = joined(claims(*order, *again))
    assert found == joined(claims(*PARTS))
    assert [each.name for each in found] == ["alpha", "demo", "zeta"]


def test_every_developer_brings_a_key() -> None:
    """One that came twice counts once."""
    (found,) = joined(claims(*PARTS[:3]))
    assert sorted(each.keyid for each in found.keys) == sorted(key(who, "demo").keyid for who in ("day", "eon", "fog"))
    assert found.threshold == 2


def test_of_two_proofs_of_one_key_one_stays() -> None:
    """Some schemes sign by chance; whoever comes first decides nothing."""
    held = key("day", "demo")
    message = project_message(REPOSITORY, project("demo"), held.keyid)
    other = replace(held, proof=signer("day").sign(message).signature)
    both = [project("demo", keys=(each,)) for each in (held, other)]
    assert joined(claims(*both)) == joined(claims(*reversed(both)))
