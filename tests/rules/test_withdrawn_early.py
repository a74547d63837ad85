"""WITHDRAWN-EARLY: what was exported, or can be, may be published, and is replaced, never taken back."""

import pytest
from fakes.cases import refusal
from fakes.people import NOW

from ceremony.core.tally import Standing
from ceremony.core.transcript import Entry, Transcript
from ceremony.core.withdrawal import WithdrawalCase, withdrawn_early

SEALED = Transcript().add(Entry(NOW, "seal", "", "sealed", "Every role has the signatures it needs."))
BEGUN = SEALED.add(Entry(NOW, "export", "", "export", "The release goes to a stick."))
FAILED = BEGUN.add(Entry(NOW, "export", "", "Storage", "The disk or stick is full.", "refused"))
AGAIN = FAILED.add(Entry(NOW, "check", "", "resumed", "The ceremony goes on from its bundle."))

WHOLE = Standing("root", "root 1", 2, ("a", "b"), ())
HALF = Standing("targets", "root 1", 2, ("a",), ("b",))


@pytest.mark.parametrize("record", [Transcript(), SEALED, FAILED, AGAIN])
def test_a_ceremony_without_a_release_passes(record: Transcript) -> None:
    """Sealed or not; what the stick did not take is no release."""
    withdrawn_early.check(WithdrawalCase(record))
    withdrawn_early.check(WithdrawalCase(record, (WHOLE, HALF)))


@pytest.mark.parametrize(
    "record",
    [
        BEGUN,
        BEGUN.add(Entry(NOW, "export", "", "exported", "The release was written.")),
        BEGUN.add(Entry(NOW, "check", "", "resumed", "The ceremony goes on from its bundle.")),
        AGAIN.add(Entry(NOW, "export", "", "export", "The release goes to another stick.")),
    ],
    ids=["writing", "written", "killed while writing", "killed the second time"],
)
def test_a_ceremony_whose_release_may_exist_is_refused(record: Transcript) -> None:
    """It is on somebody's stick."""
    refusal(withdrawn_early, WithdrawalCase(record, (WHOLE, HALF)))


def test_a_ceremony_that_has_every_signature_is_refused() -> None:
    """Whoever has the signatures has the release."""
    found = refusal(withdrawn_early, WithdrawalCase(SEALED, (WHOLE, WHOLE)))
    assert found.found == "a ceremony that has every signature it needs"
