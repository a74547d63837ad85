"""What a story of stolen keys needs: a signer with a target, its ceremonies, and the clients and thieves around it.

story.hold(Then(roles=("root", "bins"), online=story.next_key()))    # a ceremony replaces the online key
story.thief("ann").forge(TARGET, FORGED, FAR_AHEAD, "targets")       # ann's first key and the first online key
story.download(story.client(2))                                     # from the genuine repository
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from fakes.online_signer import OnlineSigner, online_signer
from fakes.release import DEVICE_KEYS, REPOSITORY, Then, Wanted, following
from fakes.thief import Thief, stolen
from fakes.visiting_client import VisitingClient
from tuf.api.metadata import Metadata, Snapshot, Timestamp

from ceremony.core.plan import OnlineKey
from ceremony.core.policy import Policy
from ceremony.engine.bundle import Bundle
from ceremony.online.delivery import take_in_delivery
from ceremony.online.initialise import Wish
from ceremony.online.key_change import give_up_online_key, make_next_key
from ceremony.online.service import publish_all

TARGET = "demo-1.0.txt"
GENUINE = b"hello"
FORGED = b"malware"
FAR_AHEAD = 10**9
"""A version that the genuine repository never comes to."""


@dataclass
class Story:
    """A signer with a target, its last release, and clients and thieves, each with a folder of its own."""

    signer: OnlineSigner
    release: Bundle
    moment: datetime
    folder: Path

    def next_key(self, *, is_given_up: bool = False) -> OnlineKey:
        """The signer's next key, which nothing names yet; the online key never signs again if it is given up."""
        wish = Wish(REPOSITORY, "ecdsa-sha2-nistp256", is_rehearsal=True)
        made = make_next_key(self.signer.home, self.signer.store, wish)
        if is_given_up:
            give_up_online_key(self.signer.home, self.signer.store)
        return made.key

    def take_in(self, then: Then) -> None:
        """The release of the next ceremony waits at the signer."""
        self.release = following(self.release, replace(then, now=self.moment))
        take_in_delivery(self.signer.store, self.release, "", self.moment, Policy())
        self.signer.restart()

    def hold(self, then: Then) -> None:
        """The release of the next ceremony is published."""
        self.take_in(then)
        publish_all(self.signer.publisher, self.moment)

    def thief(self, *names: str) -> Thief:
        """One who has these people's first keys and the first online key, and a mirror of what is published now."""
        keys = [*(DEVICE_KEYS[name] for name in names), stolen(self.signer.home.private_key)]
        found = Thief(self.repository, self._new("mirror"), keys)
        found.copy()
        return found

    def client(self, root: int = 1) -> VisitingClient:
        """One that has been nowhere yet; it was given the genuine root of this version."""
        return VisitingClient(self.root(root), self._new("client"))

    def root(self, version: int) -> bytes:
        """The genuine root of this version."""
        return self.signer.shelved()[f"{version}.root.json"]

    @property
    def repository(self) -> Path:
        """The folder of the genuine repository."""
        return self.signer.home.repository

    def download(self, client: VisitingClient) -> bytes:
        """What this client gets from there."""
        return client.download(self.repository, TARGET)

    def listed(self) -> list[str]:
        """The names of the files that the newest snapshot leads to."""
        shelved = self.signer.shelved()
        newest = Metadata[Timestamp].from_bytes(shelved["timestamp.json"]).signed.snapshot_meta.version
        snapshot = Metadata[Snapshot].from_bytes(shelved[f"{newest}.snapshot.json"]).signed
        return [f"{each.version}.{name}" for name, each in snapshot.meta.items()]

    def _new(self, what: str) -> Path:
        folder = self.folder / f"{what}-{len(list(self.folder.glob(f'{what}-*')))}"
        folder.mkdir()
        return folder


def attacked(folder: Path, wanted: Wanted, moment: datetime) -> Story:
    """The first release is published, with a target, and nothing is stolen yet; `moment` is a real client's now."""
    signer = online_signer(folder, replace(wanted, now=moment))
    signer.deliver(now=moment)
    signer.ask(TARGET, GENUINE, moment)
    signer.publisher.publish(moment)
    return Story(signer, signer.bundle, moment, folder)
