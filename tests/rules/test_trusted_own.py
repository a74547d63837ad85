"""TRUSTED-OWN: what a ceremony starts from goes back to a root that this machine has itself."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.history import FIRST, SECOND, THIRD, altered, by, files, root, shown
from fakes.succession import before

from ceremony.core.metadata_file import MetadataFile
from ceremony.core.own_rules import OwnCase, trusted_own
from ceremony.core.trusted import Trusted, trust

OTHER = by(altered(SECOND, lambda signed: signed.update({"x-note": "another"})), "ann", "bob", "cyd")


def known(*roots: MetadataFile) -> Trusted:
    """What a machine trusts that has these roots, the first pinned."""
    return trust(roots[0].encode(), shown(roots))


def test_an_initial_ceremony_that_follows_nothing_passes() -> None:
    """Whatever this machine trusts of other repositories."""
    trusted_own.check(OwnCase("initial", None, None))
    trusted_own.check(OwnCase("initial", known(FIRST), None))


def test_an_initial_ceremony_that_follows_something_is_refused() -> None:
    """It starts from nothing."""
    refusal(trusted_own, OwnCase("initial", known(FIRST), known(FIRST)))


@pytest.mark.parametrize("own", [(FIRST,), (SECOND,), (THIRD,), (FIRST, SECOND), (SECOND, THIRD)])
def test_any_root_of_the_chain_passes(own: tuple[MetadataFile, ...]) -> None:
    """The oldest, the last, or some of them: every one in between is there."""
    trusted_own.check(OwnCase("rotation", known(*own), trust(FIRST.encode(), files())))


def test_a_root_that_somebody_signed_besides_passes() -> None:
    """What was signed is the same."""
    trusted_own.check(OwnCase("refresh", known(by(FIRST, "cyd")), known(FIRST)))


@pytest.mark.parametrize("kind", ["rotation", "refresh"])
def test_a_machine_that_has_nothing_of_its_own_is_refused(kind: str) -> None:
    """A bundle never vouches for itself."""
    assert refusal(trusted_own, OwnCase(kind, None, before().trusted)).found == "no trusted root of this machine's own"


def test_a_bundle_that_starts_from_nothing_is_refused() -> None:
    """It says that it follows something."""
    refusal(trusted_own, OwnCase("rotation", before().trusted, None))


def test_a_chain_that_begins_too_late_is_refused() -> None:
    """Nothing leads from the machine's own root to it."""
    found = refusal(trusted_own, OwnCase("rotation", known(FIRST), known(SECOND, THIRD)))
    assert found.wanted == "every root in between"


def test_a_chain_that_ends_too_early_is_refused() -> None:
    """It would leave out what this machine knows of already."""
    refusal(trusted_own, OwnCase("rotation", known(THIRD), known(FIRST, SECOND)))


def test_another_root_of_one_version_is_refused() -> None:
    """Both are signed by enough keys, which never happens by accident."""
    found = refusal(trusted_own, OwnCase("rotation", known(FIRST, SECOND), known(FIRST, OTHER)))
    assert found.found == "another 2.root.json than the one this machine trusts"


def test_the_root_of_another_repository_is_refused() -> None:
    """Of the same version, by other people."""
    strangers = by(root(1, ("ann again", "bob again")), "ann again", "bob again")
    refusal(trusted_own, OwnCase("rotation", known(FIRST), replace(known(strangers), targets={})))


def beside(**changes: MetadataFile | None) -> Trusted:
    """What `before()` trusts, with these targets files instead; None for one that is left out."""
    files = {**before().trusted.targets, **changes}
    return replace(before().trusted, targets={role: file for role, file in files.items() if file is not None})


def later(role: str) -> MetadataFile:
    """The version after the trusted one."""
    file = before().trusted.targets[role]
    return replace(file, version=file.version + 1)


@pytest.mark.parametrize("role", ["targets", "bins"])
def test_targets_that_are_newer_than_this_machine_s_pass(role: str) -> None:
    """Or those of a machine that has none."""
    trusted_own.check(OwnCase("refresh", before().trusted, beside(**{role: later(role)})))
    trusted_own.check(OwnCase("refresh", beside(targets=None, bins=None), before().trusted))


@pytest.mark.parametrize("role", ["targets", "bins"])
def test_targets_that_are_older_than_this_machine_s_are_refused(role: str) -> None:
    """With the same root: what this machine knows of already would be made once more, otherwise."""
    found = refusal(trusted_own, OwnCase("refresh", beside(**{role: later(role)}), before().trusted))
    assert f"{later(role).name}, as known here" in found.wanted


@pytest.mark.parametrize("role", ["targets", "bins"])
def test_targets_that_are_not_there_or_are_others_are_refused(role: str) -> None:
    """This machine has them, of that very version."""
    own = before().trusted
    refusal(trusted_own, OwnCase("refresh", own, beside(**{role: None})))
    refusal(trusted_own, OwnCase("refresh", own, beside(**{role: replace(own.targets[role], payload=b"{}")})))
