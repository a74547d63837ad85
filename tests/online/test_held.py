"""Held change requests: durable at once, judged at once, in line when somebody asks for it."""

from collections.abc import Sequence

import pytest
from fakes.online_signer import OnlineSigner
from fakes.release import NOW

from ceremony.errors import RefusedError
from ceremony.online.access import Grant
from ceremony.online.intake import Request, remove_request, take_in, waiting_count
from ceremony.online.tasks import Kind, State, stand
from ceremony.online.web.desk import Submission
from ceremony.online.web.submitting import record

ANN = Grant("ann", frozenset())


def ask(signer: OnlineSigner, task_id: str, kind: Kind, requests: Sequence[Request], *, is_held: bool) -> None:
    """The submission is durable."""
    with signer.store.writing() as connection:
        record(connection, Submission(task_id, kind, ANN, tuple(requests), is_held=is_held), NOW)


def test_what_is_held_is_judged_when_it_comes(signer: OnlineSigner) -> None:
    """Together with what is held before it."""
    signer.deliver()
    with pytest.raises(RefusedError) as refusal:
        ask(signer, "a", Kind.REMOVE, [remove_request("demo")], is_held=True)
    assert refusal.value.rule == "TARGET-PRESENT"

    ask(signer, "b", Kind.ADD, [signer.request("demo", b"one")], is_held=True)
    ask(signer, "c", Kind.REMOVE, [remove_request("demo")], is_held=True)

    assert waiting_count(signer.store) == 0
    assert stand(signer.store, "b").state is State.PENDING


def test_what_was_held_comes_before_what_is_asked_later(signer: OnlineSigner) -> None:
    """And both tasks end well."""
    signer.deliver()
    ask(signer, "a", Kind.ADD, [signer.request("demo", b"one")], is_held=True)
    ask(signer, "b", Kind.REMOVE, [remove_request("demo")], is_held=False)

    signer.publisher.publish(NOW)

    assert signer.targets() == {}
    assert {stand(signer.store, each).state for each in "ab"} == {State.SUCCESS}


def test_a_held_removal_of_what_has_gone_since_is_done(signer: OnlineSigner) -> None:
    """Nobody is kept from publishing the rest."""
    signer.deliver()
    take_in(signer.store, [signer.request("demo", b"one")], NOW)
    ask(signer, "a", Kind.REMOVE, [remove_request("demo")], is_held=True)
    ask(signer, "b", Kind.ADD, [signer.request("other", b"two")], is_held=True)
    take_in(signer.store, [remove_request("demo")], NOW)

    ask(signer, "c", Kind.PUBLISH, [], is_held=False)
    signer.publisher.publish(NOW)

    assert signer.targets().keys() == {"other"}
    assert {stand(signer.store, each).state for each in "abc"} == {State.SUCCESS}
