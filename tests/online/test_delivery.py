"""Deliveries: verified against what is trusted, durable, and harmless when repeated."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes.online_signer import OnlineSigner
from fakes.release import (
    NOW,
    REPOSITORY,
    STRANGER_KEYS,
    Then,
    Wanted,
    following,
    online_key,
    release,
    sign,
    successor,
    words,
)
from securesystemslib.signer import CryptoSigner

from ceremony.core.policy import Policy
from ceremony.errors import RefusedError
from ceremony.online.delivery import has_trust, is_known, take_in_delivery
from ceremony.online.delivery_rows import delivered_names, is_delivered, refuse_delivery, waiting_delivery


def test_a_delivery_is_published(signer: OnlineSigner) -> None:
    """It waits, and then clients can see it."""
    number = take_in_delivery(signer.store, signer.bundle, words(signer.bundle), NOW, Policy())

    assert not is_delivered(signer.store, number)
    signer.publisher.publish(NOW)
    assert is_delivered(signer.store, number)
    assert has_trust(signer.store)
    assert {"1.root.json", "1.targets.json", "1.bins.json", "timestamp.json"} <= set(signer.names())


def test_without_the_typed_words_nothing_is_trusted(signer: OnlineSigner) -> None:
    """And nothing is kept."""
    with pytest.raises(RefusedError) as refusal:
        take_in_delivery(signer.store, signer.bundle, "", NOW, Policy())

    assert refusal.value.rule == "ROOT-FINGERPRINT"
    assert waiting_delivery(signer.store) is None


def test_a_second_delivery_of_the_same_bundle_is_known(signer: OnlineSigner) -> None:
    """Nothing has to be done, and no words have to be typed."""
    assert not is_known(signer.store, signer.bundle)

    signer.deliver()

    assert is_known(signer.store, signer.bundle)


def test_a_bundle_that_waits_is_not_queued_twice(signer: OnlineSigner) -> None:
    """The same number."""
    first = take_in_delivery(signer.store, signer.bundle, words(signer.bundle), NOW, Policy())
    second = take_in_delivery(signer.store, signer.bundle, words(signer.bundle), NOW, Policy())

    assert first == second


def test_a_later_bins_is_taken_in(signer: OnlineSigner) -> None:
    """The snapshot names it."""
    signer.deliver()
    later = successor(signer.bundle, "bins")

    signer.deliver(later)

    assert b'"bins.json":{"version":2}' in signer.shelved()["2.snapshot.json"]
    assert is_known(signer.store, later)
    assert not is_known(signer.store, signer.bundle)


def test_an_older_bundle_is_refused_by_name(signer: OnlineSigner) -> None:
    """It would roll bins back."""
    signer.deliver()
    signer.deliver(successor(signer.bundle, "bins"))

    with pytest.raises(RefusedError) as refusal:
        signer.deliver()

    assert refusal.value.rule == "VERSION-FORWARD"


def test_a_second_root_is_taken_in_with_its_chain(signer: OnlineSigner) -> None:
    """Clients find it under its version."""
    signer.deliver()

    signer.deliver(successor(signer.bundle, "root"))

    assert "2.root.json" in signer.shelved()
    assert [each.version for each in signer.store.trusted_roots()] == [1, 2]


def test_a_root_that_skips_a_version_is_refused(signer: OnlineSigner) -> None:
    """Clients could not walk to it."""
    signer.deliver()

    with pytest.raises(RefusedError) as refusal:
        signer.deliver(successor(successor(signer.bundle, "root"), "root"))

    assert refusal.value.rule == "ROOT-CHAIN"


@pytest.mark.parametrize("role", ["root", "targets", "bins"])
def test_a_release_of_one_role_leaves_the_others_as_they_are(signer: OnlineSigner, role: str) -> None:
    """The new file is there, the old ones are too, and the snapshot names what holds."""
    signer.deliver()
    before = {name: data for name, data in signer.shelved().items() if name != "timestamp.json"}
    second = following(signer.bundle, Then(roles=(role,)))

    signer.deliver(second)

    after = signer.shelved()
    assert before.items() <= after.items()
    assert after[f"2.{role}.json"] == second.files[0].encode()
    for each in ("targets", "bins"):
        assert b'"%s.json":{"version":%d}' % (each.encode(), 1 + (each == role)) in after["2.snapshot.json"]
    assert is_known(signer.store, second)
    assert not is_known(signer.store, signer.bundle)


def test_what_the_signer_has_missed_comes_in_with_the_next_release(signer: OnlineSigner) -> None:
    """Somebody forgot to deliver the second one."""
    signer.deliver()
    second = following(signer.bundle, Then(keys={"cyd": CryptoSigner.generate_ecdsa()}))
    third = following(second, Then(roles=("root",)))

    number = take_in_delivery(signer.store, third, "", NOW, Policy())
    signer.publisher.publish(NOW)

    names = ("2.root.json", "3.root.json", "2.targets.json", "2.bins.json")
    assert delivered_names(signer.store, number) == names
    assert {*names} <= set(signer.names())
    assert [each.version for each in signer.store.trusted_roots()] == [1, 2, 3]
    assert is_known(signer.store, third)


def test_what_was_missed_survives_that_it_comes_twice(signer: OnlineSigner) -> None:
    """Both releases wait at a time; the second brings what the first has just brought."""
    signer.deliver()
    second = following(signer.bundle, Then(keys={"cyd": CryptoSigner.generate_ecdsa()}))
    third = following(second, Then(roles=("root",)))
    first_number = take_in_delivery(signer.store, second, "", NOW, Policy())
    number = take_in_delivery(signer.store, third, "", NOW, Policy())

    signer.publisher.publish(NOW)
    signer.publisher.publish(NOW)

    assert is_delivered(signer.store, first_number)
    assert is_delivered(signer.store, number)
    assert delivered_names(signer.store, number) == ("3.root.json",)


def test_a_release_that_waits_twice_is_published_once(signer: OnlineSigner) -> None:
    """Two copies of it differ in what they show besides; the second brings nothing new, and is done with."""
    signer.deliver()
    second = following(signer.bundle, Then(roles=("root",)))
    take_in_delivery(signer.store, second, "", NOW, Policy())
    number = take_in_delivery(signer.store, replace(second, before=None), "", NOW, Policy())

    signer.publisher.publish(NOW)
    signer.publisher.publish(NOW)

    assert is_delivered(signer.store, number)
    assert delivered_names(signer.store, number) == ()
    assert waiting_delivery(signer.store) is None


def test_a_later_release_is_no_beginning(signer: OnlineSigner) -> None:
    """Whoever trusts nothing begins with the first, whatever words are typed."""
    second = following(signer.bundle)

    with pytest.raises(RefusedError) as refusal:
        take_in_delivery(signer.store, second, words(second), NOW, Policy())

    assert refusal.value.rule == "DELIVERY-ORDER"
    assert not has_trust(signer.store)


def test_a_replay_of_an_older_root_is_refused_by_name(signer: OnlineSigner) -> None:
    """It was delivered once, and something newer holds."""
    signer.deliver()
    second = following(signer.bundle, Then(roles=("root",)))
    signer.deliver(second)
    signer.deliver(following(second, Then(roles=("root",))))

    for old in (signer.bundle, second):
        assert not is_known(signer.store, old)
        with pytest.raises(RefusedError) as refusal:
            signer.deliver(old)
        assert refusal.value.rule == "VERSION-FORWARD"


def test_a_rotation_by_the_new_keys_alone_is_refused(signer: OnlineSigner) -> None:
    """The old quorum has a say in who comes after it."""
    signer.deliver()
    second = following(signer.bundle, Then(keys=STRANGER_KEYS))
    alone = sign(second.files[0], [*STRANGER_KEYS.values()])

    with pytest.raises(RefusedError) as refusal:
        signer.deliver(replace(second, files=(alone, *second.files[1:])))

    assert refusal.value.rule == "ROOT-CHAIN"
    signer.deliver(second)


def test_a_rotation_by_the_old_keys_alone_is_refused(signer: OnlineSigner) -> None:
    """Nor can anybody be made a keyholder who does not sign."""
    signer.deliver()
    second = following(signer.bundle, Then(keys=STRANGER_KEYS))
    held = signer.bundle.files[0].signatures
    alone = replace(
        second.files[0],
        signatures={keyid: sig for keyid, sig in second.files[0].signatures.items() if keyid in held},
    )

    with pytest.raises(RefusedError) as refusal:
        signer.deliver(replace(second, files=(alone, *second.files[1:])))

    assert refusal.value.rule == "ROOT-CHAIN"


def test_bins_for_another_online_key_are_refused(signer: OnlineSigner) -> None:
    """This signer could sign nothing below them."""
    signer.deliver()
    other = online_key(CryptoSigner.generate_ecdsa(), REPOSITORY)

    with pytest.raises(RefusedError) as refusal:
        signer.deliver(following(signer.bundle, Then(online=other)))

    assert refusal.value.rule == "ONLINE-KEY-OWN"


@pytest.mark.parametrize("roles", [("root",), ("bins",), ("root", "targets", "bins")])
def test_a_signer_whose_metadata_has_expired_takes_what_is_refreshed(
    signer: OnlineSigner, roles: tuple[str, ...]
) -> None:
    """What the keyholders did not refresh may come later."""
    signer.deliver()
    late = NOW + timedelta(days=500)

    signer.deliver(following(signer.bundle, Then(roles=roles, now=late)), late)

    assert {f"2.{role}.json" for role in roles} <= set(signer.names())
    signer.deliver(following(following(signer.bundle, Then(roles=roles, now=late)), Then(now=late)), late)
    assert all(each.version >= 2 for each in signer.store.trusted().values())


def test_a_foreign_bundle_is_refused(signer: OnlineSigner) -> None:
    """Other people made it, for the same repository and the same online key."""
    signer.deliver()
    foreign = release(signer.key_file.key, Wanted(keys=STRANGER_KEYS))

    with pytest.raises(RefusedError) as refusal:
        signer.deliver(foreign)

    assert refusal.value.rule == "ROOT-CHAIN"


def test_a_root_signed_by_nobody_we_trust_is_refused(signer: OnlineSigner) -> None:
    """Root 2 has enough signatures of its own kind, none of the old."""
    signer.deliver()
    second = successor(signer.bundle, "root")
    forged = sign(second.files[0], [STRANGER_KEYS["ann"], STRANGER_KEYS["bob"]])

    with pytest.raises(RefusedError) as refusal:
        signer.deliver(replace(second, files=(forged, *second.files[1:])))

    assert refusal.value.rule == "ROOT-CHAIN"


def test_the_writer_refuses_what_has_become_old_meanwhile(signer: OnlineSigner) -> None:
    """Two deliveries wait; the first makes the second a rollback."""
    signer.deliver()
    later = successor(successor(signer.bundle, "bins"), "bins")
    older = successor(signer.bundle, "bins")
    take_in_delivery(signer.store, later, "", NOW, Policy())
    number = take_in_delivery(signer.store, older, "", NOW, Policy())

    signer.publisher.publish(NOW)
    signer.publisher.publish(NOW)

    with pytest.raises(RefusedError) as refusal:
        is_delivered(signer.store, number)
    assert refusal.value.rule == "VERSION-FORWARD"
    assert waiting_delivery(signer.store) is None


def test_a_refusal_keeps_its_fields(signer: OnlineSigner) -> None:
    """The one who waits hears the same as the writer."""
    number = take_in_delivery(signer.store, signer.bundle, words(signer.bundle), NOW, Policy())

    refuse_delivery(signer.store, number, RefusedError("A-RULE", "this", "that"))

    with pytest.raises(RefusedError) as refusal:
        is_delivered(signer.store, number)
    assert (refusal.value.rule, refusal.value.found, refusal.value.wanted) == ("A-RULE", "this", "that")
