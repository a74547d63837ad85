"""Online roles that somebody wants signed anew: asked for once, heeded once."""

from fakes.online_signer import OnlineSigner
from fakes.release import NOW

from ceremony.online.access import Grant
from ceremony.online.renewal import ask_renewal, record_renewal, wanted_anew
from ceremony.online.tasks import Kind, State, stand
from ceremony.online.web.desk import Submission
from ceremony.online.web.submitting import record


def test_a_wish_waits_for_the_next_publication(signer: OnlineSigner) -> None:
    """All that wait are heeded together, and not again."""
    signer.deliver()
    with signer.store.writing() as connection:
        assert wanted_anew(connection) == frozenset()
        ask_renewal(connection, ["snapshot"], NOW)
        ask_renewal(connection, ["snapshot", "bins"], NOW)

        assert wanted_anew(connection) == {"snapshot", "bins"}
        record_renewal(connection, 1)

        assert wanted_anew(connection) == frozenset()


def test_the_task_succeeds_when_the_publication_is_out(signer: OnlineSigner) -> None:
    """Not before."""
    signer.deliver()
    with signer.store.writing() as connection:
        task = record(connection, Submission("ab", Kind.RENEW, Grant("ann", frozenset()), roles=("bins",)), NOW).task

    assert stand(signer.store, task.id).state is State.PENDING
    with signer.store.writing() as connection:
        record_renewal(connection, 1)
    assert stand(signer.store, task.id).state is State.SUCCESS
