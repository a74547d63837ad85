"""PROJECT-LEAVES: who leaves is there, and does not enter at once."""

from fakes.cases import refusal
from fakes.projects import claiming, delegating, project, trusted

from ceremony.core.project_rules import ProjectCase, project_leaves


def test_a_project_that_is_there_passes() -> None:
    """And so does a plan in which nobody leaves."""
    start = trusted(project("demo"), project("other"))
    project_leaves.check(ProjectCase(claiming(leaving=("demo",), start=start), (), start))
    project_leaves.check(ProjectCase(delegating(start), (), start))


def test_a_project_that_is_not_there_is_refused() -> None:
    """Nothing would change."""
    start = trusted(project("demo"))
    found = ProjectCase(claiming(leaving=("demo", "nobody"), start=start), (), start)
    assert refusal(project_leaves, found).found == "nobody leaves"
    refusal(project_leaves, ProjectCase(claiming(leaving=("demo",)), (), trusted()))


def test_a_project_that_enters_and_leaves_is_refused() -> None:
    """For other keys it only enters."""
    start, other = trusted(project("demo")), project("demo", "day")
    refusal(project_leaves, ProjectCase(claiming(other, leaving=("demo",), start=start), (other,), start))
