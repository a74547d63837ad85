"""A ceremony that is given up is given up for good, with a reason, at every place that the mark reaches."""

import shutil
from pathlib import Path

import pytest
from fakes.places import reviewed_only
from fakes.rooms import Desk

from ceremony.core.withdrawal import withdrawal
from ceremony.engine import questions as q
from ceremony.engine.bundle import open_bundle
from ceremony.engine.withdraw import pass_on, withdraw
from ceremony.errors import RefusedError


@pytest.fixture(name="begun")
def _begun(table: Desk) -> Desk:
    """A ceremony that was reviewed, and in which nobody has signed."""
    reviewed_only(table, table.agenda())
    return table


def reason(bundle: Path) -> str:
    """Why it was given up, "" if it was not."""
    entry = withdrawal(open_bundle(bundle).transcript)
    return entry.note if entry else ""


def test_a_ceremony_is_withdrawn_with_a_reason(begun: Desk) -> None:
    """Somebody says why, then that it is to be so."""
    begun.operator.answers[q.Describe] = lambda _page: "ann lost her device"

    assert withdraw(begun.room, begun.bundle)

    assert [type(each) for each in begun.operator.asked] == [q.Describe, q.Confirm]
    assert reason(begun.bundle) == "The ceremony is withdrawn: ann lost her device."


def test_nothing_is_withdrawn_by_an_empty_answer(begun: Desk) -> None:
    """The page rests on No, and then not a byte changes."""
    before = (begun.bundle / "manifest.json").read_bytes()
    begun.operator.answers[q.Confirm] = lambda _page: False

    assert not withdraw(begun.room, begun.bundle)

    assert (begun.bundle / "manifest.json").read_bytes() == before


def test_a_ceremony_is_withdrawn_once(begun: Desk) -> None:
    """Nobody is asked again, and no second reason takes the place of the first."""
    assert withdraw(begun.room, begun.bundle)
    begun.operator.asked.clear()
    before = (begun.bundle / "manifest.json").read_bytes()

    assert withdraw(begun.room, begun.bundle)

    assert begun.operator.asked == []
    assert (begun.bundle / "manifest.json").read_bytes() == before
    assert reason(begun.bundle) == "The ceremony is withdrawn: nobody said why."


def test_what_was_exported_is_not_withdrawn(finished: Desk, tmp_path: Path) -> None:
    """WITHDRAWN-EARLY, for the bundle; BUNDLE-OPEN, for the release itself."""
    for source, rule in ((finished.bundle, "WITHDRAWN-EARLY"), (finished.release, "BUNDLE-OPEN")):
        folder = tmp_path / source.name
        shutil.copytree(source, folder)
        with pytest.raises(RefusedError) as refused:
            withdraw(finished.room, folder)
        assert refused.value.rule == rule


def test_another_copy_bears_the_mark_in_the_same_words(begun: Desk, tmp_path: Path) -> None:
    """Once, however often the news comes."""
    copy = tmp_path / "copy"
    shutil.copytree(begun.bundle, copy)
    assert withdraw(begun.room, begun.bundle)
    entry = withdrawal(open_bundle(begun.bundle).transcript)
    assert entry is not None

    pass_on(begun.room, copy, open_bundle(copy), entry)
    first = (copy / "manifest.json").read_bytes()
    pass_on(begun.room, copy, open_bundle(copy), entry)

    assert reason(copy) == f"Another copy of this bundle says: {entry.note}"
    assert (copy / "manifest.json").read_bytes() == first
