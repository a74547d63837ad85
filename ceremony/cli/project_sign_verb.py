"""The verb with which a developer signs what a project publishes."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import click
from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
from securesystemslib.signer import Signature, Signer

from ceremony.cli.desk import Desk, pass_desk
from ceremony.cli.drawing import plain
from ceremony.cli.project_keys import KeyOnDevice, with_key_in_file, with_key_on_device
from ceremony.core.metadata_file import MetadataFile, decode_metadata_file
from ceremony.core.policy import size_limit
from ceremony.core.project_metadata import project_metadata
from ceremony.core.projects import PROJECT_NAME, PROJECT_NAME_WORDS, project_role
from ceremony.core.request_rules import PATH_RULES
from ceremony.core.signed import targets_of
from ceremony.engine.disk import create_file
from ceremony.engine.regular_file import read_regular
from ceremony.errors import TamperedError

_DAYS_LIMIT = 730
_FILE_LIMIT = 1 << 30


@click.command("sign", short_help="Sign the list of a project's files.")
@click.option("--project", required=True, metavar="NAME", help="The project, as its claim has it.")
@click.option("--as", "prefix", default="", metavar="PATH/", help="What stands before the names of the files.")
@click.option("--version", type=click.IntRange(1), default=1, show_default=True, help="One more than the last one.")
@click.option("--days", type=click.IntRange(1, _DAYS_LIMIT), default=365, show_default=True, help="How long it lasts.")
@click.option(
    "--onto",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="LIST",
    help="A list that another developer has signed: sign the same, without naming files.",
)
@click.option("--serial", help="The device; without it, the only one that is plugged in, or the one you choose.")
@click.option("--key", "label", metavar="LABEL", help="What the key is called on the device; the role, if not named.")
@click.option("--devices", type=click.Path(path_type=Path), help="A folder of software devices to look into.")
@click.option("--key-file", type=click.Path(path_type=Path), help="A private key instead, as for `project claim`.")
@click.option("--out", type=click.Path(path_type=Path), help="The file to make; named after the role, if not named.")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@pass_desk
def sign_project_verb(  # noqa: PLR0913  # one argument for each option
    desk: Desk,
    *,
    project: str,
    prefix: str,
    version: int,
    days: int,
    onto: Path | None,
    serial: str | None,
    label: str | None,
    devices: Path | None,
    key_file: Path | None,
    out: Path | None,
    files: tuple[Path, ...],
) -> None:
    """Sign the list of all FILES that a project publishes; what the list does not name is not published any more.

    With a threshold of two or more, the other developers sign the same list with --onto. The online signer takes it
    with the files: `ceremony-online project upload NAME LIST FILES`.
    """
    if not re.fullmatch(PROJECT_NAME, project):
        raise click.BadParameter(PROJECT_NAME_WORDS, param_hint="--project")
    if bool(files) == (onto is not None):
        raise click.UsageError("Name either FILES, or with --onto a list that is signed already.")
    if key_file is not None and (serial or label or devices):
        raise click.UsageError("Say either --key-file, or what is about a device.")
    role = project_role(project)
    end = desk.clock() + timedelta(days=days)
    found = _listed(files, prefix, project, version, end) if onto is None else _read(onto, role)
    for path, about in targets_of(found).targets.items():
        desk.out.print(plain(f"   {path}: {about.length} bytes, SHA-256 {about.hashes.get('sha256', 'unknown')[:16]}"))
    if key_file is not None:
        signature = with_key_in_file(desk, key_file, lambda signer: _signature(signer, found))
    else:
        wanted = KeyOnDevice(serial, devices, label or role)
        signature = with_key_on_device(desk, wanted, lambda signer: _signature(signer, found))
    signed = found.with_signature(signature)
    file = out or Path(f"{role}.json")
    create_file(file, signed.encode(), is_public=True)
    count = len(signed.signatures)
    said = f"Written to {file}: {role}, version {signed.version}, with {count} signature{'' if count == 1 else 's'}."
    desk.out.print(plain(said, "bold green"))


def _listed(files: tuple[Path, ...], prefix: str, project: str, version: int, end: datetime) -> MetadataFile:
    """The list of these files, each under a path that a repository takes.

    Raises: RefusedError; TamperedError; StorageError.
    """
    named = {f"{prefix}{file.name}": file for file in files}
    for path in named:
        PATH_RULES.check(path)
    contents = {path: read_regular(file, _FILE_LIMIT) for path, file in named.items()}
    return project_metadata(project, version, end, contents)


def _read(onto: Path, role: str) -> MetadataFile:
    return decode_metadata_file(read_regular(onto, size_limit(role)), role, onto.name)


def _signature(signer: Signer, found: MetadataFile) -> Signature:
    """The signature of this key, which verifies.

    Raises: TamperedError; what the signer raises.
    """
    signature = signer.sign(found.payload)
    try:
        signer.public_key.verify_signature(signature, found.payload)
    except (UnverifiedSignatureError, VerificationError) as error:
        raise TamperedError("a signature that does not verify", found.name) from error
    return signature
