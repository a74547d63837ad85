"""The verbs that look after a signer: check, prune, backup, restore."""

import sys
from datetime import timedelta
from pathlib import Path

import click

from ceremony.online.backup import back_up
from ceremony.online.clock import moment
from ceremony.online.desk import ERR, OUT, say
from ceremony.online.errand import leading_of, publisher_of
from ceremony.online.home import Home
from ceremony.online.opening import opened
from ceremony.online.page import Bar
from ceremony.online.restoring import Terms, restore
from ceremony.online.self_check import Walk, keep_outcome
from ceremony.online.settings import load_signer_settings
from ceremony.online.shelf import DirectoryShelf
from ceremony.online.shelf_check import ShelfCheck, check_shelf
from ceremony.online.shelf_page import draw_check, draw_target_check
from ceremony.online.shelf_place import open_shelf, place_of
from ceremony.online.shelf_repair import repair_shelf
from ceremony.online.store import Store
from ceremony.online.sweep import sweep
from ceremony.online.target_files import check_target_files, sweep_target_files

_HOUR = timedelta(hours=1)


@click.command(short_help="Hold the shelf against the database.")
@click.option("--repair", is_flag=True, help="Put right what is missing or damaged; nothing may serve meanwhile.")
@click.option("--targets", is_flag=True, help="Read the content of every target on the shelf too.")
@click.pass_obj
def check(home: Home, repair: bool, targets: bool) -> None:  # noqa: FBT001  # click's way
    """Hold every file that clients may ask for against the database, then follow all of it with the real client.

    Exit status 1 if anything is wrong. With --repair, what is missing or damaged is made again from the database; what
    clients may have taken is never replaced by other bytes.
    """
    if targets:
        _folder_shelf(home)
    with opened(home) as store:
        found = _repaired(home, store) if repair else _checked(home, store)
        draw_check(OUT, found)
        is_good = found.is_good and _followed(home, store)
        if targets:
            is_good = _targets_checked(home, store) and is_good
    sys.exit(0 if is_good else 1)


@click.command(short_help="Delete superseded metadata.")
@click.option(
    "--hours", type=click.IntRange(1, 8_784), help="Keep what timestamps of so many hours lead to; else as in settings."
)
@click.option("--removed-targets", is_flag=True, help="The content of targets removed or replaced before that, too.")
@click.pass_obj
def prune(home: Home, hours: int | None, removed_targets: bool) -> None:  # noqa: FBT001  # click's way
    """Delete bins, snapshots and delegated metadata that no recent timestamp leads to; roots never.

    A serving signer does it by itself. It may be interrupted at any moment.
    """
    settings = load_signer_settings(home.folder)
    retention = settings.retention if hours is None else hours * _HOUR
    if removed_targets:
        _folder_shelf(home)
    with opened(home) as store:
        files = sweep(store, place_of(open_shelf(home)), moment(), retention)
        say(f"{files} superseded metadata files deleted; kept is what led to a target within {retention // _HOUR} h.")
        if removed_targets:
            contents = sweep_target_files(store, home.repository / "targets", moment(), retention)
            say(f"{contents} files of removed targets deleted.")


@click.command(short_help="Copy the database, also while it is used.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def backup(home: Home, file: Path) -> None:
    """Copy the database as it is at one moment into a new FILE, also while the signer serves, and verify the copy.

    No private key is in it; it names the keys. It holds everything else of a signer, but for HOME's settings.
    """
    _refuse_shared(home)
    with opened(home), Bar(ERR, what="copying") as bar:
        found = back_up(home.database, file.absolute(), bar.watch)
    say(f"{file}: publication {found.publication}, timestamp {found.timestamp}.")
    say(f"Not in it, and to be kept apart: {', '.join(found.key_uris)}.")


@click.command(name="restore", short_help="Go on from a backup.")
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@click.option(
    "--skip",
    type=click.IntRange(0, 1_000_000_000),
    metavar="N",
    help="Nothing is left of what was published, which was N publications since the backup at most.",
)
@click.option("--lose-changes", is_flag=True, help="Bins that are not on the shelf go back to what the backup has.")
@click.pass_obj
def restore_verb(home: Home, file: Path, skip: int | None, lose_changes: bool) -> None:  # noqa: FBT001  # click's way
    """Give a home that has no database the one in FILE, brought up to what clients have seen.

    What was published since is taken back out of HOME/repository, and everything is signed anew at versions that nobody
    has seen. What was acknowledged since and never published is lost.
    """
    _refuse_shared(home)
    shelf = open_shelf(home)
    with Bar(ERR, what="copying") as bar:
        found = restore(home, file.absolute(), shelf.read, Terms(skip, lose_changes), moment(), bar.watch)
    say(f"Restored: timestamp {found.timestamp}, and {found.missed} publications that the backup had missed.")
    if found.files:
        say(f"Delivered since, and taken back: {', '.join(found.files)}.")
    if found.recovered.bins or found.recovered.projects:
        say(f"Taken back: {found.recovered.bins} bins, metadata of {found.recovered.projects} projects.")
    if found.recovered.lost:
        say(f"LOST are changes since the backup in: {', '.join(found.recovered.lost)}.")
    say("Now: `ceremony-online serve` publishes all of it, then `ceremony-online check`.")


def _checked(home: Home, store: Store) -> ShelfCheck:
    with Bar(ERR, what="checking") as bar:
        return check_shelf(store, open_shelf(home).read, bar.watch)


def _repaired(home: Home, store: Store) -> ShelfCheck:
    with leading_of(home, store).writing():
        publisher = publisher_of(home, store, lambda _done, _total: None)
        publisher.recover()
        last, found = store.last_publication(), _checked(home, store)
        if last is None or found.is_good:
            return found
        # Not opened once more: a device that is open already lets nobody in.
        signers, shelf = publisher.keys.signers(last.number), open_shelf(home)
        repaired = repair_shelf(store, shelf, signers, found.findings, moment())
        say(f"Made again from the database: {len(repaired)} of {len(found.findings)}.")
        publisher.recover()
        return _checked(home, store)


def _followed(home: Home, store: Store) -> bool:
    shelf = open_shelf(home)
    walk = Walk(store, lambda name: shelf.read(name.removeprefix("metadata/")))
    outcome = walk.check(moment())
    if outcome is None:
        return True
    keep_outcome(home.folder, outcome)
    say("The real client takes all of it." if outcome.is_good else f"The real client stops: {outcome.reason}")
    return outcome.is_good


def _targets_checked(home: Home, store: Store) -> bool:
    with Bar(ERR, what="reading targets") as bar:
        found = check_target_files(store, home.repository / "targets", bar.watch)
    draw_target_check(OUT, found)
    return not found.wrong


def _folder_shelf(home: Home) -> DirectoryShelf:
    shelf = open_shelf(home)
    if isinstance(shelf, DirectoryShelf):
        return shelf
    raise click.UsageError("The content of targets is looked after in a folder alone; this shelf is an object store.")


def _refuse_shared(home: Home) -> None:
    if home.database_file.exists():
        raise click.UsageError(
            f"{home.database_file} names a database server. Copy it with the server's own tools, such as pg_dump; "
            "this verb is for signer.db."
        )
