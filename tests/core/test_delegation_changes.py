"""What changes before bins, in the sentences that people agree to."""

from dataclasses import replace

from fakes.people import plan, roster
from fakes.projects import CLAIMED, RECENT, delegating, first, trusted, with_claimed_again, without_claimed
from fakes.succession import before, case

from ceremony.core.before import Before
from ceremony.core.delegation_changes import delegation_changes
from ceremony.core.draft import draft
from ceremony.core.plan import Delegation, Plan
from ceremony.core.plan_after import foreseen
from ceremony.core.plan_before_bins import with_names, with_reach
from ceremony.core.trusted import Trusted


def told(found: Plan, start: Before | None = None) -> list[str]:
    """What is said of delegations when this plan, which signs targets, follows what is trusted; cautions marked."""
    start = start or trusted()
    signing = replace(found, expires={**found.expires, "targets": found.window.closes})
    return [_marked(each) for each in delegation_changes(foreseen(signing, start), start)]


def _marked(change: object) -> str:
    return ("! " if change.is_caution else "") + change.sentence  # type: ignore[attr-defined]


def test_where_nothing_changes_nothing_is_said() -> None:
    """Of no delegation."""
    assert told(delegating()) == []


def test_a_first_plan_tells_what_clients_ask() -> None:
    """For which paths, whether others are asked after it, and who signs."""
    limited = Delegation("docs", ("docs/*", "man/*"), is_terminating=True)
    found = first(CLAIMED, RECENT, limited)
    sentences = [each.sentence for each in delegation_changes(draft(found, roster(found)), None)]
    assert sentences == [
        (
            "From now on clients ask claimed before recently-claimed, for every path, and others after it; "
            "2 of these 3 sign it: ann, bob, cyd."
        ),
        (
            "From now on clients ask recently-claimed after claimed, before docs, for every path, and others after it; "
            "the online key signs it."
        ),
        (
            "From now on clients ask docs after recently-claimed, before bins, for docs/* and man/*, "
            "and nobody after it; 2 of these 3 sign it: ann, bob, cyd."
        ),
    ]


def test_a_delegation_that_comes_is_told() -> None:
    """After a repository without any."""
    found = with_names(plan(), ("docs",))
    follows = case(replace(found, expires={role: plan().expires["bins"] for role in found.offline_roles}))
    (sentence,) = [_marked(each) for each in delegation_changes(follows.draft, before())]
    assert sentence.startswith("From now on clients ask docs before bins, for every path")


def test_other_paths_are_told_beside_those_of_before() -> None:
    """And so is another end of the search."""
    assert told(with_reach(delegating(), "claimed", ("files/*",), is_terminating=True)) == [
        "! claimed is asked for files/*, and nobody after it; before, for every path, and others after it."
    ]


def test_a_delegation_that_goes_is_told() -> None:
    """Clients lose what only it lists."""
    assert told(with_names(delegating(), ("recently-claimed",))) == [
        "! Clients ask claimed no longer: what only it lists, they find no more."
    ]


def test_another_order_is_told() -> None:
    """Whoever is asked first decides; one that comes between the others changes no order."""
    assert told(with_names(delegating(), ("recently-claimed", "claimed"))) == [
        "! Clients ask in another order than before: recently-claimed, claimed and bins."
    ]
    assert len(told(with_names(delegating(), ("claimed", "docs", "recently-claimed")))) == 1


def test_where_there_was_no_targets_everything_is_new() -> None:
    """Nothing can be compared."""
    start = replace(trusted(), trusted=Trusted(trusted().trusted.roots, {}))
    assert len([*delegation_changes(foreseen(first(CLAIMED, RECENT), None), start)]) == 2


def test_a_delegation_that_comes_back_is_told_to_go_on() -> None:
    """What came before under its name stays known."""
    start = without_claimed()
    found = foreseen(with_claimed_again(start), start)
    (sentence,) = [_marked(each) for each in delegation_changes(found, start)]
    assert sentence == (
        "From now on clients ask claimed before recently-claimed, for every path, and others after it; "
        "2 of these 3 sign it: ann, bob, cyd; it was there before, and goes on after version 1."
    )
