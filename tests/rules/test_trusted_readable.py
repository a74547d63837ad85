"""TRUSTED-READABLE: clients of today can read what is shown, and read what was signed."""

from typing import Any

import pytest
from fakes.cases import refusal
from fakes.history import FIRST, SECOND, TARGETS, THIRD, altered, case

from ceremony.core.trusted_rules import trusted_readable


def test_files_that_clients_read_are_taken() -> None:
    """Root, targets and bins as they are usual."""
    trusted_readable.check(case())


@pytest.mark.parametrize(
    ("expires", "why"),
    [("2030-01-01T00:00:00.5Z", "does not match format"), ("2030-1-1T0:0:0Z", "it is read as other bytes than these")],
)
def test_a_root_with_a_date_in_another_form_is_refused(expires: str, why: str) -> None:
    """One cannot be parsed; the other can, and then its signatures are not about what was parsed."""
    odd = altered(SECOND, lambda signed: signed.update(expires=expires), "ann", "bob", "cyd")
    found = refusal(trusted_readable, case(shown=(FIRST, odd, THIRD))).found
    assert found.startswith("2.root.json: ")
    assert why in found


def test_a_targets_that_is_none_is_refused() -> None:
    """A root where targets should be, signed by whomever."""
    odd = altered(TARGETS, lambda signed: signed.update(_type="root"), "cyd", "ann again")
    assert "no targets metadata" in refusal(trusted_readable, case(files={"targets": odd})).found


def test_a_key_of_a_kind_that_signs_mail_is_refused() -> None:
    """The library knows OpenPGP keys, TUF clients do not."""

    def change(signed: dict[str, Any]) -> None:
        kind = {"keytype": "eddsa", "scheme": "pgp+eddsa-ed25519", "hashes": ["pgp+SHA2"]}
        signed["keys"]["a" * 40] = {**kind, "keyval": {"public": {"q": "00"}, "private": ""}}

    odd = altered(FIRST, change, "ann", "bob")
    assert "an unknown kind, eddsa/pgp" in refusal(trusted_readable, case(pinned=odd, shown=())).found
