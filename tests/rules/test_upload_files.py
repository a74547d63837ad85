"""UPLOAD-FILES: what metadata lists is there, and nothing else came."""

import pytest

from ceremony.core.upload_rules import FilesCase, upload_files
from ceremony.errors import RefusedError


def test_files_that_are_all_there_are_taken() -> None:
    """None is missing, and none is strange."""
    upload_files.check(FilesCase((), ()))


@pytest.mark.parametrize("case", [FilesCase(("files/demo/one",), ()), FilesCase((), ("one",))])
def test_a_file_too_few_or_too_many_is_refused(case: FilesCase) -> None:
    """It is named."""
    with pytest.raises(RefusedError) as refusal:
        upload_files.check(case)

    assert (refusal.value.rule, "one" in refusal.value.found) == ("UPLOAD-FILES", True)
