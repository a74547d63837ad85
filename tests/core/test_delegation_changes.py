"""What changes before bins, in the sentences that people agree to."""

from dataclasses import replace

from fakes.people import plan, roster
from fakes.projects import CLAIMED, RECENT, claiming, delegating, first, project, trusted
from fakes.succession import before, case

from ceremony.core.before import Before
from ceremony.core.delegation_changes import delegation_changes, grouped, project_changes, shared_keys
from ceremony.core.draft import draft
from ceremony.core.plan import Delegation, Plan
from ceremony.core.plan_after import foreseen, with_claims
from ceremony.core.plan_before_bins import with_names, with_reach
from ceremony.core.projects import Project
from ceremony.core.roster import Roster
from ceremony.core.trusted import Trusted


def told(found: Plan, start: Before | None = None) -> list[str]:
    """What is said of delegations when this plan, which signs targets, follows what is trusted; cautions marked."""
    start = start or trusted()
    signing = replace(found, expires={**found.expires, "targets": found.window.closes})
    return [_marked(each) for each in delegation_changes(foreseen(signing, start), start)]


def told_of(*projects: Project, leaving: tuple[str, ...] = (), start: Before | None = None) -> list[str]:
    """What is said of projects that enter claimed, and of those that leave it."""
    start = start or trusted()
    found = foreseen(claiming(*projects, leaving=leaving, start=start), start, projects)
    return [_marked(each) for each in project_changes(found)]


def _marked(change: object) -> str:
    return ("! " if change.is_caution else "") + change.sentence  # type: ignore[attr-defined]


def test_where_nothing_changes_nothing_is_said() -> None:
    """Neither of delegations nor of projects."""
    assert told(delegating()) == []
    assert [*project_changes(foreseen(delegating(), trusted()))] == []


def test_a_first_plan_tells_what_clients_ask() -> None:
    """For which paths, whether others are asked after it, and who signs."""
    limited = Delegation("docs", ("docs/*", "man/*"), is_terminating=True)
    found = first(CLAIMED, RECENT, limited)
    sentences = [each.sentence for each in delegation_changes(draft(found, roster(found)), None)]
    assert sentences == [
        (
            "From now on clients ask claimed before bins, for every path, and others after it; "
            "2 of these 3 sign it: ann, bob, cyd."
        ),
        (
            "From now on clients ask recently-claimed before bins, for every path, and others after it; "
            "the online key signs it."
        ),
        (
            "From now on clients ask docs before bins, for docs/* and man/*, and nobody after it; "
            "2 of these 3 sign it: ann, bob, cyd."
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


def test_projects_that_enter_are_grouped_by_how_they_sign() -> None:
    """The largest group first, a few names to a line, and how many there are in the end."""
    many = [project(f"p-{number:02}") for number in range(14)]
    both = project("zeta", "dan", "eve", threshold=2)
    assert told_of(*many, both, start=trusted(project("demo"))) == [
        "15 projects enter claimed:",
        f"14 projects with 1 of 1 (ecdsa-sha2-nistp256): {', '.join(each.name for each in many[:12])}.",
        "14 projects with 1 of 1 (ecdsa-sha2-nistp256): p-12, p-13.",
        "1 project with 2 of 2 (ecdsa-sha2-nistp256): zeta.",
        "After this, claimed hands paths to 16 projects.",
    ]


def test_one_project_is_one() -> None:
    """And not one projects."""
    assert told_of(project("demo"))[0] == "1 project enters claimed:"


def test_other_keys_and_whoever_leaves_are_told_one_by_one() -> None:
    """Each of them deserves a second thought."""
    start = trusted(project("demo"), project("other"))
    assert told_of(project("demo", "bob", "dan"), leaving=("other",), start=start) == [
        "! demo gets other keys or paths in claimed: 1 of 2 keys (ecdsa-sha2-nistp256 and ed25519) for files/demo/*.",
        "! other leaves claimed: it signs nothing there any more, and clients ask elsewhere for its paths.",
        "After this, claimed hands paths to 1 project.",
    ]


def test_one_key_for_several_projects_is_told() -> None:
    """Whoever steals it signs for all of them."""
    shared = (project("a", "dan"), project("b", "dan", "eve"), project("c", "eve"), project("d"))
    assert told_of(*shared)[-3:-1] == [
        "! One key signs for a and b: whoever steals it signs for all of them.",
        "! One key signs for b and c: whoever steals it signs for all of them.",
    ]
    assert len([*shared_keys(shared)]) == 2
    assert [*grouped(())] == []


def test_projects_that_are_there_from_the_beginning_are_told() -> None:
    """In a first ceremony everything is new."""
    found = with_claims(first(CLAIMED, RECENT), "claimed", (project("demo"),))
    held = Roster(roster(found).enrolments, (project("demo"),))
    assert [each.sentence for each in project_changes(draft(found, held))][-1].endswith("hands paths to 1 project.")
