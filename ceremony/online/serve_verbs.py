"""The verbs that keep the signer going, and show how it stands: serve, status."""

import json
import signal
import sys
import threading

import click

from ceremony.errors import StorageError
from ceremony.explain import explain
from ceremony.online.desk import ERR, OUT, moment, say
from ceremony.online.errand import opened, publisher_of
from ceremony.online.home import Home
from ceremony.online.next_key import hand_out
from ceremony.online.page import draw_explanation, draw_status
from ceremony.online.service import serve
from ceremony.online.status import gather_status
from ceremony.online.store import Publication


class Teller:
    """Says what a serving signer does."""

    def published(self, publication: Publication) -> None:
        """This is out."""
        say(f"published: timestamp {publication.timestamp.version}, snapshot {publication.snapshot.version}")

    def troubled(self, error: StorageError) -> None:
        """A disk did not take it."""
        draw_explanation(ERR, explain(error))


@click.command(name="serve", short_help="Publish and sign anew until told to stop.")
@click.pass_obj
def serve_verb(home: Home) -> None:
    """Publish what waits, and sign anew what is about to end, until told to stop (SIGTERM, Ctrl-C)."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    with opened(home) as store, home.writing():
        hand_out(home, store)
        say(f"Serving {store.identity().key_file.repository} from {home.folder}; stop with Ctrl-C.")
        serve(publisher_of(home, store, _watch_nothing), moment, stop, Teller())
    say("Everything that was acknowledged is published. Stopped.")


@click.command(short_help="Show versions, ends, and what waits.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_obj
def status(home: Home, as_json: bool) -> None:  # noqa: FBT001  # click's way
    """Show versions, ends and what waits; exit status 1 if something has expired."""
    with opened(home) as store:
        found = gather_status(store, moment())
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=1, sort_keys=True))
    else:
        draw_status(OUT, found)
    sys.exit(1 if found.is_expired else 0)


def _watch_nothing(_done: int, _total: int) -> None:
    """A serving signer tells of publications, not of files."""
