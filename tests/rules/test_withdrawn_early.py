"""WITHDRAWN-EARLY: what was exported may be published, and is replaced, never taken back."""

from fakes.cases import refusal
from fakes.people import NOW

from ceremony.core.transcript import Entry, Transcript
from ceremony.core.withdrawal import withdrawn_early

SEALED = Transcript().add(Entry(NOW, "seal", "", "sealed", "Every role has the signatures it needs."))


def test_a_ceremony_without_a_release_passes() -> None:
    """Sealed or not."""
    withdrawn_early.check(Transcript())
    withdrawn_early.check(SEALED)


def test_a_ceremony_whose_release_was_exported_is_refused() -> None:
    """It is on somebody's stick."""
    refusal(withdrawn_early, SEALED.add(Entry(NOW, "export", "", "exported", "The release was written.")))
