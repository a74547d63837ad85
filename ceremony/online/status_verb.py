"""The verb that shows how the signer stands: status."""

import json
import sys

import click

from ceremony.online.clock import moment
from ceremony.online.clock_watch import dated_ahead
from ceremony.online.desk import OUT
from ceremony.online.figures import read_store
from ceremony.online.home import Home
from ceremony.online.opening import opened
from ceremony.online.page import draw_status
from ceremony.online.running import Running, draw_running
from ceremony.online.self_check import last_outcome
from ceremony.online.settings import load_signer_settings
from ceremony.online.status import gather_status
from ceremony.online.trouble import last_trouble
from ceremony.online.web.beside import warn
from ceremony.online.web.settings import load_api_settings


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
