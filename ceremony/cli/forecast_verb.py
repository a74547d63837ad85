"""The verb that looks ahead: when a ceremony has to start, and what can be lost until then."""

from datetime import UTC, datetime
from pathlib import Path

import click

from ceremony.cli.desk import Desk
from ceremony.cli.drawing import plain, print_json
from ceremony.cli.forecast_page import draw_forecast
from ceremony.core.forecast import LEAD_DAYS, WARN_DAYS, Terms, forecast
from ceremony.core.forecast_json import forecast_json
from ceremony.core.policy import CLIENT_SIZE_LIMITS
from ceremony.engine.bundle import open_bundle
from ceremony.engine.disk import read_file
from ceremony.engine.forecast_subject import read_subject

NOT_GOOD_STATUS = 1
"""What the verb exits with when something is soon, late or expired."""

_HELP = """Show when each role of PATH ends, and by which day a ceremony has to start.

PATH is a bundle, or a published folder of metadata. It is also told how many keys each quorum can lose, how many
an attacker needs, and how long clients can be kept at old metadata.

\b
Exit status, for monitoring:
  0  good: no ceremony has to start soon
  1  soon, late or expired; with --json, `state` says which

A monitor that tells a warning from an alarm asks twice: for the warning as it is, and for the alarm with
--warn-days 0, which leaves late and expired.
"""

_DAYS = click.IntRange(0, 3650)
_MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"])


@click.command("forecast", help=_HELP, short_help="Show when the next ceremony has to start.")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Plain values for machines; `state` is the worst of all roles.")
@click.option(
    "--lead-days",
    type=_DAYS,
    default=LEAD_DAYS,
    show_default=True,
    help="How long before its end a role is late.",
)
@click.option(
    "--warn-days",
    type=_DAYS,
    default=WARN_DAYS,
    show_default=True,
    help="How long before that it is soon.",
)
@click.option(
    "--at", type=_MOMENT, metavar="TIME", help="Another moment than now, in UTC: 2030-01-31T12:00:00Z, or a day."
)
@click.option("--root", type=click.Path(path_type=Path), help="The root that is trusted here; all is verified from it.")
@click.option("--roster", type=click.Path(path_type=Path), help="A bundle whose roster tells whose keys these are.")
@click.pass_context
def forecast_verb(  # noqa: PLR0913  # one parameter for each option
    context: click.Context,
    path: Path,
    *,
    lead_days: int,
    warn_days: int,
    at: datetime | None,
    root: Path | None,
    roster: Path | None,
    as_json: bool,
) -> None:
    """The forecast of `path` is on the desk, and the exit status says whether it is good."""
    desk = context.ensure_object(Desk)
    subject = read_subject(path, None if root is None else read_file(root, CLIENT_SIZE_LIMITS["root"]))
    if not subject.files:
        raise click.BadParameter("nothing has been drafted in this bundle yet.", context, param_hint="'PATH'")
    now = desk.clock() if at is None else at.replace(tzinfo=UTC)
    holders = subject.roster if roster is None else open_bundle(roster).roster
    found = forecast(subject.files, now, Terms(lead_days, warn_days), holders)
    if as_json:
        print_json({**forecast_json(found), "unfinished": subject.is_unfinished})
    else:
        for part in draw_forecast(found):
            desk.out.print(part)
        if subject.is_unfinished:
            desk.out.print(plain("! This ceremony is not over: all of this holds once everything is signed.", "yellow"))
    context.exit(0 if found.state == "good" else NOT_GOOD_STATUS)
