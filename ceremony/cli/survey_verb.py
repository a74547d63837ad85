"""The verb that looks a stranger's repository through: who could trust it, from which root on, and why no earlier."""

from pathlib import Path

import click

from ceremony.cli.desk import Desk
from ceremony.cli.drawing import draw_explanation, print_json
from ceremony.cli.survey_page import draw_survey
from ceremony.core.policy import CLIENT_SIZE_LIMITS
from ceremony.core.survey_json import survey_json
from ceremony.engine.disk import read_file
from ceremony.engine.surveying import look_through
from ceremony.explain import explain

CAUTION_STATUS = 1
"""What the verb exits with when this machine trusts what it sees, and some client does not take it."""

_HELP = """Look through a repository that others have made.

FOLDER is its metadata as it is published: every root, and the newest of all other files. Every signature is checked
from the pinned root on, and each oddity is told, with the clients that refuse the file for it: those on python-tuf, and
strict ones that look at keyids too. Nothing becomes trusted by this, and nothing is changed.

\b
Exit status, for scripts:
  0  every client comes from the pinned root to the end
  1  it can be trusted here, but some client stops, or something has ended;
     with --json, `clients` and `expired` say which
  3  a rule refuses it: it cannot be trusted from this root on
  4  some of it is no metadata at all
"""


@click.command("survey", help=_HELP, short_help="Look through a repository that others have made.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--pinned",
    type=click.Path(path_type=Path),
    metavar="ROOT",
    help="The root file that you have by a way of your own; without it nobody vouches for the first one.",
)
@click.option("--json", "as_json", is_flag=True, help="Plain values for machines; `state` is good, caution or refused.")
@click.pass_context
def survey_verb(context: click.Context, folder: Path, *, pinned: Path | None, as_json: bool) -> None:
    """The survey of `folder` is on the desk, and the exit status says whether clients take what lies there."""
    desk = context.ensure_object(Desk)
    now = desk.clock()
    looked = look_through(folder, None if pinned is None else read_file(pinned, CLIENT_SIZE_LIMITS["root"]))
    refused = None if looked.refusal is None else explain(looked.refusal)
    if as_json:
        told = None if refused is None else {"title": refused.title, "detail": refused.detail, "advice": refused.advice}
        print_json(
            {
                "state": looked.state(now),
                "vouched": looked.is_pinned,
                "refusal": told,
                **survey_json(looked.survey, now),
            }
        )
    else:
        for part in draw_survey(looked, now):
            desk.out.print(part)
        if refused is not None:
            desk.err.print(draw_explanation(refused))
    if refused is not None:
        context.exit(refused.status)
    context.exit(0 if looked.state(now) == "good" else CAUTION_STATUS)
