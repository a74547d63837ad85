"""The front door of the online signer: `ceremony-online` and its verbs."""

from pathlib import Path

import click

from ceremony.online.access_verbs import token_verbs
from ceremony.online.home import Home
from ceremony.online.import_verbs import advise, import_verb
from ceremony.online.program import run
from ceremony.online.project_verbs import project
from ceremony.online.serve_verbs import serve_verb, status
from ceremony.online.setup_verbs import deliver, init, migrate, rotate_key
from ceremony.online.target_verbs import add, remove
from ceremony.online.upkeep_verbs import backup, check, prune, restore_verb
from ceremony.online.work_verbs import work


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home",
    envvar="CEREMONY_ONLINE_HOME",
    default="online",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The signer's folder: key, database and repository.",
)
@click.version_option(package_name="ceremony")
@click.pass_context
def verbs(context: click.Context, home: Path) -> None:
    """The online signer of a TUF repository.

    It takes in what a key ceremony sealed, and from then on signs bins, snapshot and timestamp with the online key.

    \b
    From nothing to a served repository:
      ceremony-online init --repository packages.example.org
          hand HOME/online-key.json to the ceremony
      ceremony-online deliver BUNDLE
          type the words that the keyholders read aloud
      ceremony-online add demo-1.0.tar.gz
      ceremony-online serve
          any web server serves HOME/repository

    Every command may be repeated: what is done already is left as it is.
    """  # noqa: D301  # click wants the control character itself: it keeps a paragraph's lines as they are
    context.obj = Home(home.absolute())


for verb in (
    init,
    migrate,
    rotate_key,
    deliver,
    serve_verb,
    work,
    add,
    remove,
    import_verb,
    advise,
    project,
    status,
    token_verbs,
    check,
    prune,
    backup,
    restore_verb,
):
    verbs.add_command(verb)


def main() -> None:
    """The program; it ends with the exit status that `ceremony.explain` gives."""
    run(verbs)
