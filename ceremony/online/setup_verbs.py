"""The verbs that give the signer its keys, and what keyholders signed: init, rotate-key, deliver."""

import contextlib
import re
from pathlib import Path

import click

from ceremony.core.policy import Policy
from ceremony.engine.bundle import Bundle, open_bundle
from ceremony.engine.disk import read_file
from ceremony.errors import StoppedError
from ceremony.online.clock import moment
from ceremony.online.database_file import database_of
from ceremony.online.delivery import check_delivery, delivery_of, has_trust, is_known, take_in_delivery
from ceremony.online.delivery_rows import delivered_names, is_delivered, publication_of
from ceremony.online.desk import ERR, OUT, refuse_no, say
from ceremony.online.errand import is_newest_out
from ceremony.online.foretelling import Foretold, foretell
from ceremony.online.home import Home
from ceremony.online.initialise import Wish, initialise
from ceremony.online.key_change import forget_next_key, give_up_online_key, hand_out, make_next_key
from ceremony.online.key_options import key_options, refuse_half
from ceremony.online.migrating import migrate_store
from ceremony.online.opening import opened
from ceremony.online.page import Bar, draw_caution, named
from ceremony.online.project_status import gather_projects
from ceremony.online.projects import ended_by
from ceremony.online.seeing_through import see_through
from ceremony.online.store import Store, open_store

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_WORDS_LIMIT = 4_096


@click.command(short_help="Make the online key, or point to one.")
@click.option("--repository", required=True, metavar="NAME", help="The repository that this signer serves.")
@key_options
@click.option("--shelf", metavar="URL", help="Publish into an object store: s3://BUCKET/FOLDER, gs://..., az://...")
@click.option(
    "--database",
    metavar="URL",
    help="Keep rows in a PostgreSQL: postgresql+psycopg://USER@HOST/DATABASE, without a password.",
)
@click.option("--rehearsal", is_flag=True, help="For rehearsals only; such a signer refuses real metadata.")
@click.pass_obj
def init(  # noqa: PLR0913, PLR0917  # click passes one argument for each option
    home: Home,
    repository: str,
    scheme: str,
    key_uri: str | None,
    public_key: Path | None,
    shelf: str | None,
    database: str | None,
    rehearsal: bool,  # noqa: FBT001  # click's way
) -> None:
    """Make the online key, or point to one, and write HOME/online-key.json for the ceremony."""
    if not _REPOSITORY.fullmatch(repository):
        raise click.BadParameter("a name such as packages.example.org", param_hint="--repository")
    refuse_half(key_uri, public_key)
    file = initialise(home, Wish(repository, scheme, rehearsal, key_uri, public_key, shelf, database))
    say(f"online key {file.key.keyid()}")
    say(f"Hand {home.key_file} to the ceremony: `ceremony plan --new` reads it.")


@click.command(short_help="Give the database the tables of this version, or move it.")
@click.option(
    "--to",
    "url",
    metavar="URL",
    help="Move every row into a PostgreSQL, postgresql+psycopg://USER@HOST/DATABASE; nothing may serve meanwhile.",
)
@click.pass_obj
def migrate(home: Home, url: str | None) -> None:
    """Give the database the tables of this version of the program.

    A database of one machine is migrated by whichever command comes first, after a copy of it was kept in HOME. One
    that several machines share waits for this: copy it, stop every process of an earlier version, then migrate.

    With --to, the signer goes on from a database that several machines can share; HOME/signer.db takes no more changes.
    """
    if url is not None:
        _move(home, url)
        return
    with contextlib.closing(open_store(database_of(home))) as store:
        is_changed = migrate_store(home, store)
    say("The database has the tables of this version now." if is_changed else "Nothing to do: it has them already.")


def _move(home: Home, url: str) -> None:
    # Only a signer that outgrows its machine needs what PostgreSQL needs.
    from ceremony.online.moving import move  # noqa: PLC0415

    with opened(home) as store, Bar(ERR, what="moving") as bar:
        moved = move(home, store, url, bar.watch)
    say(f"{moved.rows} rows are in {moved.name} now, and HOME/database.toml names it.")
    say(f"{home.database} takes no changes any more; keep it until the first backup of the database.")


@click.command(name="rotate-key", short_help="Make the next online key, or point to one.")
@key_options
@click.option("--again", is_flag=True, help="Make another in place of a next key that is not at work yet.")
@click.option("--lost", is_flag=True, help="The online key is lost: the next one takes over without it.")
@click.pass_obj
def rotate_key(  # noqa: PLR0913, PLR0917  # click passes one argument for each option
    home: Home,
    scheme: str,
    key_uri: str | None,
    public_key: Path | None,
    again: bool,  # noqa: FBT001  # click's way
    lost: bool,  # noqa: FBT001  # click's way
) -> None:
    """Make the next online key, or point to one, and write HOME/online-key-next.json for the ceremony.

    Nothing is published. The key is at work from the moment at which a release that names it is delivered: beside the
    online key for one publication, so that no client is refused. With --lost nothing is signed by the online key any
    more, and nothing at all until then; nothing may serve meanwhile.
    """
    refuse_half(key_uri, public_key)
    with opened(home) as store:
        identity = store.identity()
        wish = Wish(identity.key_file.repository, scheme, identity.is_rehearsal, key_uri, public_key)
        if again:
            forget_next_key(home, store)
        file = make_next_key(home, store, wish)
        if lost:
            give_up_online_key(home, store)
        hand_out(home, store)
    say(f"next online key {file.key.keyid()}")
    say(f"Hand {home.next_key_file} to a ceremony that signs root and bins; then deliver its release here.")


@click.command(short_help="Verify a sealed bundle and publish it.")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--fingerprint", metavar="WORDS", help="The 32 words that were read aloud, for scripts; no secret.")
@click.option(
    "--fingerprint-file",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    metavar="FILE",
    help="The same, from a file.",
)
@click.pass_obj
def deliver(home: Home, bundle: Path, fingerprint: str | None, fingerprint_file: Path | None) -> None:
    """Take in a sealed BUNDLE, after verifying all of it, and publish it.

    Before the first delivery nothing is trusted: the words that the keyholders read aloud have to be typed, from
    somebody's own copy and not from the stick that is being judged. Later bundles are judged by the trusted root;
    they bring root, targets, bins, other delegations or some of them, and what this signer has missed comes with them.

    Before anything is taken in you are told of projects that clients get nothing from until these upload again, and of
    those that nobody delegates to any more. At a terminal you are asked whether to go on; a script is told, and goes
    on, since keyholders have decided on it already.
    """
    found = open_bundle(bundle)
    with opened(home) as store:
        if is_known(store, found):
            see_through(home, store, lambda: is_newest_out(store))
            say("This bundle was delivered before; nothing has changed.")
            return
        is_first = not has_trust(store) and found.before is None
        typed = _typed(found, fingerprint, fingerprint_file) if is_first else ""
        files = check_delivery(store, delivery_of(found, typed), moment(), Policy())
        _agree(foretell(store, files, moment()))
        number = take_in_delivery(store, found, typed, moment(), Policy())
        see_through(home, store, lambda: is_delivered(store, number))
        hand_out(home, store)
        say(f"Delivered and published: {', '.join(delivered_names(store, number)) or 'nothing new'}.")
        _tell_of_projects(store, publication_of(store, number))


def _agree(found: Foretold) -> None:
    if found.silent:
        say(f"Caution: with this release clients get nothing of these until they upload again: {named(found.silent)}.")
    if found.gone:
        say(f"Caution: with this release no role delegates to these any more: {named(found.gone)}.")
    if found.silent or found.gone:
        refuse_no("Deliver it all the same?", "delivering")


def _tell_of_projects(store: Store, publication: int) -> None:
    projects = gather_projects(store, moment())
    claimed = {each.name for each in projects if each.is_claimed}
    moved = [name for name in ended_by(store, publication) if name in claimed]
    left = [name for name in ended_by(store, publication) if name not in {each.name for each in projects}]
    if moved:
        say(f"Claimed now, and by the online key no more: {named(moved)}.")
    if left:
        say(f"No role delegates to these any more; clients look for their targets in bins: {named(left)}.")
    draw_caution(OUT, projects)


def _typed(bundle: Bundle, fingerprint: str | None, file: Path | None) -> str:
    if fingerprint is not None:
        return fingerprint
    if file is not None:
        return read_file(file, _WORDS_LIMIT).decode("utf-8", "replace")
    say(f"Nothing is trusted yet. The bundle says that it is for {bundle.plan.repository} ({bundle.plan.id}).")
    try:
        return str(click.prompt("Type the 32 words of the fingerprint, from somebody's own copy", err=True))
    except click.Abort as error:
        raise StoppedError("the operator", "typing the fingerprint") from error
