"""What changes among projects, in the sentences that people agree to."""

from dataclasses import replace

from fakes.people import roster
from fakes.projects import CLAIMED, RECENT, claiming, delegating, first, project, trusted

from ceremony.core.before import Before
from ceremony.core.changes import Change
from ceremony.core.draft import draft
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan_after import foreseen, with_claims
from ceremony.core.project_changes import grouped, keys_in_words, project_changes, shared_keys
from ceremony.core.projects import Project
from ceremony.core.roster import Roster
from ceremony.core.trusted import Trusted
from ceremony.core.words import words_of

P256 = "1 of 1 (ecdsa-sha2-nistp256)"
MANY = tuple(f"p-{number:03}" for number in range(400))


def told(*projects: Project, leaving: tuple[str, ...] = (), start: Before | None = None) -> list[str]:
    """What is said of projects that enter claimed, and of those that leave it; cautions marked."""
    start = start or trusted()
    found = foreseen(claiming(*projects, leaving=leaving, start=start), start, projects)
    return [*map(_marked, project_changes(found))]


def _marked(change: Change) -> str:
    return ("! " if change.is_caution else "") + change.sentence


def test_where_no_project_changes_nothing_is_said() -> None:
    """The plan names none."""
    assert [*project_changes(foreseen(delegating(), trusted()))] == []


def test_projects_that_enter_are_grouped_by_how_they_sign_and_what_they_get() -> None:
    """The largest group first, a few names to a line, and how many there are in the end."""
    many = [project(name) for name in MANY[:14]]
    both = project("zeta", "day", "eon", threshold=2)
    assert told(*many, both, start=trusted(project("demo"))) == [
        "15 projects enter claimed:",
        f"14 projects with {P256}; each gets files/<its name>/*: {', '.join(MANY[:12])}.",
        f"14 projects with {P256}; each gets files/<its name>/*: {', '.join(MANY[12:14])}.",
        "1 project with 2 of 2 (ecdsa-sha2-nistp256); it gets files/<its name>/*: zeta.",
        "After this, claimed hands paths to 16 projects.",
    ]


def test_paths_that_are_not_the_one_folder_of_the_name_are_a_caution() -> None:
    """Each project with its own: another folder, several, the folder of a longer name."""
    odd = {"evil": ("packages/*",), "more": ("files/more/*", "docs/more/*"), "star": ("files/star/star-*",)}
    found = told(project("demo"), *(project(name, paths=paths) for name, paths in odd.items()))
    assert found[1:-1] == [
        f"1 project with {P256}; it gets files/<its name>/*: demo.",
        f"! 1 project with {P256}; it gets packages/*, and not the one folder of its name: evil.",
        f"! 1 project with {P256}; it gets files/more/* and docs/more/*, and not the one folder of its name: more.",
        f"! 1 project with {P256}; it gets files/star/star-*, and not the one folder of its name: star.",
    ]


def test_folders_in_another_place_are_a_group_of_their_own() -> None:
    """Nobody is hidden among those who get what most get."""
    found = told(project("a"), project("b"), project("c", paths=("packages/c/*",)))
    assert f"1 project with {P256}; it gets packages/<its name>/*: c." in found


def test_one_project_is_one() -> None:
    """And not one projects."""
    assert told(project("demo"))[0] == "1 project enters claimed:"


def test_other_keys_are_told_beside_those_of_before() -> None:
    """And that clients find nothing of the project until it uploads again."""
    start = trusted(project("demo"), project("other"))
    assert told(project("demo", "bob", "day"), start=start) == [
        (
            "! 1 project gets other keys in claimed, or another number of signatures: "
            "clients get nothing from it until it uploads again, signed by these keys."
        ),
        f"! 1 project with 1 of 2 (ecdsa-sha2-nistp256 and ed25519); before, with {P256}: demo.",
        "After this, claimed hands paths to 2 projects.",
    ]


def test_a_lower_threshold_is_told_as_other_keys_are() -> None:
    """The keys stay, and one of them is enough."""
    start = trusted(project("demo", "day", "eon", threshold=2))
    assert told(project("demo", "day", "eon"), start=start)[1] == (
        "! 1 project with 1 of 2 (ecdsa-sha2-nistp256); before, with 2 of 2 (ecdsa-sha2-nistp256): demo."
    )


def test_other_paths_are_told_beside_those_of_before() -> None:
    """Alone where the keys stay."""
    start = trusted(project("demo"), project("other"))
    moved = [project(name, paths=(f"docs/{name}/*",)) for name in ("demo", "other")]
    assert told(*moved, start=start)[:-1] == [
        "! 2 projects get other paths in claimed, docs/<its name>/*; before, files/<its name>/*: demo, other."
    ]
    assert told(project("demo", paths=("docs/*", "man/*")), start=start)[0] == (
        "! 1 project gets other paths in claimed, docs/* and man/*; before, files/<its name>/*: demo."
    )


def test_paths_that_others_delegated_by_hash_are_told_as_such() -> None:
    """Nobody can read them."""
    start = trusted(project("demo"))
    was = start.trusted.targets["claimed"]
    payload = was.payload.replace(b'"paths":["files/demo/*"]', b'"path_hash_prefixes":["0"]')
    held = {**start.trusted.targets, "claimed": MetadataFile("claimed", was.version, payload, was.signatures)}
    found = told(project("demo"), start=replace(start, trusted=Trusted(start.trusted.roots, held)))
    assert "before, paths by their hash: demo." in found[0]


def test_a_project_that_is_named_again_and_stays_is_told() -> None:
    """It is in the batch, and nothing of it changes."""
    assert told(project("demo"), start=trusted(project("demo")))[0] == (
        "1 project is named again and stays in claimed as before: demo."
    )
    both = trusted(project("a"), project("b"))
    assert told(project("a"), project("b"), start=both)[0] == (
        "2 projects are named again and stay in claimed as before: a, b."
    )


def test_whoever_leaves_is_told() -> None:
    """With what that means."""
    start = trusted(project("demo"), project("other"))
    assert told(leaving=("other",), start=start) == [
        (
            "! 1 project leaves claimed, where nothing that is signed for it counts any more: "
            "clients ask elsewhere for its paths: other."
        ),
        "After this, claimed hands paths to 1 project.",
    ]


def test_hundreds_that_change_alike_are_told_in_few_lines() -> None:
    """Every name is there, and each line is a caution."""
    start = trusted(*(project(name, "day") for name in MANY))
    other = told(*(project(name, "eon") for name in MANY[:200]), leaving=MANY[200:], start=start)
    lines = [each for each in other if each.startswith("! ") and "p-" in each and "One key" not in each]
    assert len(lines) == 2 * 17
    assert all(any(name in line for line in lines) for name in MANY)


def test_one_key_for_several_projects_is_told() -> None:
    """Whoever steals it signs for all of them."""
    shared = (project("a", "day"), project("b", "day", "eon"), project("c", "eon"), project("d"))
    assert told(*shared)[-3:-1] == [
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


def test_keys_are_told_by_their_first_words() -> None:
    """Those that their developers read out on the telephone."""
    found = project("demo", "day", "eon", threshold=2)
    (line,) = keys_in_words((found,))
    first_words = [" ".join(words_of(bytes.fromhex(each.keyid))[:4]) for each in found.keys]
    assert line == f"demo: {first_words[0]}; {first_words[1]}"
