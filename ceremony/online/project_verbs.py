"""The verbs about projects that sign for themselves: project register, upload, remove, export, list."""

import json
import re
from pathlib import Path

import click

from ceremony.core.projects import CLAIMS_SIZE_LIMIT, PROJECT_NAME, PROJECT_NAME_WORDS, decode_claims, encode_claims
from ceremony.engine.disk import create_file, read_file
from ceremony.online.clock import moment
from ceremony.online.desk import OUT, say
from ceremony.online.home import Home
from ceremony.online.opening import opened
from ceremony.online.page import draw_projects, named
from ceremony.online.project_files import is_uploaded
from ceremony.online.project_status import gather_projects
from ceremony.online.registering import Batch, are_gone, deregister, exported, register
from ceremony.online.seeing_through import see_through
from ceremony.online.shelf_place import open_shelf
from ceremony.online.uploading import Offer, upload


@click.group(short_help="Projects that sign for themselves.")
def project() -> None:
    """Projects that sign their own targets, until a ceremony claims them and after.

    \b
    From a project's keys to its first release:
      ceremony-online project register BATCH.json
          its keys, each with a proof that the project holds it
      ceremony-online project upload demo targets.json demo-1.0.tar.gz
          what the project signed, and the files that it lists
      ceremony-online project export CLAIMS.json
          every few weeks: take it to a ceremony, which claims them
    """  # noqa: D301  # click wants the control character itself: it keeps a paragraph's lines as they are


@project.command(name="register", short_help="Take in projects with their keys.")
@click.argument("batch", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--role", default="", metavar="ROLE", help="In which role, if the online key signs several before bins.")
@click.pass_obj
def register_verb(home: Home, batch: Path, role: str) -> None:
    """Register the projects in FILE. Clients are sent to a project from its first upload on.

    A project that is registered again gets other keys or paths with the first upload that those keys have signed. What
    the keys before sign is taken until then: `project remove` ends that at once. What a ceremony has claimed, only a
    ceremony can change.
    """
    repository, projects = decode_claims(read_file(batch, CLAIMS_SIZE_LIMIT), str(batch))
    with opened(home) as store:
        where, new = register(store, Batch(repository, projects, role), moment())
    known = [each.name for each in projects if each not in new]
    if new:
        say(f"Registered in {where}: {named([each.name for each in new])}. Each counts from its next upload on.")
    if known:
        say(f"Registered before: {named(known)}.")


@project.command(name="upload", short_help="Take in what a project signed, and publish it.")
@click.argument("name")
@click.argument("metadata", type=click.Path(path_type=Path))
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--no-wait", is_flag=True, help="Be content with the acknowledgement: it will be published.")
@click.pass_obj
def upload_verb(home: Home, name: str, metadata: Path, files: tuple[Path, ...], no_wait: bool) -> None:  # noqa: FBT001  # click's way
    """Verify the METADATA that project NAME signed, with the FILES that it lists, and publish both.

    Files that were uploaded before need not come again.
    """
    _refuse_strange(name)
    with opened(home) as store:
        found = upload(store, open_shelf(home), Offer(name, metadata, files), moment())
        word = "Uploaded before" if found.is_repeated else "Acknowledged"
        say(f"{word}: {name}, version {found.version}.")
        if not no_wait:
            see_through(home, store, lambda: is_uploaded(store, found.number))
            say("Published.")


@project.command(name="remove", short_help="Delegate to registered projects no more.")
@click.argument("names", nargs=-1, required=True)
@click.option("--no-wait", is_flag=True, help="Be content with the acknowledgement: it will be published.")
@click.pass_obj
def remove_verb(home: Home, names: tuple[str, ...], no_wait: bool) -> None:  # noqa: FBT001  # click's way
    """Delegate to the registered projects NAMES no more: clients look for their targets in bins again.

    What a ceremony has claimed, only a ceremony takes away.
    """
    with opened(home) as store:
        deregister(store, names)
        say(f"Acknowledged: {named([*names])}.")
        if not no_wait:
            see_through(home, store, lambda: are_gone(store, names))
            say("Published.")


@project.command(name="export", short_help="Write the batch that a ceremony claims.")
@click.argument("batch", metavar="FILE", type=click.Path(path_type=Path))
@click.pass_obj
def export(home: Home, batch: Path) -> None:
    """Write to FILE every project that this signer delegates to, with keys and proofs, for a ceremony to claim."""
    with opened(home) as store:
        projects = exported(store)
        data = encode_claims(store.identity().key_file.repository, projects)
    if not batch.exists() or read_file(batch, CLAIMS_SIZE_LIMIT) != data:
        create_file(batch, data, is_public=True)
    count = f"{len(projects)} project{'s' if len(projects) > 1 else ''}"
    say(f"{count}: {named([each.name for each in projects])}.")
    say(f"Take {batch} to a ceremony, which claims them; then deliver its release here.")


@project.command(name="list", short_help="Show every project and how it stands.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_obj
def list_verb(home: Home, as_json: bool) -> None:  # noqa: FBT001  # click's way
    """Show every project, who delegates to it, and whether it has to upload again."""
    with opened(home) as store:
        found = gather_projects(store, moment())
    if as_json:
        click.echo(json.dumps([each.to_json() for each in found], indent=1, sort_keys=True))
    elif found:
        draw_projects(OUT, found)
    else:
        say("No projects: `ceremony-online project register FILE` takes some in.")


def _refuse_strange(name: str) -> None:
    if not re.fullmatch(PROJECT_NAME, name):
        raise click.BadParameter(PROJECT_NAME_WORDS, param_hint="NAME")
