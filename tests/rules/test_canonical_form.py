"""CANONICAL-FORM: one value, one form."""

import json

import pytest
from fakes.cases import refusal, unparsed, usual_case
from fakes.people import drafted

from ceremony.core.draft_rules import canonical_form
from ceremony.errors import TamperedError

PAYLOAD = drafted().file("targets").payload


def test_a_draft_passes() -> None:
    """Every payload is as securesystemslib writes it."""
    canonical_form.check(usual_case())


@pytest.mark.parametrize(
    "payload",
    [
        PAYLOAD.replace(b",", b", "),
        PAYLOAD.replace(b"targets", b"t\\u0061rgets"),
        json.dumps({"b": 1, "a": 2}).encode(),
    ],
    ids=["spaces", "escapes", "another order"],
)
def test_another_form_of_the_same_value_is_refused(payload: bytes) -> None:
    """Other programs would hash other bytes."""
    assert payload != PAYLOAD
    refusal(canonical_form, unparsed("targets", payload))


@pytest.mark.parametrize("payload", [b'{"a":1.0}', b'{"a":1,"a":1}', b"", b'{"a":NaN}'])
def test_what_is_no_strict_json_is_refused_as_tampered(payload: bytes) -> None:
    """Floats and duplicate keys have no canonical form at all."""
    with pytest.raises(TamperedError):
        canonical_form.check(unparsed("targets", payload))
