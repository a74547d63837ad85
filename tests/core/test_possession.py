"""Proofs of possession: bound to one purpose, never taken for another signature."""

import pytest
from fakes.people import REPOSITORY, drafted, keyid, online_key, signer

from ceremony.core.possession import check_proof, enrolment_message, online_message
from ceremony.errors import TamperedError

NONCE = "5" * 32
MESSAGE = enrolment_message("first-root", NONCE, keyid("ann"), "ann", ("root", "bins"))


def proof_by(name: str, message: bytes = MESSAGE) -> str:
    """The proof that this person's key gives for the message."""
    return signer(name).sign(message).signature


@pytest.mark.parametrize("name", ["ann", "bob", "cyd"])
def test_a_proof_holds_for_its_key_and_message(name: str) -> None:
    """Every scheme can prove possession."""
    check_proof(signer(name).public_key, MESSAGE, proof_by(name), "here")


OTHER_MESSAGES = {
    "ceremony": enrolment_message("second-root", NONCE, keyid("ann"), "ann", ("root", "bins")),
    "nonce": enrolment_message("first-root", "6" * 32, keyid("ann"), "ann", ("root", "bins")),
    "key": enrolment_message("first-root", NONCE, keyid("bob"), "ann", ("root", "bins")),
    "keyholder": enrolment_message("first-root", NONCE, keyid("ann"), "bob", ("root", "bins")),
    "roles": enrolment_message("first-root", NONCE, keyid("ann"), "ann", ("root",)),
    "fields run together": enrolment_message("first-root", NONCE, keyid("ann"), 'ann","x":"', ("root", "bins")),
    "purpose": online_message("first-root", keyid("ann")),
}


@pytest.mark.parametrize("message", OTHER_MESSAGES.values(), ids=OTHER_MESSAGES)
def test_a_proof_holds_for_nothing_else(message: bytes) -> None:
    """Another ceremony, nonce, key, person, role or purpose is another message."""
    with pytest.raises(TamperedError) as refused:
        check_proof(signer("ann").public_key, message, proof_by("ann"), "ann")
    assert refused.value.where == "ann"


@pytest.mark.parametrize("proof", ["", "00", "zz", "0", "ff" * 64, "\ud800", "é"])
def test_what_is_no_signature_is_no_proof(proof: str) -> None:
    """However malformed, a proof that does not verify is told in one way."""
    with pytest.raises(TamperedError):
        check_proof(signer("ann").public_key, MESSAGE, proof, "ann")


def test_another_persons_proof_is_no_proof() -> None:
    """Only the private half of this very key can prove it."""
    with pytest.raises(TamperedError):
        check_proof(signer("ann").public_key, MESSAGE, proof_by("bob"), "ann")


def test_the_online_key_is_proved_for_one_repository() -> None:
    """The proof of one repository's key does not hold for another repository."""
    key = signer("online").public_key
    check_proof(key, online_message(REPOSITORY, key.keyid), online_key().proof, "online_key")
    with pytest.raises(TamperedError):
        check_proof(key, online_message("other.example.org", key.keyid), online_key().proof, "online_key")


def test_no_proof_can_be_a_signature_of_metadata() -> None:
    """What is proved never begins as metadata does, so neither can stand for the other."""
    first = {file.payload[:1] for file in drafted().files}
    assert first == {b"{"}
    assert not MESSAGE.startswith(b"{")
    assert not online_message(REPOSITORY, keyid("online")).startswith(b"{")
