"""The verbs of the place that holds a ceremony which is signed at several: `send`, `gather` and `withdraw`."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from ceremony.cli.codes_shown import save_codes, show_codes
from ceremony.cli.desk import Desk, pass_desk
from ceremony.cli.drawing import draw_explanation, plain
from ceremony.cli.own_options import PINNED, refuse_lone_pin
from ceremony.cli.room_here import manned_room, room_here
from ceremony.core.changes import listed
from ceremony.core.qr_text import request_as_qr_text
from ceremony.core.response import Request
from ceremony.core.review import fingerprint_of
from ceremony.core.withdrawal import withdrawal
from ceremony.core.words import words_of
from ceremony.engine.bundle import Bundle, bundle_digest, open_bundle
from ceremony.engine.carried import send
from ceremony.engine.gather import Gathered, gather_alone
from ceremony.engine.opening import Agenda
from ceremony.engine.status import status_of
from ceremony.engine.withdraw import withdraw
from ceremony.errors import StoppedError
from ceremony.explain import explain

_BUNDLE = click.argument("bundle", type=click.Path(path_type=Path))
_WITHDRAWAL = "Withdraw the ceremony"


@click.command("send", short_help="Write the request for keyholders at other places.")
@_BUNDLE
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--qr", is_flag=True, help="Show the request's fingerprint as a code too, for the others to compare.")
@click.option("--qr-svg", type=click.Path(path_type=Path), metavar="FILE", help="Save that code as a picture to print.")
@pass_desk
def send_verb(desk: Desk, *, bundle: Path, folder: Path, qr: bool, qr_svg: Path | None) -> None:
    """Write the request in BUNDLE to the new folder DIR, for keyholders who sign it at other places.

    It holds no secret. What was reviewed is in it, and what was signed so far; a ceremony that was withdrawn is marked
    so in it. Write it as often as you like: one stick for each place.
    """
    sent = send(room_here(desk), bundle, folder)
    desk.out.print(plain(f"The request stands in {folder}.", "bold green"))
    words = " ".join(words_of(bundle_digest(sent))[:8])
    desk.out.print(plain(f"The first words of its manifest: {words}"))
    if withdrawal(sent.transcript) is not None:
        desk.out.print(plain("It tells that the ceremony was withdrawn: nobody signs it any more.", "yellow"))
        return
    desk.out.print(plain(f"Its fingerprint: {' '.join(fingerprint_of(sent.files).words)}"))
    desk.out.print(plain(f"Whoever signs it: ceremony sign {folder.name} --trusted PATH"))
    _tell_code(desk, sent, on_screen=qr, file=qr_svg)


@click.command("gather", short_help="Take in what was signed at other places.")
@_BUNDLE
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]...")
@click.option(
    "--trusted",
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH",
    help="What this machine trusts itself, for a ceremony that follows another.",
)
@PINNED
@click.option("--scan", is_flag=True, help="Take codes from the keyboard too, one on each line, up to an empty line.")
@click.pass_context
def gather_verb(  # noqa: PLR0913  # one argument for each option
    context: click.Context,
    *,
    bundle: Path,
    paths: tuple[Path, ...],
    trusted: Path | None,
    pinned: Path | None,
    scan: bool,
) -> None:
    """Take the responses at each PATH into BUNDLE: files, or folders in which they lie.

    Each signature is verified over the bytes that were reviewed here. Responses come in any order, and again as often
    as you like; one that is refused keeps no other from being taken in.
    """
    desk = context.ensure_object(Desk)
    if not paths and not scan:
        raise click.UsageError("Name the responses that came back, or say --scan.", context)
    refuse_lone_pin(trusted, pinned)
    text = open_bundle(bundle).plan_text
    authorities = desk.settings.attestation_folders
    agenda = Agenda(text, "plan.toml", bundle, desk.settings.policy, authorities=authorities)
    agenda = replace(agenda, trusted=trusted, pinned=pinned)
    found = gather_alone(room_here(desk), agenda, paths, _typed(desk) if scan else ())
    for each in found:
        desk.out.print(plain(f"{each.where}: {_became(each)}", "bold red" if each.error else "green"))
    _tell_what_is_missing(desk, bundle)
    errors = [explain(each.error) for each in found if each.error is not None]
    for error in errors:
        desk.err.print(draw_explanation(error))
    context.exit(errors[0].status if errors else 0)


@click.command("withdraw", short_help="Give a ceremony up for ever.")
@_BUNDLE
@pass_desk
def withdraw_verb(desk: Desk, *, bundle: Path) -> None:
    """Mark the ceremony in BUNDLE as given up: nobody can sit, sign, take anything in or verify it any more.

    There is no way back. Other places learn of it when the marked bundle is sent there.
    """
    if not withdraw(manned_room(desk), bundle):
        raise StoppedError("the operator", _WITHDRAWAL)
    desk.out.print(plain("The ceremony is withdrawn, for ever.", "bold green"))
    desk.out.print(plain(f"Tell the other places: ceremony send {bundle} DIR, once for each of them."))


def _tell_code(desk: Desk, sent: Bundle, *, on_screen: bool, file: Path | None) -> None:
    text = request_as_qr_text(Request(sent.plan.id, sent.plan.repository, sent.files, sent.quorums))
    if file is not None:
        (place,) = save_codes((text,), file)
        desk.out.print(plain(f"To print: {place}. There: ceremony sign REQUEST --scan"))
    if on_screen:
        show_codes(desk, (text,), "The request's fingerprint")


def _typed(desk: Desk) -> Iterator[str]:
    """What a scanner types, one code after the other: each is taken in before the next one is asked for."""
    while True:
        try:
            line = desk.terminal.read_line("code, or Enter = no more> ").strip()
        except EOFError:
            return
        if not line:
            return
        yield line


def _became(found: Gathered) -> str:
    if found.error is not None:
        return "NOT taken in, see below"
    people = listed(found.people) if found.people else "somebody who is not on record"
    news = "1 new signature" if found.added == 1 else f"{found.added} new signatures" if found.added else "nothing new"
    return f"signed by {people}, {news}"


def _tell_what_is_missing(desk: Desk, bundle: Path) -> None:
    status = status_of(open_bundle(bundle))
    if status.is_complete:
        desk.out.print(plain("Every role has the signatures it needs: ceremony sit PLAN seals it.", "bold green"))
        return
    desk.out.print(plain(f"Still to sign, until {status.closes}:", "bold"))
    for each in status.awaited:
        desk.out.print(plain(f"   {each.line}"))
