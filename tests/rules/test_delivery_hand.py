"""DELIVERY-HAND: what keyholders sign never becomes the online key's under its name, nor the other way."""

from dataclasses import replace

import pytest
from fakes.claims import CLAIMED, RECENT, Changing, changed
from fakes.release import ONLINE, delivery_case, online_key, release
from securesystemslib.signer import CryptoSigner

from ceremony.core.delivery_below_rules import delivery_hand
from ceremony.core.delivery_case import DeliveryCase, Receiver
from ceremony.core.plan import Delegation
from ceremony.engine.bundle import Bundle
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))
OWN_CLAIMED = replace(CLAIMED, is_online=True)
PEOPLES_RECENT = replace(RECENT, is_online=False)


def after(start: Bundle, *delegations: Delegation) -> Bundle:
    """The release after this one, with these delegations."""
    offline = [each.name for each in delegations if not each.is_online]
    return changed(start, Changing(roles=("targets", *offline), delegations=delegations))


SECOND = after(FIRST, CLAIMED, RECENT)
WITHOUT = after(SECOND)


def refused(case: DeliveryCase) -> str:
    """What the rule says it found."""
    with pytest.raises(RefusedError) as refusal:
        delivery_hand.check(case)
    assert refusal.value.rule == "DELIVERY-HAND"
    return refusal.value.found


@pytest.mark.parametrize("start", [FIRST, SECOND, WITHOUT], ids=["new", "standing", "coming back"])
def test_whoever_signed_it_goes_on_and_is_taken(start: Bundle) -> None:
    """New, as it was, or once it comes back."""
    delivery_hand.check(delivery_case(after(start, CLAIMED, RECENT), trusted=start))


def test_the_first_release_of_all_is_taken() -> None:
    """There is nothing that could change hands."""
    delivery_hand.check(delivery_case(FIRST))


def test_a_role_of_the_online_key_that_changes_its_key_is_taken() -> None:
    """The next key of the same signer is no other hand."""
    key = online_key(CryptoSigner.generate_ecdsa())
    third = changed(SECOND, Changing(roles=("root", "targets", "bins"), online=key))
    receiver = Receiver(
        FIRST.plan.repository, is_rehearsal=True, online_keyid=online_key(ONLINE).keyid(), next_keyid=key.keyid()
    )

    delivery_hand.check(delivery_case(third, trusted=SECOND, receiver=receiver))


@pytest.mark.parametrize("start", [SECOND, WITHOUT], ids=["standing", "coming back"])
@pytest.mark.parametrize(
    ("delegations", "found"),
    [
        ((OWN_CLAIMED, RECENT), "claimed, which keyholders signed, for the online key"),
        ((CLAIMED, PEOPLES_RECENT), "recently-claimed, which the online key signed, for keyholders"),
    ],
    ids=["to the online key", "to keyholders"],
)
def test_a_change_of_hands_is_refused(start: Bundle, delegations: tuple[Delegation, ...], found: str) -> None:
    """At once, and when the name comes back."""
    assert refused(delivery_case(after(start, *delegations), trusted=start)) == found


def test_a_change_of_hands_beside_the_key_that_changes_is_refused() -> None:
    """The next online key is no keyholder either."""
    key = online_key(CryptoSigner.generate_ecdsa())
    change = Changing(roles=("root", "targets", "bins"), delegations=(OWN_CLAIMED, RECENT), online=key)
    receiver = Receiver(
        FIRST.plan.repository, is_rehearsal=True, online_keyid=online_key(ONLINE).keyid(), next_keyid=key.keyid()
    )

    assert "claimed, which keyholders" in refused(
        delivery_case(changed(SECOND, change), trusted=SECOND, receiver=receiver)
    )


def test_a_change_of_hands_through_a_release_that_was_missed_is_refused() -> None:
    """This signer knows the name only from what the release follows."""
    third = after(SECOND, OWN_CLAIMED, RECENT)

    assert "claimed, which keyholders" in refused(delivery_case(third, trusted=FIRST))
