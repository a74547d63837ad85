"""PROJECT-KEYS: different keys, enough of them, of kinds that clients know."""

from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric import rsa
from fakes.cases import refusal
from fakes.projects import case, key, project
from securesystemslib.signer import CryptoSigner

from ceremony.core.keys import fields_of
from ceremony.core.project_rules import project_keys
from ceremony.core.projects import ProjectKey


def test_as_many_keys_as_signatures_or_more_pass() -> None:
    """One of one, two of three."""
    project_keys.check(case(project("demo"), project("other", "ann", "bob", "cyd", threshold=2)))


def test_fewer_keys_than_signatures_are_refused() -> None:
    """Nobody could sign for the project."""
    assert refusal(project_keys, case(project("demo", "ann", threshold=2))).found == "demo: 2 of 1 different keys"


def test_a_threshold_of_none_is_refused() -> None:
    """Everybody could sign for the project."""
    refusal(project_keys, case(project("demo", threshold=0)))


def test_one_key_twice_is_refused() -> None:
    """It counts once, also under another scheme and so another keyid."""
    pss = key("ann", "demo", scheme="rsassa-pss-sha256")
    other = replace(pss, fields={**pss.fields, "scheme": "rsassa-pss-sha384"})
    for twice in ((key("ann", "demo"),) * 2, (pss, other)):
        refused = refusal(project_keys, case(project("demo", keys=twice, threshold=2)))
        assert refused.found == "demo: 2 of 1 different keys"


def test_a_scheme_that_not_every_client_knows_is_refused() -> None:
    """Signatures would be of no use."""
    pss = key("ann", "demo", scheme="rsassa-pss-sha256")
    other = replace(pss, fields={**pss.fields, "scheme": "rsassa-pss-sha512"})
    assert "rsassa-pss-sha512" in refusal(project_keys, case(project("demo", keys=(other,)))).found


def test_a_key_with_fields_of_somebody_s_own_is_refused() -> None:
    """They would give one key as many keyids as anybody likes."""
    plain = key("ann", "demo")
    named = replace(plain, fields={**plain.fields, "x-owner": "ann"})
    assert refusal(project_keys, case(project("demo", keys=(named,)))).found == "demo: a key with fields besides"


def test_a_short_rsa_key_is_refused() -> None:
    """It can be broken."""
    public = CryptoSigner(rsa.generate_private_key(65537, 1024)).public_key  # noqa: S505  # that is what it is about
    refusal(project_keys, case(project("demo", keys=(ProjectKey(fields_of(public), "00"),))))
