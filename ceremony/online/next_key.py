"""The online key's successor: made before its ceremony, at work beside the old key while root changes, then alone.

A client that has the new root already takes only what the new key signed, one that has it not yet only what the old key
signed. So snapshot and timestamp bear both signatures from the publication before the delivery to the one with it, and
there is no moment at which a client is refused.

An online key that is lost signs nothing beside anybody: the next key follows it at once, and a client that comes in the
instant between the new root and its timestamp asks again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from sqlalchemy import Connection, delete, insert, inspect, select, update

from ceremony.core.bin_delegation import bin_roles
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.online_key import OnlineKeyFile, decode_online_key, encode_online_key
from ceremony.core.signed import targets_of
from ceremony.engine.disk import named, replace_file, sync_folder
from ceremony.online.home import Home
from ceremony.online.initialise import Wish, identity_for, refuse_other
from ceremony.online.leading import Leading
from ceremony.online.shelf_place import open_shelf
from ceremony.online.store import Store
from ceremony.online.tables import SIGNER, SPARE_KEYS

NEXT = "next"
FORMER = "former"
LOST = "lost:"
"""How the URI of an online key begins that never signs again; the rest is where it was."""


class Step(Enum):
    """How far a change of the online key comes with one publication."""

    NONE = 0
    BESIDE = 1
    """The next key signs snapshot and timestamp too; what names it is not published yet."""
    ALONE = 2
    """What names the next key is published, and it is the online key from now on."""


@dataclass(frozen=True, slots=True)
class SpareKey:
    """A key of this signer that is not the online key: the next one, or the former.

    `publication` is the first one that the next key signs beside the online key, None before; of the former, the last,
    None if that was lost.
    """

    key_file: OnlineKeyFile
    uri: str
    publication: int | None

    @property
    def keyid(self) -> str:
        """Its keyid."""
        return self.key_file.key.keyid()


def spare_keys(store: Store) -> Mapping[str, SpareKey]:
    """The next key under NEXT and the former under FORMER, where there are any."""
    with store.reading() as connection:
        # A database that was made before online keys could change has no such table.
        rows = connection.execute(select(SPARE_KEYS)).all() if inspect(connection).has_table(SPARE_KEYS.name) else ()
    return {
        row.place: SpareKey(decode_online_key(row.key_file, SPARE_KEYS.name), row.key_uri, row.publication)
        for row in rows
    }


def next_keyid(store: Store) -> str:
    """The keyid of the next key, "" if none was made."""
    found = spare_keys(store).get(NEXT)
    return found.keyid if found else ""


def is_lost(store: Store) -> bool:
    """True when the online key was given up, and what names the next one has not come yet."""
    return store.identity().key_uri.startswith(LOST)


def make_next_key(home: Home, store: Store, wish: Wish) -> OnlineKeyFile:
    """The key file of the next online key, made now unless it was before; `hand_out` writes it.

    Raises: RefusedError (SIGNER-UNCHANGED) if it is another one than is wished for; StorageError; SettingsError;
    TamperedError if the key does not sign as its public half says.
    """
    found = spare_keys(store).get(NEXT)
    if found is not None:
        refuse_other(wish.repository, found.uri, wish, is_rehearsal=wish.is_rehearsal)
        return found.key_file
    made = identity_for(home, wish, home.free_private_key())
    row = {"place": NEXT, "key_uri": made.key_uri, "key_file": encode_online_key(made.key_file), "publication": None}
    with store.writing() as connection:
        SPARE_KEYS.create(connection, checkfirst=True)
        connection.execute(insert(SPARE_KEYS).values(row))
    return made.key_file


def forget_next_key(home: Home, store: Store) -> None:
    """There is no next key; a release that names it is refused from now on. Its private half stays where it is.

    An online key that was given up is the online key again.
    Raises: StorageError, EBUSY while another process publishes: it might be about to sign with that key.
    """
    if NEXT in spare_keys(store):
        with Leading(home, store, open_shelf(home)).writing(), store.writing() as connection:
            connection.execute(delete(SPARE_KEYS).where(SPARE_KEYS.c.place == NEXT))
            connection.execute(update(SIGNER).values(key_uri=store.identity().key_uri.removeprefix(LOST)))


def give_up_online_key(home: Home, store: Store) -> None:
    """The online key is lost: the next key, which there is, signs alone from the release on that names it.

    A publication that the lost key has not finished never comes; the next one has what was in it.
    Raises: StorageError, EBUSY while another process publishes.
    """
    shelf = open_shelf(home)
    with Leading(home, store, shelf).writing():
        last = store.last_publication()
        if last is not None and not last.is_published:
            data = shelf.read(f"{last.snapshot.version}.snapshot.json") or b""
            store.mark_published(last.number, max(1, len(data)), sha256(data).hexdigest())
        uri = store.identity().key_uri.removeprefix(LOST)
        with store.writing() as connection:
            connection.execute(update(SIGNER).values(key_uri=f"{LOST}{uri}"))


def hand_out(home: Home, store: Store) -> None:
    """The key files in the home are those of the online key and of the next one, if there is one.

    Raises: StorageError.
    """
    replace_file(home.key_file, encode_online_key(store.identity().key_file))
    found = spare_keys(store).get(NEXT)
    if found is not None:
        replace_file(home.next_key_file, encode_online_key(found.key_file))
        return
    with named(home.next_key_file):
        home.next_key_file.unlink(missing_ok=True)
        sync_folder(home.folder)


def step_of(store: Store, files: Iterable[MetadataFile]) -> Step:
    """What has to happen to the online key before these files, about to be trusted, may be published, or with them."""
    found = spare_keys(store).get(NEXT)
    bins = next((each for each in files if each.role == "bins"), None)
    if found is None or bins is None or bin_roles(targets_of(bins))[0].keyids != [found.keyid]:
        return Step.NONE
    is_beside = found.publication is not None or store.last_publication() is None or is_lost(store)
    return Step.ALONE if is_beside else Step.BESIDE


def record_step(connection: Connection, step: Step, publication: int) -> None:
    """This step comes with this publication."""
    is_next = SPARE_KEYS.c.place == NEXT
    if step is Step.BESIDE:
        connection.execute(update(SPARE_KEYS).where(is_next).values(publication=publication))
    if step is Step.ALONE:
        online = connection.execute(select(SIGNER)).one()
        coming = connection.execute(select(SPARE_KEYS).where(is_next)).one()
        last = None if online.key_uri.startswith(LOST) else publication
        former = {"key_uri": online.key_uri, "key_file": online.key_file, "publication": last}
        connection.execute(delete(SPARE_KEYS))
        connection.execute(insert(SPARE_KEYS).values(place=FORMER, **former))
        connection.execute(update(SIGNER).values(key_uri=coming.key_uri, key_file=coming.key_file))
