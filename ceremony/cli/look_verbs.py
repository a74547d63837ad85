"""The verbs that look at a bundle: `status` and `verify`."""

from collections.abc import Iterator
from pathlib import Path

import click
from rich.padding import Padding

from ceremony.cli.desk import Desk, pass_desk
from ceremony.cli.drawing import draw_explanation, plain, print_json
from ceremony.cli.own_check import verify_from
from ceremony.cli.own_options import PINNED, refuse_lone_pin
from ceremony.engine.bundle import open_bundle
from ceremony.engine.status import QuorumStatus, SignerStatus, Status, status_of
from ceremony.explain import explain

_BUNDLE = click.argument("bundle", type=click.Path(path_type=Path))
_UNJUDGED = "! Nobody has checked that it starts from the real thing: name what you have yourself with --trusted."
_JSON = click.option("--json", "as_json", is_flag=True, help="Plain values for machines.")


@click.command("status", short_help="Show who has signed and who is missing.")
@_BUNDLE
@_JSON
@pass_desk
def status_verb(desk: Desk, bundle: Path, *, as_json: bool) -> None:
    """Show how the ceremony in BUNDLE stands: who has signed, who is missing."""
    status = status_of(open_bundle(bundle))
    if as_json:
        print_json(status.as_json())
        return
    mark = " (REHEARSAL)" if status.is_rehearsal else ""
    desk.out.print(plain(f"{status.ceremony}: {status.kind} of {status.repository}{mark}, a {status.purpose}", "bold"))
    if status.withdrawn:
        desk.out.print(plain(f"DEFUNCT, withdrawn at {status.withdrawn}", "bold red"))
        desk.out.print(plain("Nobody signs it any more, at any place. What follows is how it stood.", "red"))
    for depth, line in _role_lines(status):
        desk.out.print(Padding(plain(line), (0, 0, 0, depth), expand=False))
    for each in _awaited_lines(status):
        desk.out.print(plain(each))
    if status.not_enrolled:
        desk.out.print(plain(f"Not enrolled yet: {', '.join(status.not_enrolled)}"))
    if status.fingerprint:
        desk.out.print(plain(f"Fingerprint: {status.fingerprint}"))
    desk.out.print(plain(f"Transcript: {status.entries} entries; its head: {status.head_words}"))


@click.command("verify", short_help="Check a bundle as a stranger would.")
@_BUNDLE
@_JSON
@click.option(
    "--trusted",
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH",
    help="What this machine trusts itself: a root file, a release or the repository's metadata.",
)
@PINNED
@click.pass_context
def verify_verb(
    context: click.Context, bundle: Path, *, trusted: Path | None, pinned: Path | None, as_json: bool
) -> None:
    """Check BUNDLE as a stranger would: every byte, every rule, every signature.

    A ceremony that follows another says itself what it starts from. Name what you have of your own with --trusted, and
    that is checked too.
    """
    refuse_lone_pin(trusted, pinned)
    desk = context.ensure_object(Desk)
    verdict = verify_from(bundle, desk.settings.policy, trusted, pinned)
    if as_json:
        print_json(verdict.as_json())
    else:
        for check in verdict.checks:
            mark, style = ("yes", "green") if check.ok else ("NO ", "bold red")
            desk.out.print(plain(f"{mark}  {check.name}", style))
            if check.detail:
                desk.out.print(plain(f"     {check.detail}"))
        if trusted is None and verdict.is_good and open_bundle(bundle).before is not None:
            desk.out.print(plain(_UNJUDGED, "yellow"))
    for error in (check.error for check in verdict.checks if check.error is not None):
        found = explain(error)
        if not as_json:
            desk.err.print(draw_explanation(found))
        context.exit(found.status)


def _role_lines(status: Status) -> Iterator[tuple[int, str]]:
    """Each role, and below it each of its quorums: who has signed, who can still sign; each line with its indent."""
    for role in status.roles:
        quorums = [each for each in status.quorums if each.role == role.role]
        version = f" {role.version}" if role.version else ""
        yield 0, f"{role.role}{version}, until {role.expires}"
        if not quorums:
            yield 3, f"nothing is drafted yet; {role.threshold} of these sign it: {', '.join(role.missing)}"
        for each in quorums:
            yield 3, f"{role.role} under {each.by}: {each.progress}{', enough' if each.is_complete else ''}"
            yield from ((6, line) for line in _signer_lines(each))


def _awaited_lines(status: Status) -> Iterator[str]:
    """Until when signatures can be given, and who still has to give one."""
    if status.is_complete or status.withdrawn:
        return
    yield f"Signatures can be given until {status.closes}."
    if status.awaited:
        yield "Still to sign:"
    for each in status.awaited:
        yield f"   {each.line}"


def _signer_lines(quorum: QuorumStatus) -> Iterator[str]:
    signed = [_called(each) for each in quorum.signers if each.has_signed]
    if signed:
        yield f"signed: {', '.join(signed)}"
    for each in quorum.signers:
        if not each.has_signed:
            last = ", a last time" if each.leaves else ""
            yield f"not yet: {_called(each)}{f' with {each.device}' if each.device else ''}{last}"


def _called(signer: SignerStatus) -> str:
    return signer.name or f"key {signer.keyid[:16]}, whose holder is not on record"
