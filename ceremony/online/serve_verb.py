"""The verb that keeps the signer going: serve. It is loaded quickly, so that the front loads beside all the rest."""

import contextlib
import signal
import threading

import click

from ceremony.online.home import Home
from ceremony.online.web.settings import load_api_settings
from ceremony.online.web.waiting_front import waiting_front


@click.command(name="serve", short_help="Publish and sign anew until told to stop.")
@click.option("--listen", multiple=True, metavar="ADDRESS", help="Answer API calls there: HOST:PORT or unix:/PATH.")
@click.option("--api-only", is_flag=True, help="Answer API calls, and leave publishing to others.")
@click.pass_obj
def serve_verb(home: Home, listen: tuple[str, ...], api_only: bool) -> None:  # noqa: FBT001  # click's way
    """Publish what waits, and sign anew what is about to end, until told to stop (SIGTERM, Ctrl-C).

    With --listen, or `listen` in HOME/api.toml, the API answers meanwhile, in a process of its own. It is closed to
    whoever has no token: `ceremony-online token add`.

    Where several machines share a database, one of them publishes; the others stand by, and one of these takes over a
    few seconds after it has died. Any number of machines may serve with --api-only.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    api = load_api_settings(home.folder, listen)
    with contextlib.ExitStack() as stack:
        front = stack.enter_context(waiting_front()) if api.listen and not api_only else None
        from ceremony.online.serving import answer_here, serve_here  # noqa: PLC0415  # both processes load at once

        if api_only:
            answer_here(home, api, stop)
        else:
            serve_here(home, api, stop, front)
