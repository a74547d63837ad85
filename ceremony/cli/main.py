"""`ceremony VERB`: the verbs in the order in which they are used, and what they have in common."""

import os
from dataclasses import replace
from pathlib import Path

import click

from ceremony.cli.desk import Desk
from ceremony.cli.front_door import FrontDoor
from ceremony.cli.verbs import Verbs
from ceremony.explain import STATUS_MEANINGS
from ceremony.settings import Settings, load_settings

PRACTICE_AUTHORITY = "CEREMONY_PRACTICE_AUTHORITY"
"""Names a folder with the certificates that vouch for make-believe YubiKeys; no real ceremony believes them."""

_HELP = """Hold the key ceremonies of a TUF repository: people with devices sign what clients trust.

\b
The story in five lines:
  1. The online signer makes its key file:       ceremony-online init
  2. You write down what is to be signed:        ceremony plan --new
  3. On a day, keyholders sit and sign it:       ceremony sit PLAN
  4. Anybody can check what came out:            ceremony verify BUNDLE
  5. You carry it to the online signer:          ceremony-online deliver BUNDLE

Later people, devices and dates change: `ceremony plan --new --after RELEASE` writes down what, and
`ceremony sit PLAN --trusted RELEASE` signs it.

Not everybody is in one room? `ceremony send` writes a request for other places, `ceremony sign` signs it there, and
`ceremony gather` takes in what comes back.

A key is lost, or somebody else may have one? `ceremony emergency --new --after RELEASE` says who does what, in which
order, and makes the plan for it.

Never done it before? `ceremony rehearse` walks you through all of it with make-believe devices. Without a verb,
the program opens its screens.
"""

_EPILOG = "\b\nExit statuses:\n" + "\n".join(f"  {status:2}  {what}" for status, what in STATUS_MEANINGS.items())


class InOrder(FrontDoor):
    """A group whose verbs are listed in the order in which they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the verbs, in that order."""
        del ctx
        return list(self.commands)


@click.group(
    cls=InOrder,
    commands=Verbs(),
    help=_HELP,
    epilog=_EPILOG,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path),
    help="Settings of this machine; ~/.config/ceremony/settings.toml if it is not named.",
)
@click.version_option(package_name="ceremony")
@click.pass_context
def ceremony(context: click.Context, settings_file: Path | None) -> None:
    """Every verb finds its desk, with the settings of this machine; without a verb the screens open."""
    desk = context.ensure_object(Desk)
    context.obj = desk = replace(desk, settings=_with_practice(load_settings(settings_file)))
    if context.invoked_subcommand is not None:
        return
    if desk.open_screens is None:
        click.echo(context.get_help())
    else:
        context.exit(desk.open_screens(desk.settings))


def _with_practice(settings: Settings) -> Settings:
    practice = os.environ.get(PRACTICE_AUTHORITY)
    if not practice:
        return settings
    return replace(settings, attestation_folders=(*settings.attestation_folders, Path(practice)))
