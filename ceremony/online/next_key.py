"""The online key's successor: made before its ceremony, and at work from the publication that brings what names it.

A client that has the new root takes only what the new key signed, one that has it not yet only what the old key signed.
So snapshot and timestamp of that publication bear both signatures, and its root appears after its timestamp: there is
no moment at which a client is refused. What both keys sign leads to bins that name the new key, and to no others: below
anything that the old key alone vouches for, whoever has stolen it could forge for clients that have the new root.

An online key that is lost signs nothing beside anybody: the next key follows it at once, and a client that comes in the
instant between the new root and its timestamp asks again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, inspect, select, update

from ceremony.core.bin_delegation import bin_roles
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.online_key import OnlineKeyFile, decode_online_key
from ceremony.core.signed import targets_of
from ceremony.online.store import Store
from ceremony.online.tables import SIGNER, SPARE_KEYS

NEXT = "next"
FORMER = "former"
LOST = "lost:"
"""How the URI of an online key begins that never signs again; the rest is where it was."""


@dataclass(frozen=True, slots=True)
class SpareKey:
    """A key of this signer that is not the online key: the next one, or the former.

    `publication` is the one that the former signs beside the online key, the last that it signs at all; None if it was
    lost, and of the next key.
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


def names_next_key(store: Store, files: Iterable[MetadataFile]) -> bool:
    """True when these files, about to be trusted, make the next key the online key."""
    found = spare_keys(store).get(NEXT)
    bins = next((each for each in files if each.role == "bins"), None)
    return found is not None and bins is not None and bin_roles(targets_of(bins))[0].keyids == [found.keyid]


def record_change(connection: Connection, publication: int) -> None:
    """The next key is the online key from this publication on; the former signs snapshot and timestamp of it, too."""
    online = connection.execute(select(SIGNER)).one()
    coming = connection.execute(select(SPARE_KEYS).where(SPARE_KEYS.c.place == NEXT)).one()
    last = None if online.key_uri.startswith(LOST) else publication
    former = {"key_uri": online.key_uri, "key_file": online.key_file, "publication": last}
    connection.execute(delete(SPARE_KEYS))
    connection.execute(insert(SPARE_KEYS).values(place=FORMER, **former))
    connection.execute(update(SIGNER).values(key_uri=coming.key_uri, key_file=coming.key_file))
