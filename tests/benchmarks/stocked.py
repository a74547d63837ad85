"""Signers with as many targets as are wanted, behind a real ceremony's release: stocked once, copied for each section.

A stock lies in a folder of its own, with nothing in it that changes any more: a copy shares the files of its shelf,
which nobody ever writes into, and has a database of its own.
"""

import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.targets_like_pypi import fill
from fakes.online_signer import online_signer
from fakes.release import Wanted

from ceremony.core.plan import Bins
from ceremony.core.policy import Policy
from ceremony.online.database_file import database_of
from ceremony.online.home import Home
from ceremony.online.key import CheckedSigner, make_key, open_signer
from ceremony.online.keyring import Keyring, Signers
from ceremony.online.publisher import Publisher
from ceremony.online.shelf import DirectoryShelf
from ceremony.online.store import Store, open_store
from ceremony.online.tables import REVISION

SCHEMES = {"Ed25519": "ed25519", "P-256": "ecdsa-sha2-nistp256"}
_BEFORE = timedelta(days=30)
_STATE = "state.json"


@dataclass(frozen=True, slots=True)
class OneKey:
    """Every publication is signed by this key: what it costs, the release says nothing about."""

    signer: CheckedSigner

    def signers(self, _publication: int) -> Signers:
        """This one."""
        return Signers(self.signer)


@dataclass(frozen=True, slots=True)
class StockedSigner:
    """A signer that has its targets, all of them published at the moment `at`."""

    home: Home
    store: Store
    publisher: Publisher
    at: datetime


def moment() -> datetime:
    """This machine's clock, at whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  # a front door, as it were


def stock(room: Path, targets: int, bins: int) -> Path:
    """A signer with so many targets in so many bins, in `room`, where it is made if there is none yet."""
    # One with tables of another version would have to be brought up first, in the middle of what is measured.
    folder = room / f"{targets}-{bins}-{REVISION}"
    if not (folder / _STATE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _make(folder, targets, bins)
    return folder


def copied(source: Path, folder: Path) -> StockedSigner:
    """A copy, in `folder`, of what `stock` made, open."""
    shelf = source / "home" / "repository"

    def copy(one: str, other: str) -> None:
        if Path(one).is_relative_to(shelf):
            os.link(one, other)
        else:
            shutil.copyfile(one, other)
            shutil.copymode(one, other)

    shutil.copytree(source / "home", folder / "home", copy_function=copy)
    # What the copy has left to do for the disk is not to be done while something is measured.
    os.sync()
    home = Home(folder / "home")
    store = open_store(database_of(home))
    publisher = Publisher(
        store, DirectoryShelf(home.repository), Keyring(home, store), Policy(), lambda _done, _total: None
    )
    at = datetime.fromisoformat(json.loads((source / _STATE).read_text("utf-8"))["at"])
    return StockedSigner(home, store, publisher, at)


def key_of_scheme(home: Home, scheme: str) -> CheckedSigner:
    """A private key in a file beside the signer's own."""
    path = home.folder / f"{scheme}.pem"
    public = make_key(path, SCHEMES[scheme])
    return open_signer(f"file2:{path.name}", public, home.folder)


def _make(folder: Path, targets: int, bins: int) -> None:
    at = moment()
    # Every bin is due when the targets are in: the first publication after that has all of them.
    began = at - _BEFORE
    made = online_signer(folder, Wanted(now=began, bins=Bins(bins, "succinct")))
    made.deliver(now=began)
    made.store.close()
    fill(made.home.database, targets, bins)
    made.publisher.publish(at)
    made.store.close()
    (folder / _STATE).write_text(json.dumps({"at": at.isoformat()}), "utf-8")
