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
