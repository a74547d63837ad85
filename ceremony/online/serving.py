"""A signer that is kept going: its database open, its API answered, the writer at work until somebody says stop."""

import os
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import click

from ceremony.errors import StorageError
from ceremony.explain import explain
from ceremony.online.clock import moment
from ceremony.online.crash import write_crash
from ceremony.online.desk import ERR, say
from ceremony.online.errand import leading_of, publisher_of
from ceremony.online.figures import Figures, read_store
from ceremony.online.home import Home
from ceremony.online.key_change import hand_out
from ceremony.online.leading import STANDBY_SECONDS
from ceremony.online.log import tell
from ceremony.online.log_options import open_log
from ceremony.online.opening import opened
from ceremony.online.page import draw_explanation
from ceremony.online.self_check import Walk, last_outcome
from ceremony.online.service import serve
from ceremony.online.settings import Settings, load_signer_settings
from ceremony.online.shelf_place import open_shelf, place_of
from ceremony.online.store import Publication, Store
from ceremony.online.supervisor import Supervisor
from ceremony.online.trouble import Trouble, TroubleNote, last_trouble
from ceremony.online.upkeep import Upkeep
from ceremony.online.watched import HomeActs, WatchedPause, WatchedWriter
from ceremony.online.web.beside import Serving, Surroundings, announce, api_beside
from ceremony.online.web.settings import ApiSettings
from ceremony.online.web.waiting_front import WaitingFront


class Teller:
    """Says what a serving signer does."""

    def published(self, publication: Publication) -> None:
        """This is out."""
        # Past the console: it takes longer over a line than the database over a change.
        click.echo(f"published: timestamp {publication.timestamp.version}, snapshot {publication.snapshot.version}")

    def troubled(self, error: StorageError) -> None:
        """A disk did not take it."""
        draw_explanation(ERR, explain(error))


def serve_here(home: Home, api: ApiSettings, stop: threading.Event, front: WaitingFront | None) -> None:
    """Whatever waits and whatever is due was published until somebody said `stop`, and callers answered by the `front`.

    Raises: StorageError; TamperedError; SettingsError; RefusedError.
    """
    settings, supervisor = load_signer_settings(home.folder), Supervisor(os.environ)
    open_log(settings.log, is_serving=True)
    with opened(home) as store:
        figures, note = Figures(lambda: read_store(store, moment())), TroubleNote(home.folder)
        around = _surroundings(home, stop, figures, lambda: note.found)
        with api_beside(store, home, api, around, front) as serving:
            pause = WatchedPause(serving.pause, supervisor)
            supervisor.ready()
            with leading_of(home, store).awaiting(pause, around.listener.troubled) as is_leading:
                if is_leading:
                    _publish(Publishing(home, store, figures, supervisor, note), settings, serving, pause)
            supervisor.stopping()
    _tell_end()


def answer_here(home: Home, api: ApiSettings, stop: threading.Event) -> None:
    """Callers were answered until somebody said `stop`, in this process, which publishes nothing.

    Raises: StorageError; TamperedError; SettingsError; RefusedError.
    """
    supervisor = Supervisor(os.environ)
    open_log(load_signer_settings(home.folder).log, is_serving=True)
    with opened(home) as store:
        figures = Figures(lambda: read_store(store, moment()))
        around = _surroundings(home, stop, figures, lambda: last_trouble(home.folder))
        with api_beside(store, home, api, around) as serving:
            pause = WatchedPause(serving.pause, supervisor)
            supervisor.ready()
            _answer(store, serving, pause)
            supervisor.stopping()
    _tell_end()


def _surroundings(
    home: Home, stop: threading.Event, figures: Figures, troubled: Callable[[], Trouble | None]
) -> Surroundings:
    return Surroundings(moment, stop, Teller(), _keep_crash, figures, lambda: last_outcome(home.folder), troubled)


def _tell_end() -> None:
    tell("stopped")
    say("Everything that was acknowledged is published. Stopped.")


def _answer(store: Store, serving: Serving, pause: WatchedPause) -> None:
    say(f"Answering for {store.identity().key_file.repository}; others publish. Stop with Ctrl-C.")
    announce(ERR, serving)
    while not pause.wait(STANDBY_SECONDS):
        pass


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
