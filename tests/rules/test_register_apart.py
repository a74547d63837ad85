"""REGISTER-APART: no project shares a path with one of another role."""

import pytest
from fakes.claims import project, register_case

from ceremony.core.register_rules import register_apart
from ceremony.errors import RefusedError


def test_paths_of_its_own_are_taken() -> None:
    """Beside those of a claimed project."""
    register_apart.check(register_case())


@pytest.mark.parametrize("path", ["files/other/*", "files/other/one"])
def test_the_path_of_a_claimed_project_is_refused(path: str) -> None:
    """Clients would never get there."""
    with pytest.raises(RefusedError) as refusal:
        register_apart.check(register_case(projects=(project("demo", paths=(path,)),)))

    assert (refusal.value.rule, "other and demo" in refusal.value.found) == ("REGISTER-APART", True)
