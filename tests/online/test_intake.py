"""Requests become durable change requests, once."""

from dataclasses import replace

import pytest
from fakes.online_signer import OnlineSigner
from fakes.release import NOW

from ceremony.errors import RefusedError
from ceremony.online.intake import Request, add_request, are_published, remove_request, take_in, waiting_count
from ceremony.online.shelf import Artifact

ARTIFACT = Artifact(1, "00" * 32)


def test_a_request_is_waiting_until_it_is_published(signer: OnlineSigner) -> None:
    """Acknowledged first, visible later."""
    signer.deliver()

    ticket = signer.ask("demo", b"one")

    assert waiting_count(signer.store) == 1
    assert not are_published(signer.store, [ticket])
    signer.publisher.publish(NOW)
    assert waiting_count(signer.store) == 0
    assert are_published(signer.store, [ticket])


def test_repeating_a_request_is_harmless(signer: OnlineSigner) -> None:
    """It is the same change request, before its publication and after."""
    signer.deliver()
    first = signer.ask("demo", b"one")

    second = signer.ask("demo", b"one")
    signer.publisher.publish(NOW)
    third = signer.ask("demo", b"one")

    assert {first.number} == {second.number, third.number}
    assert (first.is_repeated, second.is_repeated, third.is_repeated) == (False, True, True)
    assert waiting_count(signer.store) == 0


def test_asking_again_after_something_else_is_no_repetition(signer: OnlineSigner) -> None:
    """One, two, and one again are three changes."""
    signer.deliver()
    signer.ask("demo", b"one")
    signer.ask("demo", b"two")

    again = signer.ask("demo", b"one")

    assert not again.is_repeated
    assert waiting_count(signer.store) == 3


def test_asking_on_an_occasion_is_no_repetition_but_of_itself(signer: OnlineSigner) -> None:
    """What is there may no longer be what was asked for."""
    signer.deliver()
    plain = signer.request("demo", b"one")
    take_in(signer.store, [plain], NOW)
    signer.publisher.publish(NOW)

    asked = [take_in(signer.store, [replace(plain, occasion=word)], NOW)[0] for word in ("first", "first", "second")]

    assert [each.is_repeated for each in asked] == [False, True, False]
    assert waiting_count(signer.store) == 2


def test_a_target_that_only_waits_can_be_removed(signer: OnlineSigner) -> None:
    """What counts is how things stand when all that waits is published."""
    signer.deliver()
    signer.ask("demo", b"one")

    take_in(signer.store, [remove_request("demo")], NOW)

    with pytest.raises(RefusedError) as refusal:
        take_in(signer.store, [remove_request("other")], NOW)
    assert refusal.value.rule == "TARGET-PRESENT"


def test_a_published_target_can_be_removed_when_its_requests_are_forgotten(signer: OnlineSigner) -> None:
    """The table of targets decides where no change request is known."""
    signer.deliver()
    signer.ask("demo", b"one")
    signer.publisher.publish(NOW)
    with signer.store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM changes")

    take_in(signer.store, [remove_request("demo")], NOW)

    assert waiting_count(signer.store) == 1


def test_nothing_is_taken_in_when_one_of_many_is_refused(signer: OnlineSigner) -> None:
    """All of them, or none."""
    signer.deliver()

    with pytest.raises(RefusedError):
        take_in(signer.store, [add_request("demo", ARTIFACT), remove_request("other")], NOW)

    assert waiting_count(signer.store) == 0


def test_contradicting_requests_are_refused(signer: OnlineSigner) -> None:
    """One command names one path twice."""
    signer.deliver()

    with pytest.raises(RefusedError) as refusal:
        take_in(signer.store, [add_request("demo", ARTIFACT), Request("demo", None)], NOW)

    assert refusal.value.rule == "PATH-ONCE"


def test_before_the_first_delivery_nothing_is_taken_in(signer: OnlineSigner) -> None:
    """There is no bin to put it in."""
    with pytest.raises(RefusedError) as refusal:
        signer.ask("demo", b"one")

    assert refusal.value.rule == "DELIVERED-FIRST"


@pytest.mark.parametrize("path", ["", "/etc/passwd", "a/../b", "a//b", "a\\b", 'a"b', "a\x00b", "x" * 300, "a?b"])
def test_a_path_that_clients_could_misread_is_refused(path: str) -> None:
    """Whether it is added or removed."""
    with pytest.raises(RefusedError):
        add_request(path, ARTIFACT)
    with pytest.raises(RefusedError):
        remove_request(path)
