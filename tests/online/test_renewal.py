"""Online roles that somebody wants signed anew: asked for once, heeded once."""

from datetime import timedelta

import pytest
from fakes.online_signer import OnlineSigner
from fakes.release import NOW

from ceremony.core.policy import Policy
from ceremony.errors import StorageError
from ceremony.online.access import Grant
from ceremony.online.commit import commit_next
from ceremony.online.renewal import RENEWABLE, Wishes, ask_renewal, record_renewal, waits_anew, wanted_anew
from ceremony.online.service import publish_all, serve
from ceremony.online.store import Publication
from ceremony.online.tasks import Kind, State, stand
from ceremony.online.web.desk import Submission
from ceremony.online.web.submitting import record


def test_a_wish_waits_for_the_next_publication(signer: OnlineSigner) -> None:
    """All that wait are heeded together, and not again."""
    signer.deliver()
    with signer.store.writing() as connection:
        assert wanted_anew(connection) == Wishes()
        ask_renewal(connection, ["snapshot"], NOW)
        ask_renewal(connection, ["snapshot", "bins"], NOW)

        found = wanted_anew(connection)
        assert found.roles == {"snapshot", "bins"}
        ask_renewal(connection, ["timestamp"], NOW)
        record_renewal(connection, found, 1)

        # What was wished after the writer had looked is not lost.
        assert wanted_anew(connection).roles == {"timestamp"}


def test_the_task_succeeds_when_the_publication_is_out(signer: OnlineSigner) -> None:
    """Not before."""
    signer.deliver()
    with signer.store.writing() as connection:
        task = record(connection, Submission("ab", Kind.RENEW, Grant("ann", frozenset()), roles=("bins",)), NOW).task

    assert stand(signer.store, task.id).state is State.PENDING
    signer.publisher.publish(NOW)
    assert stand(signer.store, task.id).state is State.SUCCESS


@pytest.mark.parametrize(
    ("roles", "bins", "snapshot", "timestamp"),
    [
        (("bins",), 1, 1, 1),
        (("snapshot",), 0, 1, 1),
        (("timestamp",), 0, 0, 1),
        (("bins", "snapshot", "timestamp"), 1, 1, 1),
    ],
)
def test_what_is_wished_is_signed_anew_and_nothing_else(
    signer: OnlineSigner, roles: tuple[str, ...], bins: int, snapshot: int, timestamp: int
) -> None:
    """Every bin at its next version, and above it what clients need to find it; once, and until later than before."""
    signer.deliver()
    later = NOW + timedelta(hours=1)
    before, last = signer.store.bins(), signer.store.last_publication()
    with signer.store.writing() as connection:
        ask_renewal(connection, roles, later)

    publish_all(signer.publisher, later)

    after, found = signer.store.bins(), signer.store.last_publication()
    assert last is not None
    assert found is not None
    assert {one.version - other.version for one, other in zip(after, before, strict=True)} == {bins}
    assert all(each.expires >= other.expires for each, other in zip(after, before, strict=True))
    assert found.snapshot.version - last.snapshot.version == snapshot
    assert found.timestamp.version - last.timestamp.version == timestamp
    assert found.timestamp.expires > last.timestamp.expires
    assert not waits_anew(signer.store)


def test_a_wish_waits_until_something_was_delivered(signer: OnlineSigner) -> None:
    """And is heeded by the publication after the first."""
    with signer.store.writing() as connection:
        ask_renewal(connection, ["bins"], NOW)
    assert signer.publisher.publish(NOW) is None

    signer.deliver()
    publish_all(signer.publisher, NOW)

    assert not waits_anew(signer.store)


def test_a_kill_between_the_intent_and_its_files_changes_nothing(signer: OnlineSigner) -> None:
    """Whoever comes after makes the files of that intent, once, and the task is through."""
    signer.deliver()
    wanted = Submission("ab", Kind.RENEW, Grant("ann", frozenset()), roles=RENEWABLE)
    with signer.store.writing() as connection:
        record(connection, wanted, NOW)
    before = signer.shelved()
    later = NOW + timedelta(hours=1)
    assert commit_next(signer.store, later, Policy())
    assert stand(signer.store, "ab").state is State.STARTED
    assert signer.shelved() == before

    signer.restart()
    publish_all(signer.publisher, later + timedelta(minutes=1))

    shelved = signer.shelved()
    assert {name for name in shelved if name.startswith("2.")} == {
        "2.snapshot.json",
        *(name.replace("1.", "2.", 1) for name in before if name.startswith("1.bin-")),
    }
    assert not any(name.startswith("3.") for name in shelved)
    assert stand(signer.store, "ab").state is State.SUCCESS


def test_a_serving_signer_heeds_a_wish_soon(signer: OnlineSigner) -> None:
    """Within a poll, without anything else to do."""
    signer.deliver()
    with signer.store.writing() as connection:
        ask_renewal(connection, ["bins"], NOW)
    heard: list[int] = []

    class Visitor:
        turns = 0

        def wait(self, _timeout: float) -> bool:
            self.turns += 1
            return self.turns > 2

        rest = wait

        def published(self, publication: Publication) -> None:
            heard.append(publication.timestamp.version)

        def troubled(self, error: StorageError) -> None:
            raise error

    visitor = Visitor()
    serve(signer.publisher, lambda: NOW, visitor, visitor)

    assert heard == [2]
