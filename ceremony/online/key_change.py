"""What an operator does about the online key's successor: makes it, forgets it, hands it out, gives the old one up."""

from hashlib import sha256

from sqlalchemy import delete, insert, update

from ceremony.core.online_key import OnlineKeyFile, encode_online_key
from ceremony.engine.disk import named, replace_file, sync_folder
from ceremony.online.home import Home
from ceremony.online.initialise import Wish, identity_for, refuse_other
from ceremony.online.leading import Leading
from ceremony.online.next_key import LOST, NEXT, spare_keys
from ceremony.online.shelf_place import open_shelf
from ceremony.online.store import Store
from ceremony.online.tables import SIGNER, SPARE_KEYS


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
