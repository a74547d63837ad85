"""The verbs that need people and devices: `sit` and `enrol`."""

from pathlib import Path

import click

from ceremony.cli.console_operator import ConsoleOperator
from ceremony.cli.desk import Desk, pass_desk
from ceremony.cli.drawing import plain
from ceremony.core.plan import PLAN_SIZE_LIMIT
from ceremony.core.words import words_of
from ceremony.engine.bundle import bundle_digest
from ceremony.engine.disk import read_file
from ceremony.engine.room import Room
from ceremony.engine.sitting import Agenda, Outcome, enrol_alone, sit
from ceremony.errors import TerminalError

_PLAN = click.argument("plan", type=click.Path(path_type=Path))
_BUNDLE = click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    help="The bundle's folder, where everything is kept; beside the plan if it is not named.",
)
_DEVICES = click.option(
    "--devices",
    type=click.Path(path_type=Path),
    help="A folder of software devices, for rehearsals; `devices` beside the plan if it is not named.",
)


@click.command("sit", short_help="Hold the ceremony of a plan, or go on with it.")
@_PLAN
@_BUNDLE
@_DEVICES
@click.option("--export", type=click.Path(path_type=Path), help="The folder to make for the release; else it is asked.")
@pass_desk
def sit_verb(desk: Desk, plan: Path, bundle: Path | None, devices: Path | None, export: Path | None) -> None:
    """Hold the ceremony of PLAN, here on the plain terminal, or go on with it from its bundle.

    Everybody acts in turn: plug in, PIN, touch, and two words of the fingerprint. Stop at any question with q or
    Ctrl-C, and start the same command again to go on.
    """
    outcome = sit_on_console(desk, plan, bundle, devices, export)
    desk.out.print(plain(f"Done. The release stands in {outcome.release}.", "bold green"))
    words = " ".join(words_of(bundle_digest(outcome.bundle))[:8])
    desk.out.print(plain(f"The first words of its manifest: {words}"))
    desk.out.print(plain(f"Carry it to the online signer: ceremony-online deliver {outcome.release}"))


@click.command("enrol", short_help="Enrol one keyholder with a device, ahead of the day.")
@_PLAN
@_BUNDLE
@_DEVICES
@click.option("--keyholder", required=True, help="The name of the keyholder, as the plan has it.")
@pass_desk
def enrol_verb(desk: Desk, plan: Path, bundle: Path | None, devices: Path | None, keyholder: str) -> None:
    """Enrol one keyholder of PLAN with a device, ahead of the sitting."""
    agenda = agenda_of(desk, plan, bundle, None)
    enrolment = enrol_alone(_room(desk, plan, devices), agenda, keyholder)
    said = f"{enrolment.keyholder} is enrolled: {enrolment.model} {enrolment.serial}, key {enrolment.keyid[:16]}."
    desk.out.print(plain(said, "bold green"))


def sit_on_console(desk: Desk, plan: Path, bundle: Path | None, devices: Path | None, export: Path | None) -> Outcome:
    """The ceremony of this plan was held on the plain terminal.

    Raises: what `sit` raises.
    """
    agenda = agenda_of(desk, plan, bundle, export)
    return sit(_room(desk, plan, devices), agenda)


def agenda_of(desk: Desk, plan: Path, bundle: Path | None, export: Path | None) -> Agenda:
    """The agenda of a sitting over this plan; its bundle is a folder beside the plan if none is named.

    Raises: StorageError if the plan cannot be read.
    """
    text = read_file(plan, PLAN_SIZE_LIMIT)
    return Agenda(text, str(plan), bundle or plan.with_name(f"{plan.stem}-bundle"), desk.settings.policy, export)


def devices_beside(plan: Path) -> Path | None:
    """The folder of software devices that stands beside a rehearsal's plan, if there is one."""
    folder = plan.with_name("devices")
    return folder if folder.is_dir() else None


def _room(desk: Desk, plan: Path, devices: Path | None) -> Room:
    # Before anything is begun: a bundle that nobody can go on with helps nobody.
    if not desk.terminal.is_there():
        raise TerminalError(0, 0)
    return desk.room(ConsoleOperator(desk.out, desk.terminal), devices or devices_beside(plan))
