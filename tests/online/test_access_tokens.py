"""Tokens: made once, kept as a digest, found by no guess, ended by time or by hand."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fakes.online_signer import OnlineSigner
from fakes.release import NOW

from ceremony.errors import RefusedError
from ceremony.online.access import Grant, Scope, is_prefix
from ceremony.online.access_tokens import add_token, every_token, list_tokens, revoke_token

ANN = Grant("ann", frozenset({Scope.ADD, Scope.READ}), ("demo/", "other/"))


def test_a_token_gives_what_it_was_made_for(signer: OnlineSigner) -> None:
    """Name, scopes and prefixes."""
    text = add_token(signer.store, ANN, None, NOW)

    assert every_token(signer.store).find(text, NOW) == ANN


def test_of_a_token_nothing_is_kept_that_could_be_used(signer: OnlineSigner) -> None:
    """Neither in the database nor in what is shown of it."""
    text = add_token(signer.store, ANN, None, NOW)
    secret = text[17:]

    assert len(secret) == 43
    assert secret not in repr(every_token(signer.store)) + repr(list_tokens(signer.store))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1],
        lambda text: text + "A",
        lambda text: text.upper(),
        lambda text: text.replace("cot_", "tok_"),
        lambda text: f"{text[:17]}{'A' * 43}",
        lambda text: f"cot_{'0' * 12}_{text[17:]}",
        lambda _text: "",
        lambda _text: "\ud800",
    ],
)
def test_a_guess_opens_nothing(signer: OnlineSigner, change: Callable[[str], str]) -> None:
    """However near it is."""
    text = add_token(signer.store, ANN, None, NOW)

    with pytest.raises(RefusedError) as refusal:
        every_token(signer.store).find(change(text), NOW)

    assert refusal.value.rule == "TOKEN-KNOWN"


def test_a_token_ends_when_it_was_to_end(signer: OnlineSigner) -> None:
    """To the second."""
    text = add_token(signer.store, ANN, NOW + timedelta(hours=1), NOW)
    tokens = every_token(signer.store)

    assert tokens.find(text, NOW + timedelta(seconds=3_599)) == ANN
    with pytest.raises(RefusedError):
        tokens.find(text, NOW + timedelta(hours=1))
    with pytest.raises(RefusedError) as refusal:
        add_token(signer.store, Grant("bob", frozenset()), NOW, NOW)
    assert refusal.value.rule == "TOKEN-LIFE"


def test_a_revoked_token_stays_on_record(signer: OnlineSigner) -> None:
    """And its name is never given again."""
    text = add_token(signer.store, ANN, None, NOW)
    revoke_token(signer.store, "ann", NOW)
    revoke_token(signer.store, "ann", NOW + timedelta(days=1))

    with pytest.raises(RefusedError):
        every_token(signer.store).find(text, NOW)
    (token,) = list_tokens(signer.store)
    assert token.revoked_at == NOW
    with pytest.raises(RefusedError) as refusal:
        add_token(signer.store, ANN, None, NOW)
    assert refusal.value.rule == "TOKEN-NAME"


def test_nobody_can_be_revoked_who_is_not_there(signer: OnlineSigner) -> None:
    """A mistyped name must not pass for a revocation."""
    with pytest.raises(RefusedError) as refusal:
        revoke_token(signer.store, "bob", NOW)

    assert refusal.value.rule == "TOKEN-LISTED"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("demo/", True), ("a/b/", True), ("demo", False), ("/", False), ("", False), ("../", False), ("a//", False)],
)
def test_a_prefix_is_a_folder(text: str, is_one: bool) -> None:  # noqa: FBT001  # the expectation
    """With its slash."""
    assert is_prefix(text) == is_one
