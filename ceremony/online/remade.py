"""Every metadata file that clients may ask for, made again from the database: the shelf is held against it.

No private key is needed for that: payloads are rendered, and signatures verified with public halves.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import NoReturn

from securesystemslib.signer import Key, SecretsHandler, Signer

from ceremony.core.bin_delegation import bin_names
from ceremony.core.keys import key_of
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.online_key import OnlineKeyFile
from ceremony.core.plan import instant_text
from ceremony.core.signed import root_of, targets_of
from ceremony.core.tree import Tree
from ceremony.online.bins import render_bin, render_snapshot, render_timestamp
from ceremony.online.key import CheckedSigner
from ceremony.online.keyring import Signers, keys_at
from ceremony.online.listing import listed, role_editions
from ceremony.online.next_key import spare_keys
from ceremony.online.project_files import published_uploads
from ceremony.online.projects import delegated_projects, render_role
from ceremony.online.store import Publication, Store

TIMESTAMP = "timestamp.json"


@dataclass(frozen=True, slots=True)
class Remade:
    """What the shelf holds after the publication `last`, which is out, if it holds what it should.

    Files of keyholders and projects bear their signatures; those of the online key bear none, and `signers` tells one.
    """

    store: Store
    last: Publication
    tree: Tree
    signers: Signers

    @property
    def count(self) -> int:
        """How many files there are."""
        others = sum(1 for _ in self.signed()) + len(self.tree.online) + len((self.snapshot, self.timestamp))
        return others + len(self.store.bins())

    def files(self) -> Iterator[MetadataFile]:
        """All of them, in the order in which they may be put on the shelf."""
        yield from self.bins()
        yield from self.roles()
        yield from self.signed()
        yield self.snapshot()
        yield self.timestamp()

    def signed(self) -> Iterator[MetadataFile]:
        """What keyholders and projects signed: every root, and all else at its newest version."""
        yield from (each.file for _, each in sorted(published_uploads(self.store).items()))
        yield from (self.tree.files[role] for role in self.tree.offline if role != "root")
        # Of many roots the one that clients ask for first comes last: they see the whole chain, or nothing of it.
        yield from reversed(self.store.trusted_roots())

    def bins(self) -> Iterator[MetadataFile]:
        """Every bin, by number."""
        editions = self.store.bins()
        names = bin_names(len(editions))
        for number, fragments in self.store.fragments(range(len(editions))):
            version, expires = editions[number].version, instant_text(editions[number].expires)
            yield MetadataFile(names[number], version, render_bin(version, expires, fragments))

    def roles(self) -> Iterator[MetadataFile]:
        """The roles before bins that the online key signs."""
        editions = role_editions(self.store)
        for role in self.tree.online:
            version, projects = editions[role].version, delegated_projects(self.store, role)
            yield MetadataFile(role, version, render_role(version, editions[role].expires, projects))

    def snapshot(self) -> MetadataFile:
        """The snapshot."""
        version, expires = self.last.snapshot.version, instant_text(self.last.snapshot.expires)
        return MetadataFile("snapshot", version, render_snapshot(version, expires, listed(self.store)))

    def timestamp(self) -> MetadataFile:
        """The timestamp, over the snapshot's file as it was published."""
        last = self.last
        version, expires = last.timestamp.version, instant_text(last.timestamp.expires)
        payload = render_timestamp(version, expires, last.snapshot.version, last.snapshot_length, last.snapshot_sha256)
        return MetadataFile("timestamp", version, payload)

    def is_named(self, snapshot: bytes) -> bool:
        """True when this is the file of the snapshot that the timestamp names."""
        named = (self.last.snapshot_length, self.last.snapshot_sha256)
        return (len(snapshot), sha256(snapshot).hexdigest()) == named

    def keys(self) -> Mapping[str, Key]:
        """Every key that keyholders or projects may have signed a file with, by keyid."""
        found: dict[str, Key] = {}
        for each in self.store.trusted_roots():
            found |= root_of(each).keys
        delegators: Iterable[MetadataFile] = (
            *(self.tree.files[role] for role in self.tree.offline if role != "root"),
            *self.roles(),
        )
        for each in delegators:
            delegations = targets_of(each).delegations
            found |= delegations.keys if delegations else {}
        return found

    def is_signed(self, file: MetadataFile, role: str) -> bool:
        """True when every online key that has to sign this role has signed this file."""
        return all(each.has_signed(file) for each in self.signers.of(role))


def remade(store: Store) -> Remade | None:
    """What the shelf should hold; None while a publication is under way, and before the first.

    Raises: StorageError; TamperedError.
    """
    last = store.last_publication()
    if last is None or not last.is_published:
        return None
    online, *beside = [_verifier(*each) for each in keys_at(store, last.number)]
    return Remade(store, last, store.tree(), Signers(online, tuple(beside)))


def known_signers(store: Store) -> tuple[CheckedSigner, ...]:
    """Every online key that this database knows, the next and the former too; none of them can sign.

    Raises: StorageError; TamperedError.
    """
    identity = store.identity()
    others = [(each.uri, each.key_file) for each in spare_keys(store).values()]
    return tuple(_verifier(*each) for each in ((identity.key_uri, identity.key_file), *others))


def is_by_one_of(signers: Iterable[CheckedSigner], file: MetadataFile) -> bool:
    """True when one of these keys has signed this file."""
    return any(each.has_signed(file) for each in signers)


def _verifier(uri: str, file: OnlineKeyFile) -> CheckedSigner:
    key = key_of(file.key.fields())
    return CheckedSigner(_PublicHalf(key), key, uri)


def name_of(file: MetadataFile) -> str:
    """Under which name clients ask for this file."""
    return TIMESTAMP if file.role == "timestamp" else file.name


class _PublicHalf(Signer):
    """A key that verifies, and cannot sign."""

    def __init__(self, key: Key) -> None:
        self._key = key

    @property
    def public_key(self) -> Key:
        return self._key

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None
    ) -> NoReturn:
        raise NotImplementedError(priv_key_uri, public_key, secrets_handler)

    def sign(self, payload: bytes) -> NoReturn:
        raise NotImplementedError(len(payload))
