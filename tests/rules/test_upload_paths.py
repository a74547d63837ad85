"""UPLOAD-PATHS: a project lists what is its own, under names that clients read alike."""

import pytest
from fakes.claims import metadata, upload_case

from ceremony.core.upload_rules import upload_paths
from ceremony.errors import RefusedError


def test_paths_of_the_project_are_taken() -> None:
    """Of any name, and none at all."""
    upload_paths.check(upload_case())
    upload_paths.check(upload_case(metadata("demo", 1, {})))


@pytest.mark.parametrize(
    "path", ["files/other/one", "demo", "files/demo", "files/demo/one/two", "/files/demo/one", "files/../demo/one"]
)
def test_the_path_of_another_is_refused(path: str) -> None:
    """Beside one of its own."""
    with pytest.raises(RefusedError) as refusal:
        upload_paths.check(upload_case(metadata("demo", 1, {"files/demo/one": b"one", path: b"two"})))

    assert refusal.value.rule == "UPLOAD-PATHS"


@pytest.mark.parametrize(
    "path", ["files/demo/..", "files/demo/a?b", "files/demo/", "files/demo/a\\b", "files/demo/a%2f"]
)
def test_a_path_that_clients_could_misread_is_refused(path: str) -> None:
    """Though the project's pattern matches it."""
    with pytest.raises(RefusedError) as refusal:
        upload_paths.check(upload_case(metadata("demo", 1, {path: b"one"})))

    assert refusal.value.rule == "UPLOAD-PATHS"
