"""A publication window: many changes cost one snapshot; releases do not wait, nor does whoever stops a signer."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fakes.online_signer import OnlineSigner
from fakes.release import Then, following, words

from ceremony.core.policy import Policy
from ceremony.errors import StorageError
from ceremony.online.delivery import take_in_delivery
from ceremony.online.figures import Figures, read_store
from ceremony.online.intake import waiting_count
from ceremony.online.service import serve
from ceremony.online.store import Publication
from ceremony.online.supervisor import Supervisor
from ceremony.online.trouble import TroubleNote
from ceremony.online.watched import WatchedPause, WatchedWriter


@dataclass
class _Visitor:
    """Hears of publications, and acts whenever the signer sleeps; it asks the signer to stop when it is told to."""

    act: Callable[[int], bool]
    out: list[Publication] = field(default_factory=list)
    turns: int = 0

    def wait(self, timeout: float) -> bool:
        """True when it is time to stop."""
        self.turns += 1
        time.sleep(min(timeout, 0.02))
        return self.act(self.turns)

    def rest(self, timeout: float) -> bool:
        """The same."""
        return self.wait(timeout)

    def published(self, publication: Publication) -> None:
        """This is out."""
        self.out.append(publication)

    def troubled(self, error: StorageError) -> None:
        """Nothing here goes wrong."""
        raise error


def test_what_comes_within_a_window_is_published_together(living: OnlineSigner, moment: datetime) -> None:
    """Twenty changes in less than a second, a window of one: the first at once, the others as one."""

    def act(turn: int) -> bool:
        if turn <= 20:
            living.ask(f"demo/{turn}", b"content", moment)
        firsts.append(len(visitor.out))
        return turn > 20 and len(visitor.out) > 1 and not waiting_count(living.store)

    firsts: list[int] = []
    visitor = _Visitor(act)
    began = time.monotonic()
    serve(living.publisher, lambda: moment, visitor, visitor, timedelta(seconds=1))

    assert firsts[:2] == [0, 1], "nothing was published for long: the first change does not wait"
    # On a machine that is slow today the twenty take more than one window.
    assert len(visitor.out) <= 2 + (time.monotonic() - began)
    living.follow("demo/1", "demo/20")


def test_a_release_does_not_wait_for_the_window(living: OnlineSigner, moment: datetime) -> None:
    """Keyholders may be ending an emergency; what waits comes along."""
    living.ask("demo/1", b"content", moment)

    def act(turn: int) -> bool:
        if turn == 2:
            living.ask("demo/2", b"content", moment)
        if turn == 4:
            bundle = following(living.bundle, Then(roles=("root",), now=moment))
            take_in_delivery(living.store, bundle, words(bundle), moment, Policy())
        return len(visitor.out) == 2

    visitor = _Visitor(act)
    began = time.monotonic()
    serve(living.publisher, lambda: moment, visitor, visitor, timedelta(hours=1))

    assert time.monotonic() - began < 60
    assert "2.root.json" in living.shelved()


def test_a_signer_that_is_stopped_drains_whatever_its_window(living: OnlineSigner, moment: datetime) -> None:
    """What was acknowledged is published."""
    living.ask("demo/1", b"content", moment)

    def act(turn: int) -> bool:
        if turn == 2:
            living.ask("demo/2", b"content", moment)
        return turn == 5

    visitor = _Visitor(act)
    serve(living.publisher, lambda: moment, visitor, visitor, timedelta(hours=1))

    living.follow("demo/1", "demo/2")


def test_a_watched_writer_is_timed_and_counted(living: OnlineSigner, moment: datetime) -> None:
    """Each publication is one in the figures; a sleep is a beat."""
    figures = Figures(lambda: read_store(living.store, moment))
    supervisor = Supervisor({})
    writer = WatchedWriter(living.publisher, figures, supervisor, TroubleNote(living.home.folder))
    visitor = _Visitor(lambda turn: turn > 2)
    living.ask("demo/1", b"content", moment)
    assert "ceremony_waiting_changes 1.0" in figures.text()[0].decode()

    serve(writer, lambda: moment, WatchedPause(visitor, supervisor), visitor)

    text = figures.text()[0].decode()
    assert "ceremony_publications_total 1.0" in text
    assert "ceremony_publication_seconds_count 1.0" in text
    assert "ceremony_waiting_changes 0.0" in text
    assert 'ceremony_role_expires_seconds{role="root"}' in text
