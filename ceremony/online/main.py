"""The front door of the online signer: `ceremony-online` and its verbs."""

from importlib import import_module
from pathlib import Path

import click

from ceremony.online.home import Home
from ceremony.online.program import run

_ROOMS = {
    "init": "setup_verbs:init",
    "migrate": "setup_verbs:migrate",
    "rotate-key": "setup_verbs:rotate_key",
    "deliver": "setup_verbs:deliver",
    "serve": "serve_verb:serve_verb",
    "work": "work_verbs:work",
    "add": "target_verbs:add",
    "remove": "target_verbs:remove",
    "import": "import_verbs:import_verb",
    "advise": "import_verbs:advise",
    "compare": "compare_verb:compare",
    "project": "project_verbs:project",
    "status": "status_verb:status",
    "token": "access_verbs:token_verbs",
    "check": "upkeep_verbs:check",
    "prune": "upkeep_verbs:prune",
    "backup": "upkeep_verbs:backup",
    "restore": "upkeep_verbs:restore_verb",
}
"""Where each verb is at home."""


class _Verbs(click.Group):
    """Verbs of which only that is loaded which is asked for: loading them all takes longer than most of them do."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's way
        """Every verb, in order."""
        return sorted(_ROOMS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # the same
        """The verb of this name, None if there is none."""
        if cmd_name not in _ROOMS:
            return None
        room, _, name = _ROOMS[cmd_name].partition(":")
        found: click.Command = getattr(import_module(f"ceremony.online.{room}"), name)
        return found


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
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


def main() -> None:
    """The program; it ends with the exit status that `ceremony.explain` gives."""
    run(verbs)
