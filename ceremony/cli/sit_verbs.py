"""The verbs that need people and devices: `sit` and `enrol`."""

from dataclasses import replace
from pathlib import Path

import click

from ceremony.cli.desk import Desk, pass_desk
from ceremony.cli.drawing import plain
from ceremony.cli.own_options import PINNED, refuse_lone_pin
from ceremony.cli.room_here import manned_room
from ceremony.core.plan import PLAN_SIZE_LIMIT, parse_plan
from ceremony.core.words import words_of
from ceremony.engine.batch import batch_beside
from ceremony.engine.bundle import bundle_digest
from ceremony.engine.disk import read_file
from ceremony.engine.enrol_alone import enrol_alone
from ceremony.engine.opening import Agenda, to_enrol
from ceremony.engine.own import read_own
from ceremony.engine.sitting import Outcome, sit

_PLAN = click.argument("plan", type=click.Path(path_type=Path))
_DEVICES = click.option(
    "--devices",
    type=click.Path(path_type=Path),
    help="A folder of software devices, for rehearsals; `devices` beside the plan if it is not named.",
)
_TRUSTED = click.option(
    "--trusted",
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH",
    help="What this machine trusts itself, for a ceremony that follows another: the release before it, to begin with; "
    "to go on, a root file or the repository's metadata will do.",
)
_KEY_WORDS = 4


@click.command("sit", short_help="Hold the ceremony of a plan, or go on with it.")
@_PLAN
@click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    help="The bundle's folder, where everything is kept; beside the plan if it is not named.",
)
@_DEVICES
@click.option(
    "--enrolment",
    "enrolments",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    metavar="DIR",
    help="A folder that `ceremony enrol` made elsewhere; can be said again. Sticks are looked at anyway.",
)
@click.option(
    "--response",
    "responses",
    type=click.Path(exists=True, path_type=Path),
    multiple=True,
    metavar="PATH",
    help="What came back from another place, a file or a folder; can be said again. Sticks are looked at anyway.",
)
@_TRUSTED
@PINNED
@click.option(
    "--claims",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="BATCH",
    help="The batch of projects that the plan names; claims.json beside the plan if it is not named.",
)
@click.option("--export", type=click.Path(path_type=Path), help="The folder to make for the release; else it is asked.")
@pass_desk
def sit_verb(  # noqa: PLR0913  # one argument for each option
    desk: Desk,
    *,
    plan: Path,
    bundle: Path | None,
    devices: Path | None,
    enrolments: tuple[Path, ...],
    responses: tuple[Path, ...],
    trusted: Path | None,
    pinned: Path | None,
    claims: Path | None,
    export: Path | None,
) -> None:
    """Hold the ceremony of PLAN, here on the plain terminal, or go on with it from its bundle.

    Everybody acts in turn: plug in, PIN, touch, and two words of the fingerprint. Stop at any question with q or
    Ctrl-C, and start the same command again to go on. Who is not here can sign at another place: `ceremony send`
    writes the request for it, and what comes back is taken in here.
    """
    refuse_lone_pin(trusted, pinned)
    agenda = replace(agenda_of(desk, plan, bundle), export=export, enrolments=enrolments, trusted=trusted)
    agenda = replace(agenda, responses=responses, claims=claims or batch_beside(plan), pinned=pinned)
    outcome = sit_on_console(desk, plan, agenda, devices)
    desk.out.print(plain(f"Done. The release stands in {outcome.release}.", "bold green"))
    words = " ".join(words_of(bundle_digest(outcome.bundle))[:8])
    desk.out.print(plain(f"The first words of its manifest: {words}"))
    desk.out.print(plain(f"Carry it to the online signer: ceremony-online deliver {outcome.release}"))


@click.command("enrol", short_help="Enrol one keyholder with a device, away from the room.")
@_PLAN
@click.option("--keyholder", required=True, help="The name of the keyholder, as the plan has it.")
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder to make, or to go on with; beside the plan if it is not named.",
)
@_DEVICES
@_TRUSTED
@PINNED
@pass_desk
def enrol_verb(  # noqa: PLR0913  # one argument for each option
    desk: Desk,
    *,
    plan: Path,
    keyholder: str,
    into: Path | None,
    devices: Path | None,
    trusted: Path | None,
    pinned: Path | None,
) -> None:
    """Enrol one keyholder of PLAN with a device, away from the room and ahead of the day.

    What comes out is a folder that holds nothing secret, for whoever holds the ceremony.
    """
    refuse_lone_pin(trusted, pinned)
    folder = into or plan.parent / f"{plan.stem}-enrolment-{keyholder}"
    agenda = replace(agenda_of(desk, plan, folder), trusted=trusted, pinned=pinned)
    found = parse_plan(agenda.plan_text, agenda.plan_name)
    enrolling = to_enrol(found, read_own(trusted, pinned) if trusted else None)
    if keyholder in {each.name for each in found.keyholders} - {each.name for each in enrolling}:
        raise click.BadParameter(f"{keyholder} keeps the key of before: there is nothing to enrol.", param_hint="PLAN")
    enrolment = enrol_alone(manned_room(desk, devices or devices_beside(plan)), agenda, keyholder)
    said = f"{enrolment.keyholder} is enrolled: {enrolment.model} {enrolment.serial}, key {enrolment.keyid[:16]}."
    words = " ".join(words_of(bytes.fromhex(enrolment.keyid))[:_KEY_WORDS])
    also = _also(trusted, pinned)
    desk.out.print(plain(said, "bold green"))
    for line in (
        f"Unplug the device and put it away; it signs at the ceremony. The enrolment stands in {folder}.",
        f"Carry that folder to the ceremony: ceremony sit {plan.name} --enrolment {folder.name}{also}",
        "On a stick it is found there by itself.",
        f"Tell the others the first words of the key, by telephone or in person: {words}. The review shows them.",
    ):
        desk.out.print(plain(line))


def sit_on_console(desk: Desk, plan: Path, agenda: Agenda, devices: Path | None) -> Outcome:
    """The ceremony of this plan was held on the plain terminal.

    Raises: what `sit` raises.
    """
    return sit(manned_room(desk, devices or devices_beside(plan)), agenda)


def agenda_of(desk: Desk, plan: Path, folder: Path | None) -> Agenda:
    """The agenda of a sitting over this plan; its bundle is a folder beside the plan if none is named.

    Raises: StorageError if the plan cannot be read.
    """
    return Agenda(
        plan_text=read_file(plan, PLAN_SIZE_LIMIT),
        plan_name=str(plan),
        folder=folder or plan.with_name(f"{plan.stem}-bundle"),
        policy=desk.settings.policy,
        authorities=desk.settings.attestation_folders,
    )


def _also(trusted: Path | None, pinned: Path | None) -> str:
    if trusted is None:
        return ""
    return " --trusted FOLDER --pinned ROOT" if pinned else " --trusted RELEASE"


def devices_beside(plan: Path) -> Path | None:
    """The folder of software devices that stands beside a rehearsal's plan, if there is one."""
    folder = plan.with_name("devices")
    return folder if folder.is_dir() else None
