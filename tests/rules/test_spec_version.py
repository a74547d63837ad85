"""SPEC-VERSION: written for version 1.0 of the specification."""

import pytest
from fakes.cases import refusal, tampered, unparsed, usual_case

from ceremony.core.draft_rules import spec_version


def test_version_1_0_passes() -> None:
    """Any patch of it."""
    spec_version.check(usual_case())
    spec_version.check(tampered("root", lambda signed: signed.update(spec_version="1.0.99")))


@pytest.mark.parametrize("version", ["1.1.0", "1.2.3"])
def test_another_minor_version_is_refused(version: str) -> None:
    """Also one that python-tuf takes."""
    refusal(spec_version, tampered("root", lambda signed: signed.update(spec_version=version)))


@pytest.mark.parametrize("version", ['"2.0.0"', '"1.0"', '"1.0."', '"1.0.x"', '" 1.0.31"', '"1.0.\uff11"', "1", "null"])
def test_another_version_is_refused(version: str) -> None:
    """And what is no version."""
    refusal(spec_version, unparsed("targets", f'{{"spec_version":{version}}}'.encode()))
