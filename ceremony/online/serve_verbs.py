"""The verbs that keep the signer going, and show how it stands: serve, status."""

import json
import signal
import sys
import threading

import click

from ceremony.errors import StorageError
from ceremony.explain import explain
from ceremony.online.crash import write_crash
from ceremony.online.desk import ERR, OUT, moment, say
from ceremony.online.errand import opened, publisher_of
from ceremony.online.home import Home
from ceremony.online.next_key import hand_out
from ceremony.online.page import draw_explanation, draw_status
from ceremony.online.service import serve
from ceremony.online.status import gather_status
from ceremony.online.store import Publication
from ceremony.online.web.beside import Surroundings, announce, api_beside, warn
from ceremony.online.web.settings import load_api_settings


class Teller:
    """Says what a serving signer does."""

    def published(self, publication: Publication) -> None:
        """This is out."""
        say(f"published: timestamp {publication.timestamp.version}, snapshot {publication.snapshot.version}")

    def troubled(self, error: StorageError) -> None:
        """A disk did not take it."""
        draw_explanation(ERR, explain(error))


@click.command(name="serve", short_help="Publish and sign anew until told to stop.")
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
    around = Surroundings(moment, stop, Teller(), lambda text: write_crash(text, moment()))
    with opened(home) as store, home.writing(), api_beside(store, home.repository, settings, around) as serving:
        hand_out(home, store)
        say(f"Serving {store.identity().key_file.repository} from {home.folder}; stop with Ctrl-C.")
        announce(ERR, serving)
        serve(publisher_of(home, store, _watch_nothing), moment, serving.pause, serving.listener)
    say("Everything that was acknowledged is published. Stopped.")


@click.command(short_help="Show versions, ends, and what waits.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_obj
def status(home: Home, as_json: bool) -> None:  # noqa: FBT001  # click's way
    """Show versions, ends and what waits; exit status 1 if something has expired."""
    with opened(home) as store:
        found = gather_status(store, moment())
    api = load_api_settings(home.folder)
    if as_json:
        click.echo(json.dumps({**found.to_json(), "open_writes": api.open_writes}, indent=1, sort_keys=True))
    else:
        draw_status(OUT, found)
        warn(OUT, api)
    sys.exit(1 if found.is_expired else 0)


def _watch_nothing(_done: int, _total: int) -> None:
    """A serving signer tells of publications, not of files."""
