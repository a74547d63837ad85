"""Deliveries: verified against what is trusted, durable, and harmless when repeated."""

from dataclasses import replace

import pytest
from fakes.online_signer import OnlineSigner
from fakes.release import NOW, STRANGER_KEYS, Wanted, release, sign, successor, words

from ceremony.core.policy import Policy
from ceremony.errors import RefusedError
from ceremony.online.delivery import (
    has_trust,
    is_delivered,
    is_known,
    refuse_delivery,
    take_in_delivery,
    waiting_delivery,
)


def test_a_delivery_is_published(signer: OnlineSigner) -> None:
    """It waits, and then clients can see it."""
    number = take_in_delivery(signer.store, signer.bundle, words(signer.bundle), NOW, Policy())

    assert not is_delivered(signer.store, number)
    signer.publisher.publish(NOW)
    assert is_delivered(signer.store, number)
    assert has_trust(signer.store)
    assert {"1.root.json", "1.targets.json", "1.bins.json", "timestamp.json"} <= set(signer.shelved())


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
