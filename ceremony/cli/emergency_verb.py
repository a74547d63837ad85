"""The verb for emergencies: asks what has happened, says who does what in which order, and makes the plan for it."""

from pathlib import Path

import click
from rich.padding import Padding

from ceremony.cli.desk import Desk
from ceremony.cli.drawing import draw_explanation, plain
from ceremony.cli.emergency_questions import before_anything_is_said, talk_about_incident
from ceremony.cli.plan_following import Following, read_following
from ceremony.cli.plan_interview import interview, talk_about_following
from ceremony.cli.plan_writing import write_agreed
from ceremony.core.plan import EMERGENCY, PLAN_SIZE_LIMIT, Incident, Plan, parse_plan
from ceremony.core.plan_after import refusals_after
from ceremony.core.plan_emergency import emergency_plan, unmade_online_key, wants_next_key
from ceremony.core.playbook import playbook, playbook_lines
from ceremony.engine.disk import read_file
from ceremony.errors import Problem, SettingsError
from ceremony.explain import explain

_NEW_PLAN = Path("plan.toml")
_BESIDE_ANOTHER = ("TRUSTED-ROOT", "REPOSITORY-SAME", "INCIDENT-KEYS")
"""What a plan breaks that is about something else than this release: its playbook would be about nothing."""


@click.command("emergency", short_help="A key is lost or stolen: who does what, and the plan for it.")
@click.option("--new", "is_new", is_flag=True, help="Ask what has happened, and write a plan to FILE (plan.toml).")
@click.option(
    "--after",
    type=click.Path(path_type=Path),
    metavar="RELEASE",
    required=True,
    help="The release of the last ceremony: your own copy, kept since that day.",
)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.pass_context
def emergency_verb(context: click.Context, file: Path | None, after: Path, *, is_new: bool) -> None:
    """Say what to do when a key is lost or stolen, and make the plan of the ceremony that takes it out.

    The playbook says what a thief can do and for how long, who has to sign, who does what in which order, what clients
    see, and what strangers are told. It follows from the plan and the release alone: without --new, that of the plan in
    FILE is shown again, for everybody who needs it.
    """
    desk = context.ensure_object(Desk)
    following = read_following(after, desk.clock())
    if is_new:
        context.exit(_make(desk, file or _NEW_PLAN, following, after))
    if file is None:
        raise click.UsageError("Say --new, or name the plan of an emergency.", context)
    plan, incident = _read(file)
    for each in refusals_after(plan, following.before):
        if each.rule in _BESIDE_ANOTHER:
            raise each
    _draw(desk, plan, incident, following)


def _make(desk: Desk, file: Path, following: Following, release: Path) -> int:
    """The exit status: the plan was made, or none can be."""
    desk.out.print(plain(f"This follows {following.last.id} of {following.last.repository}."))
    said = interview(desk, before_anything_is_said(following), talk_about_incident(desk.settings.policy, following))
    incident = said.incident or Incident("")
    start = emergency_plan(following.before, following.last, incident, following.now)
    # The next online key is made while people act by the playbook.
    ahead = unmade_online_key() if wants_next_key(incident, following.before) else None
    foreseen = emergency_plan(following.before, following.last, incident, following.now, ahead)
    if not _draw(desk, foreseen, incident, following):
        refused = next(each for each in refusals_after(start, following.before) if each.rule == "ROOT-LEFT")
        told = explain(refused)
        desk.err.print(draw_explanation(told))
        return told.status
    desk.out.print(plain("Now the plan. Whoever was struck gets another device, unless you say otherwise.", "bold"))
    plan = interview(desk, start, talk_about_following(desk.settings.policy, following))
    write_agreed(desk, file, plan, following.differences(plan))
    for line in (
        f"Written to {file}. Next: ceremony plan --check {file} --after {release}",
        f"On the day: ceremony sit {file} --trusted {release}",
        f"The playbook again: ceremony emergency {file} --after {release}",
    ):
        desk.out.print(plain(line, "green"))
    return 0


def _read(file: Path) -> tuple[Plan, Incident]:
    plan = parse_plan(read_file(file, PLAN_SIZE_LIMIT), str(file))
    if plan.incident is None:
        raise SettingsError(str(file), (Problem("kind", f"a plan of kind {plan.kind}", f"one of kind {EMERGENCY}"),))
    return plan, plan.incident


def _draw(desk: Desk, plan: Plan, incident: Incident, following: Following) -> bool:
    """The playbook stands on the screen; true where a root can follow the one of today."""
    found = playbook(plan, incident, following.before)
    for line in playbook_lines(found):
        text = line.lstrip()
        indent = len(line) - len(text)
        desk.out.print(Padding(plain(text or " ", "" if indent else "bold"), (0, 0, 0, indent), expand=False))
    return found.is_in_band
