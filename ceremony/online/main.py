"""The front door of the online signer: `ceremony-online` and its verbs."""

import json
import re
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from ceremony.core.policy import Policy
from ceremony.core.request_rules import PATH_RULES
from ceremony.engine.bundle import Bundle, open_bundle
from ceremony.engine.disk import read_file
from ceremony.errors import CeremonyError, StoppedError, StorageError
from ceremony.explain import explain, explain_bug
from ceremony.online.access_verbs import token_verbs
from ceremony.online.crash import write_crash
from ceremony.online.delivery import delivered_names, has_trust, is_delivered, is_known, take_in_delivery
from ceremony.online.errand import is_newest_out, opened, publisher_of, see_out
from ceremony.online.home import Home
from ceremony.online.initialise import Wish, initialise
from ceremony.online.intake import Request, Ticket, add_request, are_published, remove_request, take_in
from ceremony.online.key import forbid_core_dumps
from ceremony.online.key_options import key_options, refuse_half
from ceremony.online.next_key import forget_next_key, hand_out, make_next_key
from ceremony.online.page import Bar, draw_explanation, draw_status
from ceremony.online.service import serve
from ceremony.online.shelf import DirectoryShelf
from ceremony.online.status import gather_status
from ceremony.online.store import Publication, Store
from ceremony.online.web.beside import Surroundings, announce, api_beside, warn
from ceremony.online.web.settings import load_api_settings

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_WORDS_LIMIT = 4_096
_OUT = Console(soft_wrap=True)
_ERR = Console(stderr=True, soft_wrap=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home",
    envvar="CEREMONY_ONLINE_HOME",
    default="online",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The signer's folder: key, database and repository.",
)
@click.version_option(package_name="ceremony")
@click.pass_context
def verbs(context: click.Context, home: Path) -> None:
    """The online signer of a TUF repository.

    It takes in what a key ceremony sealed, and from then on signs bins, snapshot and timestamp with the online key.

    \b
    From nothing to a served repository:
      ceremony-online init --repository packages.example.org
          hand HOME/online-key.json to the ceremony
      ceremony-online deliver BUNDLE
          type the words that the keyholders read aloud
      ceremony-online add demo-1.0.tar.gz
      ceremony-online serve
          any web server serves HOME/repository

    Every command may be repeated: what is done already is left as it is.
    """  # noqa: D301  # click wants the control character itself: it keeps a paragraph's lines as they are
    context.obj = Home(home.absolute())


@verbs.command(short_help="Make the online key, or point to one.")
@click.option("--repository", required=True, metavar="NAME", help="The repository that this signer serves.")
@key_options
@click.option("--rehearsal", is_flag=True, help="For rehearsals only; such a signer refuses real metadata.")
@click.pass_obj
def init(  # noqa: PLR0913, PLR0917  # click passes one argument for each option
    home: Home,
    repository: str,
    scheme: str,
    key_uri: str | None,
    public_key: Path | None,
    rehearsal: bool,  # noqa: FBT001  # click's way
) -> None:
    """Make the online key, or point to one, and write HOME/online-key.json for the ceremony."""
    if not _REPOSITORY.fullmatch(repository):
        raise click.BadParameter("a name such as packages.example.org", param_hint="--repository")
    refuse_half(key_uri, public_key)
    file = initialise(home, Wish(repository, scheme, rehearsal, key_uri, public_key))
    _say(f"online key {file.key.keyid()}")
    _say(f"Hand {home.key_file} to the ceremony: `ceremony plan --new` reads it.")


@verbs.command(name="rotate-key", short_help="Make the next online key, or point to one.")
@key_options
@click.option("--again", is_flag=True, help="Make another in place of a next key that is not at work yet.")
@click.pass_obj
def rotate_key(
    home: Home,
    scheme: str,
    key_uri: str | None,
    public_key: Path | None,
    again: bool,  # noqa: FBT001  # click's way
) -> None:
    """Make the next online key, or point to one, and write HOME/online-key-next.json for the ceremony.

    Nothing is published. The key is at work from the moment at which a release that names it is delivered.
    """
    refuse_half(key_uri, public_key)
    with opened(home) as store:
        identity = store.identity()
        wish = Wish(identity.key_file.repository, scheme, identity.is_rehearsal, key_uri, public_key)
        if again:
            forget_next_key(home, store)
        file = make_next_key(home, store, wish)
        hand_out(home, store)
    _say(f"next online key {file.key.keyid()}")
    _say(f"Hand {home.next_key_file} to a ceremony that signs root and bins; then deliver its release here.")


@verbs.command(short_help="Verify a sealed bundle and publish it.")
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
    they bring root, targets, bins or some of them, and what this signer has missed comes in with them.
    """
    found = open_bundle(bundle)
    with opened(home) as store:
        if is_known(store, found):
            _see_out(home, store, lambda: is_newest_out(store))
            _say("This bundle was delivered before; nothing has changed.")
            return
        is_first = not has_trust(store) and found.before is None
        typed = _typed(found, fingerprint, fingerprint_file) if is_first else ""
        number = take_in_delivery(store, found, typed, _now(), Policy())
        _see_out(home, store, lambda: is_delivered(store, number))
        hand_out(home, store)
        _say(f"Delivered and published: {', '.join(delivered_names(store, number)) or 'nothing new'}.")


@verbs.command(name="serve", short_help="Publish and sign anew until told to stop.")
@click.option("--listen", multiple=True, metavar="ADDRESS", help="Answer API calls there: HOST:PORT or unix:/PATH.")
@click.pass_obj
def serve_verb(home: Home, listen: tuple[str, ...]) -> None:
    """Publish what waits, and sign anew what is about to end, until told to stop (SIGTERM, Ctrl-C).

    With --listen, or `listen` in HOME/api.toml, the API answers meanwhile. It is closed to whoever has no token:
    `ceremony-online token add`.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    settings = load_api_settings(home.folder, listen)
    around = Surroundings(_now, stop, _Teller(), lambda text: write_crash(text, _now()))
    with opened(home) as store, home.writing(), api_beside(store, home.repository, settings, around) as serving:
        hand_out(home, store)
        _say(f"Serving {store.identity().key_file.repository} from {home.folder}; stop with Ctrl-C.")
        announce(_ERR, serving)
        serve(publisher_of(home, store, _watch_nothing), _now, serving.pause, serving.listener)
    _say("Everything that was acknowledged is published. Stopped.")


@verbs.command(short_help="Add targets and publish them.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--as", "path", metavar="PATH", help="The target's path; for many files, a folder that ends in a slash.")
@click.option("--no-wait", is_flag=True, help="Be content with the acknowledgement: it will be published.")
@click.pass_obj
def add(home: Home, files: tuple[Path, ...], path: str | None, no_wait: bool) -> None:  # noqa: FBT001  # click's way
    """Add FILES as targets, and publish them together. Without --as a target is named like its file."""
    if path is not None and not path.endswith("/") and len(files) > 1:
        raise click.UsageError("--as names one file; for many, end it in a slash")
    shelf = DirectoryShelf(home.repository)
    with opened(home) as store:
        pairs = [(file, _target_path(file, path)) for file in files]
        for _, target in pairs:
            PATH_RULES.check(target)
        requests = [add_request(target, shelf.keep(file, target)) for file, target in pairs]
        _take_in(home, store, requests, no_wait=no_wait)


@verbs.command(short_help="Remove targets.")
@click.argument("paths", nargs=-1, required=True)
@click.option("--no-wait", is_flag=True, help="Be content with the acknowledgement: it will be published.")
@click.pass_obj
def remove(home: Home, paths: tuple[str, ...], no_wait: bool) -> None:  # noqa: FBT001  # click's way
    """Remove the targets at PATHS, and publish that. Their files stay on the shelf, unnamed by any metadata."""
    with opened(home) as store:
        _take_in(home, store, [remove_request(path) for path in paths], no_wait=no_wait)


@verbs.command(short_help="Show versions, ends, and what waits.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_obj
def status(home: Home, as_json: bool) -> None:  # noqa: FBT001  # click's way
    """Show versions, ends and what waits; exit status 1 if something has expired."""
    with opened(home) as store:
        found = gather_status(store, _now())
    api = load_api_settings(home.folder)
    if as_json:
        click.echo(json.dumps({**found.to_json(), "open_writes": api.open_writes}, indent=1, sort_keys=True))
    else:
        draw_status(_OUT, found)
        warn(_OUT, api)
    sys.exit(1 if found.is_expired else 0)


verbs.add_command(token_verbs)


def main() -> None:
    """The program; it ends with the exit status that `ceremony.explain` gives."""
    forbid_core_dumps()
    try:
        verbs()
    except CeremonyError as error:
        explanation = explain(error)
    except Exception:  # noqa: BLE001  # the front door: whatever nobody foresaw goes to a file, not to the screen
        explanation = explain_bug(write_crash(traceback.format_exc(), _now()))
    draw_explanation(_ERR, explanation)
    sys.exit(explanation.status)


class _Teller:
    """Says what a serving signer does."""

    def published(self, publication: Publication) -> None:
        _say(f"published: timestamp {publication.timestamp.version}, snapshot {publication.snapshot.version}")

    def troubled(self, error: StorageError) -> None:
        draw_explanation(_ERR, explain(error))


def _take_in(home: Home, store: Store, requests: list[Request], *, no_wait: bool) -> None:
    tickets = take_in(store, requests, _now())
    _say(_acknowledged(tickets))
    if not no_wait:
        _see_out(home, store, lambda: are_published(store, tickets))
        _say("Published.")


def _acknowledged(tickets: tuple[Ticket, ...]) -> str:
    new = [ticket.path for ticket in tickets if not ticket.is_repeated]
    old = [ticket.path for ticket in tickets if ticket.is_repeated]
    parts = [f"Acknowledged: {', '.join(new)}."] if new else []
    parts += [f"Asked for before: {', '.join(old)}."] if old else []
    return " ".join(parts)


def _see_out(home: Home, store: Store, is_out: Callable[[], bool]) -> None:
    with Bar(_ERR) as bar:
        see_out(home, store, is_out, _now(), bar.watch)


def _target_path(file: Path, path: str | None) -> str:
    if path is None:
        return file.name
    return path + file.name if path.endswith("/") else path


def _typed(bundle: Bundle, fingerprint: str | None, file: Path | None) -> str:
    if fingerprint is not None:
        return fingerprint
    if file is not None:
        return read_file(file, _WORDS_LIMIT).decode("utf-8", "replace")
    _say(f"Nothing is trusted yet. The bundle says that it is for {bundle.plan.repository} ({bundle.plan.id}).")
    try:
        return str(click.prompt("Type the 32 words of the fingerprint, from somebody's own copy", err=True))
    except click.Abort as error:
        raise StoppedError("the operator", "typing the fingerprint") from error


def _watch_nothing(_done: int, _total: int) -> None:
    """A serving signer tells of publications, not of files."""


def _say(text: str) -> None:
    _OUT.print(text, markup=False, highlight=False)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  # the one place where this program reads the clock
