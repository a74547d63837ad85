"""TRUSTED-ROOT: the plan names the root that is trusted here."""

from dataclasses import replace

from fakes.cases import refusal
from fakes.succession import after, before, case

from ceremony.core.plan import TrustedRoot
from ceremony.core.succession_rules import trusted_root


def test_the_root_that_is_trusted_passes() -> None:
    """By version and hash."""
    trusted_root.check(case(after()))


def test_another_root_of_that_version_is_refused() -> None:
    """The version alone says nothing."""
    found = refusal(trusted_root, case(after(trusted=TrustedRoot(1, "5" * 64))))
    assert found.found == "root 1, 5555555555555555"


def test_another_version_with_that_hash_is_refused() -> None:
    """Both have to be right."""
    refusal(trusted_root, case(after(trusted=TrustedRoot(2, after().trusted.sha256))))


def test_a_plan_that_names_no_root_is_refused() -> None:
    """An initial plan follows nothing."""
    assert "names no root" in refusal(trusted_root, case(after(trusted=None))).found


def test_a_root_whose_signatures_alone_differ_passes() -> None:
    """The hash is over what was signed: whoever signed besides makes no other root of it."""
    root = before().trusted.root
    fewer = replace(root, signatures=dict(list(root.signatures.items())[:1]))
    start = replace(before(), trusted=replace(before().trusted, roots=(fewer,)))
    trusted_root.check(case(after(), start))
