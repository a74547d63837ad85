"""The verbs that keep the signer going, and show how it stands: serve, status."""

import json
import os
import signal
import sys
import threading
import traceback
from dataclasses import dataclass

import click

from ceremony.errors import StorageError
from ceremony.explain import explain
from ceremony.online.clock_watch import dated_ahead
from ceremony.online.crash import write_crash
from ceremony.online.desk import ERR, OUT, moment, say
from ceremony.online.errand import leading_of, opened, publisher_of
from ceremony.online.figures import Figures, read_store
from ceremony.online.home import Home
from ceremony.online.leading import STANDBY_SECONDS
from ceremony.online.log import tell
from ceremony.online.log_options import open_log
from ceremony.online.next_key import hand_out
from ceremony.online.page import draw_explanation, draw_status
from ceremony.online.running import Running, draw_running
from ceremony.online.self_check import Walk, last_outcome
from ceremony.online.service import serve
from ceremony.online.settings import Settings, load_signer_settings
from ceremony.online.shelf_place import open_shelf, place_of
from ceremony.online.status import gather_status
from ceremony.online.store import Publication, Store
from ceremony.online.supervisor import Supervisor
from ceremony.online.trouble import TroubleNote, last_trouble
from ceremony.online.upkeep import Upkeep
from ceremony.online.watched import HomeActs, WatchedPause, WatchedWriter
from ceremony.online.web.beside import Serving, Surroundings, announce, api_beside, warn
from ceremony.online.web.settings import load_api_settings


class Teller:
    """Says what a serving signer does."""

    def published(self, publication: Publication) -> None:
        """This is out."""
        # Past the console: it takes longer over a line than the database over a change.
        click.echo(f"published: timestamp {publication.timestamp.version}, snapshot {publication.snapshot.version}")

    def troubled(self, error: StorageError) -> None:
        """A disk did not take it."""
        draw_explanation(ERR, explain(error))


@click.command(name="serve", short_help="Publish and sign anew until told to stop.")
@click.option("--listen", multiple=True, metavar="ADDRESS", help="Answer API calls there: HOST:PORT or unix:/PATH.")
@click.option("--api-only", is_flag=True, help="Answer API calls, and leave publishing to others.")
@click.pass_obj
def serve_verb(home: Home, listen: tuple[str, ...], api_only: bool) -> None:  # noqa: FBT001  # click's way
    """Publish what waits, and sign anew what is about to end, until told to stop (SIGTERM, Ctrl-C).

    With --listen, or `listen` in HOME/api.toml, the API answers meanwhile. It is closed to whoever has no token:
    `ceremony-online token add`.

    Where several machines share a database, one of them publishes; the others stand by, and one of these takes over a
    few seconds after it has died. Any number of machines may serve with --api-only.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    settings, supervisor = load_signer_settings(home.folder), Supervisor(os.environ)
    open_log(settings.log, is_serving=True)
    api = load_api_settings(home.folder, listen)
    with opened(home) as store:
        figures = Figures(lambda: read_store(store, moment()))
        note = TroubleNote(home.folder)
        looked = (lambda: last_outcome(home.folder), lambda: note.found)
        around = Surroundings(moment, stop, Teller(), _keep_crash, figures, *looked)
        with api_beside(store, home, api, around, is_apart=not api_only) as serving:
            pause = WatchedPause(serving.pause, supervisor)
            supervisor.ready()
            if api_only:
                _answer(store, serving, pause)
            else:
                with leading_of(home, store).awaiting(pause, around.listener.troubled) as is_leading:
                    if is_leading:
                        _publish(Publishing(home, store, figures, supervisor, note), settings, serving, pause)
            supervisor.stopping()
    tell("stopped")
    say("Everything that was acknowledged is published. Stopped.")


def _answer(store: Store, serving: Serving, pause: WatchedPause) -> None:
    say(f"Answering for {store.identity().key_file.repository}; others publish. Stop with Ctrl-C.")
    announce(ERR, serving)
    while not pause.wait(STANDBY_SECONDS):
        pass


@click.command(short_help="Show versions, ends, and what waits.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_obj
def status(home: Home, as_json: bool) -> None:  # noqa: FBT001  # click's way
    """Show versions, ends, what waits and what the real client found; exit status 1 if something has expired."""
    settings = load_signer_settings(home.folder)
    with opened(home) as store:
        found, readings = gather_status(store, moment()), read_store(store, moment())
        ahead = dated_ahead(store, moment())
    running = Running(settings, readings, last_outcome(home.folder), last_trouble(home.folder), ahead)
    api = load_api_settings(home.folder)
    if as_json:
        fields = {**found.to_json(), **running.to_json(), "open_writes": api.open_writes}
        click.echo(json.dumps(fields, indent=1, sort_keys=True))
    else:
        draw_status(OUT, found)
        draw_running(OUT, running)
        warn(OUT, api)
    sys.exit(1 if found.is_expired else 0)


@dataclass(frozen=True, slots=True)
class Publishing:
    """Who publishes, and who hears of it."""

    home: Home
    store: Store
    figures: Figures
    supervisor: Supervisor
    note: TroubleNote


def _publish(what: Publishing, settings: Settings, serving: Serving, pause: WatchedPause) -> None:
    home, store = what.home, what.store
    hand_out(home, store)
    repository = store.identity().key_file.repository
    say(f"Serving {repository} from {home.folder}; stop with Ctrl-C.")
    announce(ERR, serving)
    tell("serving", repository=repository, open_writes=serving.settings.open_writes)
    publisher = publisher_of(home, store, lambda _done, _total: what.supervisor.beat(), serving.counter)
    writer = WatchedWriter(publisher, what.figures, what.supervisor, what.note)
    with _upkeep(home, store, settings, what.figures).running():
        serve(writer, moment, pause, serving.listener, settings.window)


def _upkeep(home: Home, store: Store, settings: Settings, figures: Figures) -> Upkeep:
    shelf = open_shelf(home)
    walk = Walk(store, lambda name: shelf.read(name.removeprefix("metadata/")), settings.self_check.url)
    acts = HomeActs(home.folder, walk, place_of(shelf))
    return Upkeep(acts, figures, settings, moment, lambda: _keep_crash(traceback.format_exc()))


def _keep_crash(text: str) -> None:
    write_crash(text, moment())
