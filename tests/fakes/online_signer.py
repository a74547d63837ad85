"""An initialised online signer in a temporary home, with its store open."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fakes.release import NOW, REPOSITORY, Wanted, release, words
from securesystemslib.signer import Key

from ceremony.core.keys import key_of
from ceremony.core.online_key import OnlineKeyFile
from ceremony.core.policy import Policy
from ceremony.core.projects import Project
from ceremony.engine.bundle import Bundle
from ceremony.engine.rehearsal import follow_folder
from ceremony.online.database_file import database_of
from ceremony.online.delivery import take_in_delivery
from ceremony.online.home import Home
from ceremony.online.initialise import Wish, initialise
from ceremony.online.intake import Request, Ticket, add_request, take_in
from ceremony.online.key import CheckedSigner, open_signer
from ceremony.online.keyring import Keyring
from ceremony.online.publisher import Publisher
from ceremony.online.registering import Batch, register
from ceremony.online.shelf import DirectoryShelf
from ceremony.online.store import Store, open_store
from ceremony.online.uploading import Offer, Receipt, upload


@dataclass
class OnlineSigner:
    """A signer under test; `bundle` is what its ceremony sealed."""

    home: Home
    store: Store
    shelf: DirectoryShelf
    publisher: Publisher
    key_file: OnlineKeyFile
    bundle: Bundle
    scratch: Path

    @property
    def key(self) -> Key:
        """The online key."""
        return key_of(self.key_file.key.fields())

    def signer(self) -> CheckedSigner:
        """The online key, able to sign."""
        return open_signer(self.store.identity().key_uri, self.key, self.home.folder)

    def deliver(self, bundle: Bundle | None = None, now: datetime = NOW) -> None:
        """The bundle is delivered and published."""
        bundle = bundle or self.bundle
        take_in_delivery(self.store, bundle, words(bundle), now, Policy())
        self.publisher.publish(now)

    def restart(self) -> None:
        """Its keys are opened again."""
        self.publisher = replace(self.publisher, keys=Keyring(self.home, self.store))

    def ask(self, path: str, content: bytes, now: datetime = NOW) -> Ticket:
        """A change request for a target with this content, durable but not published."""
        return take_in(self.store, [self.request(path, content)], now)[0]

    def request(self, path: str, content: bytes) -> Request:
        """The request for a target whose artifact is on the shelf."""
        source = self.scratch / "artifact"
        source.write_bytes(content)
        return add_request(path, self.shelf.keep(source, path))

    def follow(self, *targets: str) -> dict[str, bytes]:
        """What the real client downloads, starting afresh from root 1. It reads this machine's own clock."""
        workspace = self.scratch / f"client-{len(list(self.scratch.glob('client-*')))}"
        return follow_folder(self.home.repository, self.bundle.files[0].encode(), workspace, targets)

    def targets(self) -> dict[str, Any]:
        """Every target that published bin-n files name, by path, as the newest timestamp leads to them."""
        newest = self._signed("timestamp.json")["meta"]["snapshot.json"]["version"]
        meta = self._signed(f"{newest}.snapshot.json")["meta"]
        bins = [f"{each['version']}.{name}" for name, each in meta.items() if name.startswith("bin-")]
        return {path: entry for name in bins for path, entry in self._signed(name)["targets"].items()}

    def stay(self, *targets: str) -> dict[str, bytes]:
        """The same for a client that has been here before and remembers all of it."""
        return follow_folder(self.home.repository, self.bundle.files[0].encode(), self.scratch / "staying", targets)

    def register(self, *projects: Project, now: datetime = NOW) -> None:
        """These projects are registered in the one role that there is for it."""
        register(self.store, Batch(REPOSITORY, projects), now)

    def upload(self, name: str, data: bytes, *contents: bytes, now: datetime = NOW) -> Receipt:
        """Metadata of this project, with files of these contents, is durable and waits."""
        metadata = self.scratch / "metadata.json"
        metadata.write_bytes(data)
        files = [self.scratch / f"upload-{number}" for number in range(len(contents))]
        for file, content in zip(files, contents, strict=True):
            file.write_bytes(content)
        return upload(self.store, self.shelf, Offer(name, metadata, tuple(files)), now)

    def shelved(self) -> dict[str, bytes]:
        """Every metadata file on the shelf, by name."""
        return {name: (self._metadata / name).read_bytes() for name in self.names()}

    def names(self) -> list[str]:
        """Of the same files: while a signer is at work, some may be gone again before anybody reads them."""
        return sorted(each.name for each in self._metadata.glob("*"))

    def leftovers(self) -> list[str]:
        """What lies half-written beside published metadata."""
        return [name for name in self.names() if name.startswith(".")]

    @property
    def _metadata(self) -> Path:
        return self.home.repository / "metadata"

    def _signed(self, name: str) -> dict[str, Any]:
        signed: dict[str, Any] = json.loads((self._metadata / name).read_bytes())["signed"]
        return signed


def online_signer(
    folder: Path,
    wanted: Wanted | None = None,
    watch: Callable[[int, int], None] = lambda _done, _total: None,
    database: str | None = None,
) -> OnlineSigner:
    """A signer for the release that is wanted, which was not delivered yet; `database` is the URL of another one."""
    wanted = wanted or Wanted()
    home = Home(folder / "home")
    key_file = initialise(home, Wish(REPOSITORY, "ecdsa-sha2-nistp256", is_rehearsal=True, database=database))
    return reopened(home, folder, release(key_file.key, wanted), key_file, watch)


def reopened(
    home: Home,
    folder: Path,
    bundle: Bundle,
    key_file: OnlineKeyFile,
    watch: Callable[[int, int], None] = lambda _done, _total: None,
) -> OnlineSigner:
    """The signer of a home that exists."""
    store, shelf = open_store(database_of(home)), DirectoryShelf(home.repository)
    publisher = Publisher(store, shelf, Keyring(home, store), Policy(), watch)
    return OnlineSigner(home, store, shelf, publisher, key_file, bundle, folder)


def lived(now: datetime, days: float) -> datetime:
    """A moment so many days after `now`."""
    return now + timedelta(days=days)
