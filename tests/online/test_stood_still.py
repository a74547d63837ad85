"""A writer that stands still while another takes over is told so wherever it wakes up, and writes nothing any more."""

import contextlib
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from fakes.at_step import at_step
from fakes.online_signer import OnlineSigner, reopened
from fakes.release import NOW
from sqlalchemy import update

from ceremony.errors import StorageError
from ceremony.online import leading
from ceremony.online.home import Home
from ceremony.online.leading import Leading
from ceremony.online.renewal import BINS, ask_renewal
from ceremony.online.service import publish_all, serve
from ceremony.online.shared_changes import RememberedContents
from ceremony.online.shelf import DirectoryShelf
from ceremony.online.store import Store
from ceremony.online.tables import LEASE

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

_STEPS = {
    "prepare": DirectoryShelf,
    "read": DirectoryShelf,
    "put": DirectoryShelf,
    "bins": RememberedContents,
    "mark_published": Store,
}
"""What a publication asks outside of its transactions: within one, nobody else can take the lease."""


@dataclass
class Another:
    """Another machine, with a home of its own, for the same database and shelf."""

    first: OnlineSigner
    elsewhere: Path
    left: dict[str, bytes] = field(default_factory=dict)

    @property
    def took_over(self) -> bool:
        """True when it has, and left something on the shelf."""
        return bool(self.left)

    def take_over(self) -> None:
        """The lease of the first has ended, and this one has finished what it left, and gone on."""
        found = reopened(self.first.home, self.first.scratch, self.first.bundle, self.first.key_file)
        self.elsewhere.mkdir()
        with contextlib.closing(found.store):
            # The first may renew its lease just then.
            while not self._has_gone_on(found):
                pass
        self.left |= self.first.shelved()

    def _has_gone_on(self, found: OnlineSigner) -> bool:
        with found.store.writing() as connection:
            connection.execute(update(LEASE).values(until=0))
        with Leading(Home(self.elsewhere), found.store, found.shelf).trying_to_write() as is_writer:
            if is_writer:
                publish_all(found.publisher, NOW)
                for name in ("later", "last"):
                    found.ask(name, b"content")
                    publish_all(found.publisher, NOW)
            return is_writer


class Impatient:
    """Who waits for hardly anything, and never says stop."""

    def wait(self, _timeout: float) -> bool:
        """False, after a moment."""
        time.sleep(0.01)
        return False

    def rest(self, _timeout: float) -> bool:
        """False: whatever was refused is tried again."""
        return False


class Silent:
    """Who hears of everything, and says nothing."""

    def published(self, publication: object) -> None:
        """Nothing is said."""

    def troubled(self, error: object) -> None:
        """Nothing is said."""


@pytest.mark.parametrize("is_quick", [True, False])
def test_wherever_it_stood_still_it_is_told_that_another_publishes(
    signer: OnlineSigner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_quick: bool
) -> None:
    """Never that its shelf is damaged or its database old: what it finds there is the other's, and as it should be."""
    # The lease is renewed, and its loss noticed, within a moment.
    monkeypatch.setattr(leading, "LEASE_SECONDS", 0.2)
    signer.deliver()
    stood_still = []
    for number in count(1):
        another = Another(signer, tmp_path / f"elsewhere {number}")
        with Leading(signer.home, signer.store, signer.shelf).writing():
            # The first of two goes the long way, and what it leaves is remembered with the second.
            for name in ("one", "two"):
                signer.ask(name, b"content")
                signer.publisher.publish(NOW)
            signer.ask(f"target {number}", b"content")
            if not is_quick:
                with signer.store.writing() as connection:
                    ask_renewal(connection, [BINS], NOW)
            with at_step(monkeypatch, _STEPS, number, another.take_over) as begun, contextlib.suppress(StorageError):
                signer.publisher.publish(NOW)
            if not another.took_over:
                break
            with pytest.raises(StorageError) as caught:
                serve(signer.publisher, lambda: NOW, Impatient(), Silent())
        stood_still.append(begun[-1])
        assert (begun, caught.value.reason) == (begun, "ESTALE")
        assert signer.shelved() == another.left

    assert {*stood_still} == {*_STEPS} - ({"prepare"} if is_quick else {"bins"})
