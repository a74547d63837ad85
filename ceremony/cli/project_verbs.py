"""The verbs of projects that sign for themselves: `claim` and `sign` for developers, `batch` for whoever plans."""

import re
from pathlib import Path

import click
from securesystemslib.signer import Signer

from ceremony.cli.desk import Desk, pass_desk
from ceremony.cli.drawing import plain
from ceremony.cli.project_keys import KeyOnDevice, with_key_in_file, with_key_on_device
from ceremony.cli.project_sign_verb import sign_project_verb
from ceremony.cli.review_drawing import draw_change
from ceremony.core.path_patterns import PATTERN_WORDS, is_pattern
from ceremony.core.project_changes import grouped, keys_in_words, shared_keys
from ceremony.core.projects import PROJECT_NAME, PROJECT_NAME_WORDS, Project, encode_claims, project_role
from ceremony.core.words import words_of
from ceremony.engine.batch import CLAIMS_NAME, check_batch, check_claim, join_claims, prove_claim
from ceremony.engine.disk import create_file
from hsm import Scheme

_REPOSITORY = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
_KEY_WORDS = 4
_MOST_SIGNATURES = 16


@click.group("project", short_help="Claim a project's paths, sign its files, or gather claims for a ceremony.")
def project_verbs() -> None:
    """Projects that sign for themselves: their developers hand in public keys, a ceremony lets them in.

    A project has paths of its own below a delegation of the repository, which nobody else signs from then on.
    """


@project_verbs.command("claim", short_help="Hand in a public key of a project, with its proof.")
@click.option("--repository", required=True, metavar="NAME", help="The repository, such as packages.example.org.")
@click.option("--project", required=True, metavar="NAME", help="The project, in small letters, digits and dashes.")
@click.option(
    "--path",
    "paths",
    required=True,
    multiple=True,
    metavar="PATTERN",
    help="What the project signs, such as 'files/demo/*'; can be said again.",
)
@click.option(
    "--threshold",
    type=click.IntRange(1, _MOST_SIGNATURES),
    default=1,
    show_default=True,
    help="How many of the project's keys have to sign; every developer says the same.",
)
@click.option("--serial", help="The device; without it, the only one that is plugged in, or the one you choose.")
@click.option("--key", "label", metavar="LABEL", help="What the key is called on the device; the role, if not named.")
@click.option("--slot", default="", help="Where a device with slots makes the key; the first empty one, if not named.")
@click.option(
    "--scheme",
    type=click.Choice([each.value for each in Scheme]),
    default=Scheme.P256.value,
    show_default=True,
    help="What kind of key a device makes that has none yet.",
)
@click.option("--devices", type=click.Path(path_type=Path), help="A folder of software devices to look into.")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    help="A private key instead of a device: PKCS#8 in PEM, under a passphrase, which is asked for.",
)
@click.option("--out", type=click.Path(path_type=Path), help="The file to make; named after the project, if not named.")
@pass_desk
def claim_verb(  # noqa: PLR0913  # one argument for each option
    desk: Desk,
    *,
    repository: str,
    project: str,
    paths: tuple[str, ...],
    threshold: int,
    serial: str | None,
    label: str | None,
    slot: str,
    scheme: str,
    devices: Path | None,
    key_file: Path | None,
    out: Path | None,
) -> None:
    """Hand in a public key of a project, with the proof that you hold it.

    The key is on your device, which makes one if it has none of that name; no key that is there is lost. What comes out
    is a file without anything secret, for whoever plans the ceremony: `ceremony project batch` takes it. With several
    developers each makes a file of their own, with the same paths and the same threshold.
    """
    _refuse_unreadable(repository, project, paths)
    if key_file is not None and (serial or label or slot or devices):
        raise click.UsageError("Say either --key-file, or what is about a device.")

    def prove(signer: Signer) -> Project:
        return prove_claim(signer, repository, Project(project, paths, threshold, ()))

    if key_file is not None:
        found = with_key_in_file(desk, key_file, prove)
    else:
        name = label or project_role(project)
        found = with_key_on_device(desk, KeyOnDevice(serial, devices, name, Scheme(scheme), slot), prove)
    check_claim(repository, found, desk.clock())
    keyid = found.keys[0].keyid
    file = out or Path(f"{project_role(project)}-{keyid[:8]}.json")
    create_file(file, encode_claims(repository, (found,)), is_public=True)
    desk.out.print(plain(f"Written to {file}: key {keyid[:16]} of {project}, {threshold} to sign.", "bold green"))
    words = " ".join(words_of(bytes.fromhex(keyid))[:_KEY_WORDS])
    for line in (
        "Send it to whoever plans the ceremony. Nothing in it is secret.",
        f"Tell them the first words of the key too, by telephone or in person: {words}",
    ):
        desk.out.print(plain(line))


@project_verbs.command("batch", short_help="Join claims to one batch for a ceremony.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path(CLAIMS_NAME), show_default=True, help="The file to make."
)
@pass_desk
def batch_verb(desk: Desk, files: tuple[Path, ...], out: Path) -> None:
    """Join claims, and folders of claims, to one batch for a ceremony.

    Every proof is verified, and every rule that can be judged without a plan is. The same claims give the same batch,
    in whatever order they are named.
    """
    batch = join_claims(files)
    check_batch(batch, desk.clock())
    create_file(out, encode_claims(batch.repository, batch.projects), is_public=True)
    for each in grouped(batch.projects):
        desk.out.print(draw_change(each))
    for line in shared_keys(batch.projects):
        desk.out.print(plain(f"! {line}", "yellow"))
    desk.out.print(plain("The first words of each key; ask its developer for them, by telephone or in person:"))
    for line in keys_in_words(batch.projects):
        desk.out.print(plain(f"  {line}"))
    keys = sum(len(each.keys) for each in batch.projects)
    counted = f"{_counted(len(batch.projects), 'project')} of {batch.repository}, {_counted(keys, 'key')}"
    desk.out.print(plain(f"Written to {out}: {counted}, every proof verified.", "bold green"))
    desk.out.print(plain(f"Next: ceremony plan --new --after RELEASE --claims {out}"))


def _refuse_unreadable(repository: str, project: str, paths: tuple[str, ...]) -> None:
    """Nothing, if a batch could hold these.

    Raises: BadParameter.
    """
    if not re.fullmatch(_REPOSITORY, repository):
        raise click.BadParameter("a name such as packages.example.org", param_hint="--repository")
    if not re.fullmatch(PROJECT_NAME, project):
        raise click.BadParameter(PROJECT_NAME_WORDS, param_hint="--project")
    if not all(is_pattern(each) for each in paths):
        raise click.BadParameter(PATTERN_WORDS, param_hint="--path")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


project_verbs.add_command(sign_project_verb)
