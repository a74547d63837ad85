"""KEY-FILE-PRIVATE: only its owner can read a private key."""

import pytest

from ceremony.core.signer_rules import KeyFileCase, key_file_private
from ceremony.errors import RefusedError


def test_a_key_that_its_owner_alone_can_read_is_taken() -> None:
    """Mode 0600."""
    key_file_private.check(KeyFileCase("online-key.pem", 0o100600))


def test_a_key_that_a_group_can_read_is_refused() -> None:
    """Mode 0640."""
    case = KeyFileCase("online-key.pem", 0o100640)

    with pytest.raises(RefusedError) as refusal:
        key_file_private.check(case)

    assert refusal.value.rule == "KEY-FILE-PRIVATE"
