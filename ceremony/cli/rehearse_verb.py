"""The verb that practises: a sitting with make-believe devices, or the whole story with nobody at the keyboard."""

from pathlib import Path

import click

from ceremony.cli.desk import Desk, pass_desk
from ceremony.cli.drawing import plain
from ceremony.cli.practice_devices import KINDS, make_software_device, names_of
from ceremony.cli.rehearse_all import Rehearsal
from ceremony.cli.signer_program import find_signer
from ceremony.cli.sit_verbs import agenda_of, sit_on_console
from ceremony.cli.stage import Wish
from ceremony.cli.stories import STORIES
from ceremony.engine.practice import PINS_FILE, make_practice
from ceremony.errors import TerminalError

_COUNT = click.IntRange(2, 20)


_HELP = """Practise a ceremony with make-believe devices, or with blank YubiKeys. Nothing real is touched.

With --unattended DIR a script answers every question, the online signer takes what comes out, publishes a few files,
and a real client downloads and verifies them. DIR is then ready to look at, and to be served. YubiKeys are used up by
that: their keys and codes are practice ones afterwards, so only blank ones are taken, and somebody has to touch them;
`scripts/with-virtual-yubikeys` has virtual ones.

What can be rehearsed as STORY, each but the first with --unattended alone:
"""


def _told() -> str:
    lines = (f"{name}: {(story.__doc__ or '').splitlines()[0]}" for name, story in STORIES.items())
    return "\n\n".join([_HELP, *lines])


@click.command("rehearse", help=_told(), short_help="Practise with make-believe devices; nothing real is touched.")
@click.argument("story", type=click.Choice([*STORIES]), default="initial")
@click.option("--unattended", type=click.Path(path_type=Path), metavar="DIR", help="Walk the whole story by script.")
@click.option(
    "--devices",
    type=click.Choice(KINDS),
    default="software",
    show_default=True,
    help="With what; mixed: of every three keyholders two have a YubiKey and one a SoftHSM token.",
)
@click.option("--keyholders", type=_COUNT, default=3, show_default=True, help="How many people take part.")
@click.option("--threshold", type=_COUNT, default=2, show_default=True, help="How many of them have to sign.")
@click.option("--signer", type=click.Path(path_type=Path), help="The program ceremony-online, for --unattended.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where to practise; a new folder here, if not named.")
@pass_desk
def rehearse_verb(  # noqa: PLR0913  # one argument for each option
    desk: Desk,
    *,
    story: str,
    unattended: Path | None,
    devices: str,
    keyholders: int,
    threshold: int,
    signer: Path | None,
    folder: Path | None,
) -> None:
    """A ceremony was practised on the desk, or the story was walked by script."""
    if threshold > keyholders:
        raise click.BadParameter(f"at most {keyholders}, as there are keyholders", param_hint="--threshold")
    if unattended is not None:
        _walk(desk, Rehearsal(desk, Wish(story, unattended, devices, keyholders, threshold, find_signer(signer))))
        desk.out.print(plain(f"Done: a client that has {unattended}/root.json trusts this repository.", "bold green"))
    elif story != "initial":
        raise click.UsageError(f"The story {story} is for --unattended rehearsals.")
    elif devices != "software":
        raise click.UsageError("Devices other than software are for --unattended rehearsals.")
    else:
        _practise(desk, folder, names_of(keyholders), threshold)


def _walk(desk: Desk, story: Rehearsal) -> None:
    try:
        story.run()
    finally:
        for line in story.leftovers():
            desk.out.print(plain(line, "yellow"))


def _practise(desk: Desk, folder: Path | None, names: tuple[str, ...], threshold: int) -> None:
    if not desk.terminal.is_there():
        raise TerminalError(0, 0)
    now = desk.clock()
    place = folder or Path(f"rehearsal-{now:%Y-%m-%d-%H%M%S}")
    practice = make_practice(place, names, threshold, now, make_software_device)
    desk.out.print(plain(f"Everything for this rehearsal lies in {place}. These PINs protect nothing:", "bold"))
    for (serial, pin), name in zip(practice.pins.items(), names, strict=True):
        desk.out.print(plain(f"   {name}: device {serial}, PIN {pin.secret}"))
    desk.out.print(plain(f"To go on later: ceremony sit {practice.plan} (the PINs lie beside it, in {PINS_FILE})"))
    outcome = sit_on_console(desk, practice.plan, agenda_of(desk, practice.plan, None), practice.devices)
    desk.out.print(plain(f"Rehearsed. The release stands in {outcome.release}.", "bold green"))
