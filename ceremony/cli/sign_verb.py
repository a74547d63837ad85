"""The verb of a keyholder at another place: review a request on a machine of one's own, sign it, answer it."""

from dataclasses import replace
from pathlib import Path

import click

from ceremony.cli.codes_shown import code_room, save_codes, show_codes
from ceremony.cli.desk import Desk, pass_desk
from ceremony.cli.drawing import plain
from ceremony.cli.own_options import PINNED, refuse_lone_pin
from ceremony.cli.room_here import manned_room
from ceremony.core.plan import parse_plan
from ceremony.engine.elsewhere import Answered, agenda_for, sign_elsewhere
from ceremony.engine.opening import Agenda
from ceremony.engine.qr import response_codes
from ceremony.errors import StoppedError

_STAGE = "Scan the code of the request"


@click.command("sign", short_help="Review and sign a request that came from another place.")
@click.argument("request", type=click.Path(path_type=Path))
@click.option(
    "--trusted",
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH",
    help="What this machine trusts itself: a root file, the release of the ceremony before, or the repository's "
    "metadata. Only a first ceremony is signed without.",
)
@PINNED
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder for this place's own copy of the request, to make or to go on with; here if it is not named.",
)
@click.option(
    "--export", type=click.Path(path_type=Path), metavar="DIR", help="The folder to make for the response; else asked."
)
@click.option("--devices", type=click.Path(path_type=Path), help="A folder of software devices, for rehearsals.")
@click.option("--scan", is_flag=True, help="Compare the request with the code that the others show: it is asked for.")
@click.option("--qr", is_flag=True, help="Show the response as codes too, for the others to scan.")
@click.option(
    "--qr-svg",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Save the codes as pictures to print; of several, each gets a number behind the file's name.",
)
@pass_desk
def sign_verb(  # noqa: PLR0913  # one argument for each option
    desk: Desk,
    *,
    request: Path,
    trusted: Path | None,
    pinned: Path | None,
    into: Path | None,
    export: Path | None,
    devices: Path | None,
    scan: bool,
    qr: bool,
    qr_svg: Path | None,
) -> None:
    """Review the REQUEST of a ceremony that is held elsewhere, sign it here, and write the response.

    The request is a folder that `ceremony send` wrote. It is drafted and reviewed again on this machine, against what
    this machine trusts itself; whoever is here signs as in any sitting. What goes back are signatures alone. Stop at
    any question with q or Ctrl-C, and start the same command again to go on.
    """
    refuse_lone_pin(trusted, pinned)
    room = manned_room(desk, devices)
    agenda = replace(_agenda(desk, request, into, trusted, export), pinned=pinned)
    answered = sign_elsewhere(room, agenda, request, _scanned(desk) if scan else "")
    count = len(answered.response.signatures)
    desk.out.print(plain(f"Signed: {count} signatures. The response stands in {answered.place}.", "bold green"))
    for line in (
        "Unplug the devices and put them away.",
        f"Carry that folder back. There: ceremony gather BUNDLE {answered.place.name}",
        f"This place's own copy, with its record, is {answered.folder}.",
    ):
        desk.out.print(plain(line))
    _tell_codes(desk, answered, on_screen=qr, file=qr_svg)


def _agenda(desk: Desk, request: Path, into: Path | None, trusted: Path | None, export: Path | None) -> Agenda:
    agenda = agenda_for(request, into or Path(), desk.settings.policy, trusted, export)
    folder = into or Path(f"{parse_plan(agenda.plan_text, agenda.plan_name).id}-signed-here")
    return replace(agenda, folder=folder, authorities=desk.settings.attestation_folders)


def _scanned(desk: Desk) -> str:
    """What a scanner typed; nobody goes on without it who asked for it."""
    try:
        typed = desk.terminal.read_line(f"{_STAGE}, or type it> ").strip()
    except (EOFError, KeyboardInterrupt) as error:
        raise StoppedError("the operator", _STAGE) from error
    if not typed:
        raise StoppedError("the operator", _STAGE)
    return typed


def _tell_codes(desk: Desk, answered: Answered, *, on_screen: bool, file: Path | None) -> None:
    if not on_screen and file is None:
        return
    texts = response_codes(answered.response, answered.request, code_room(desk))
    if file is not None:
        places = ", ".join(str(each) for each in save_codes(texts, file))
        desk.out.print(plain(f"To print: {places}. There: ceremony gather BUNDLE --scan"))
    if on_screen:
        show_codes(desk, texts, "The response")
