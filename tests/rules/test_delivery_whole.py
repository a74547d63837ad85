"""DELIVERY-WHOLE: everything that targets leads to offline is there, once."""

from dataclasses import replace

import pytest
from fakes.claims import CLAIMED, RECENT, Changing, changed
from fakes.release import ONLINE, delivery_case, online_key, release

from ceremony.core.delivery_rules import delivery_whole
from ceremony.core.metadata_file import MetadataFile
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))
SECOND = changed(FIRST, Changing(roles=("targets", "claimed"), delegations=(CLAIMED, RECENT)))


def test_root_targets_and_bins_are_taken() -> None:
    """All three roles are there."""
    delivery_whole.check(delivery_case())


def test_a_role_before_bins_is_taken_with_them() -> None:
    """Bins is trusted already, and what the online key signs does not come in a release."""
    delivery_whole.check(delivery_case(SECOND, trusted=FIRST))


def test_a_release_without_bins_is_refused() -> None:
    """Bins is missing."""
    case = delivery_case(files=delivery_case().files[:2])

    with pytest.raises(RefusedError) as refusal:
        delivery_whole.check(case)

    assert refusal.value.rule == "DELIVERY-WHOLE"


def only(*roles: str) -> tuple[MetadataFile, ...]:
    """These files of the second release."""
    return tuple(each for each in SECOND.files if each.role in roles)


@pytest.mark.parametrize(
    "files",
    [only("targets"), only("claimed"), (*SECOND.files, only("claimed")[0])],
    ids=["claimed is missing", "nothing delegates to claimed", "claimed comes twice"],
)
def test_a_release_that_is_not_whole_is_refused(files: tuple[MetadataFile, ...]) -> None:
    """A role below targets is too few or too many."""
    with pytest.raises(RefusedError) as refusal:
        delivery_whole.check(delivery_case(SECOND, trusted=FIRST, files=files))

    assert refusal.value.rule == "DELIVERY-WHOLE"


def test_a_role_that_was_missed_counts_as_there() -> None:
    """The release in which claimed began was never delivered; the next one shows it."""
    third = changed(SECOND, Changing(roles=("bins",)))

    delivery_whole.check(delivery_case(third, trusted=FIRST))
    with pytest.raises(RefusedError):
        delivery_whole.check(replace(delivery_case(third, trusted=FIRST), followed=only("targets")))
