"""The verbs that change targets in bins: add, remove."""

from pathlib import Path

import click

from ceremony.core.request_rules import PATH_RULES
from ceremony.online.clock import moment
from ceremony.online.desk import say
from ceremony.online.home import Home
from ceremony.online.intake import Request, Ticket, add_request, are_published, remove_request, take_in
from ceremony.online.opening import opened
from ceremony.online.page import named
from ceremony.online.reach import out_of_reach
from ceremony.online.seeing_through import see_through
from ceremony.online.shelf_place import open_shelf
from ceremony.online.store import Store


@click.command(short_help="Add targets and publish them.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--as", "path", metavar="PATH", help="The target's path; for many files, a folder that ends in a slash.")
@click.option("--no-wait", is_flag=True, help="Be content with the acknowledgement: it will be published.")
@click.pass_obj
def add(home: Home, files: tuple[Path, ...], path: str | None, no_wait: bool) -> None:  # noqa: FBT001  # click's way
    """Add FILES as targets, and publish them together. Without --as a target is named like its file.

    You are warned of a target that clients never find here, as its path is a project's, or one of another delegation.
    """
    if path is not None and not path.endswith("/") and len(files) > 1:
        raise click.UsageError("--as names one file; for many, end it in a slash")
    shelf = open_shelf(home)
    with opened(home) as store:
        pairs = [(file, _target_path(file, path)) for file in files]
        for _, target in pairs:
            PATH_RULES.check(target)
        _warn(store, [target for _, target in pairs])
        requests = [add_request(target, shelf.keep(file, target)) for file, target in pairs]
        _take_in(home, store, requests, no_wait=no_wait)


@click.command(short_help="Remove targets.")
@click.argument("paths", nargs=-1, required=True)
@click.option("--no-wait", is_flag=True, help="Be content with the acknowledgement: it will be published.")
@click.pass_obj
def remove(home: Home, paths: tuple[str, ...], no_wait: bool) -> None:  # noqa: FBT001  # click's way
    """Remove the targets at PATHS, and publish that. Their files stay on the shelf, unnamed by any metadata."""
    with opened(home) as store:
        _take_in(home, store, [remove_request(path) for path in paths], no_wait=no_wait)


def _take_in(home: Home, store: Store, requests: list[Request], *, no_wait: bool) -> None:
    tickets = take_in(store, requests, moment())
    say(_acknowledged(tickets))
    if not no_wait:
        see_through(home, store, lambda: are_published(store, tickets))
        say("Published.")


def _warn(store: Store, paths: list[str]) -> None:
    ends: dict[str, list[str]] = {}
    for path, name in out_of_reach(store, paths).items():
        ends.setdefault(name, []).append(path)
    for name, found in ends.items():
        say(f"Caution: clients ask {name} for these paths, and nobody after it; here they find none: {named(found)}.")


def _acknowledged(tickets: tuple[Ticket, ...]) -> str:
    new = [ticket.path for ticket in tickets if not ticket.is_repeated]
    old = [ticket.path for ticket in tickets if ticket.is_repeated]
    parts = [f"Acknowledged: {', '.join(new)}."] if new else []
    parts += [f"Asked for before: {', '.join(old)}."] if old else []
    return " ".join(parts)


def _target_path(file: Path, path: str | None) -> str:
    if path is None:
        return file.name
    return path + file.name if path.endswith("/") else path
