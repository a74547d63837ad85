"""The verb of a machine that helps where very many bins are signed anew: work."""

import os
import signal
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import click

from ceremony.errors import CeremonyError, Problem, SettingsError
from ceremony.explain import explain
from ceremony.online.bin_ranges import BinRange, put_range
from ceremony.online.clock import moment
from ceremony.online.crash import write_crash
from ceremony.online.creating_shelf import CreatingShelf
from ceremony.online.desk import ERR, say
from ceremony.online.home import Home
from ceremony.online.keyring import Keyring
from ceremony.online.log import tell, warn
from ceremony.online.log_options import open_log
from ceremony.online.opening import opened
from ceremony.online.page import draw_explanation
from ceremony.online.service import TROUBLE_SECONDS
from ceremony.online.settings import load_signer_settings
from ceremony.online.shelf_place import open_shelf
from ceremony.online.store import Store
from ceremony.online.supervisor import Supervisor

if TYPE_CHECKING:
    from ceremony.online.postgresql import PostgresDatabase


@click.command(short_help="Help to sign all bins anew, until told to stop.")
@click.pass_obj
def work(home: Home) -> None:
    """Make ranges of bins, whenever whoever publishes hands them out, until told to stop (SIGTERM, Ctrl-C).

    That is after a new online key, with another number of bins, after a long pause: whenever thousands of bins are
    signed at once. This machine needs the online key, database.toml and shelf.toml in HOME, and publishes nothing by
    itself. One that dies costs some seconds: its range is made by somebody else.
    """
    stop, supervisor = threading.Event(), Supervisor(os.environ)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    open_log(load_signer_settings(home.folder).log, is_serving=True)
    with opened(home) as store:
        worker = _worker(home, store, stop)
        # Only a machine with others beside it has this installed.
        from ceremony.online.work_queue import Hand, run  # noqa: PLC0415

        supervisor.ready()
        say(f"Working for {store.identity().key_file.repository}; stop with Ctrl-C.")
        tell("working")
        hand = Hand(cast("PostgresDatabase", store.database), worker.put)
        run(hand, lambda: _is_over(stop, supervisor), worker.troubled, TROUBLE_SECONDS)
        supervisor.stopping()
    tell("stopped")
    say("Stopped.")


@dataclass(frozen=True, slots=True)
class Worker:
    """Who makes ranges, and says how that went. `crash` keeps a traceback that nobody foresaw."""

    store: Store
    shelf: CreatingShelf
    keyring: Keyring
    crash: Callable[[], object]
    stop: threading.Event = field(default_factory=threading.Event)

    def put(self, what: BinRange) -> None:
        """Each bin of the range is in its place, unless nobody wants it any more.

        Raises: CeremonyError after a pause, in which others take what this machine cannot make.
        """
        try:
            is_made = put_range(self.store, self.shelf, self.keyring.online(), what, lambda _more: None)
        except CeremonyError as error:
            self.troubled(error)
            self.stop.wait(TROUBLE_SECONDS)
            raise
        except Exception as error:
            # The queue would only count it; others make the range, and this machine goes on with the next.
            self.crash()
            warn("working failed", error=type(error).__name__)
            raise
        tell("range", publication=what.publication, first=what.first, last=what.last, is_made=is_made)

    def troubled(self, error: CeremonyError) -> None:
        """Somebody hears of it; the worker goes on."""
        warn("working failed", error=type(error).__name__, detail=str(error))
        draw_explanation(ERR, explain(error))


def _worker(home: Home, store: Store, stop: threading.Event) -> Worker:
    if not store.database.is_shared:
        problem = Problem("url", "a database of this machine alone", "a PostgreSQL that several machines share")
        raise SettingsError(str(home.database_file), (problem,))
    shelf = open_shelf(home)
    if not isinstance(shelf, CreatingShelf):
        problem = Problem("url", "a folder", "an object store, such as s3://bucket/folder")
        raise SettingsError(str(home.folder / "shelf.toml"), (problem,))
    # Now rather than in the middle of the night: the shelf is in reach, and the key can be had.
    shelf.read("timestamp.json")
    return Worker(store, shelf, Keyring(home, store), _keep_crash, stop)


def _keep_crash() -> None:
    write_crash(traceback.format_exc(), moment())


def _is_over(stop: threading.Event, supervisor: Supervisor) -> bool:
    supervisor.beat()
    return stop.is_set()
