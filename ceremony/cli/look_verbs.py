"""The verbs that look at a bundle: `status` and `verify`."""

from pathlib import Path

import click
from rich import box
from rich.table import Table

from ceremony.cli.desk import Desk, pass_desk
from ceremony.cli.drawing import draw_explanation, plain, print_json
from ceremony.engine.bundle import open_bundle
from ceremony.engine.status import RoleStatus, Status, status_of
from ceremony.engine.verify import verify
from ceremony.explain import explain

_BUNDLE = click.argument("bundle", type=click.Path(path_type=Path))
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
    desk.out.print(_draw_roles(status))
    if status.not_enrolled:
        desk.out.print(plain(f"Not enrolled yet: {', '.join(status.not_enrolled)}"))
    if status.fingerprint:
        desk.out.print(plain(f"Fingerprint: {status.fingerprint}"))
    desk.out.print(plain(f"Transcript: {status.entries} entries; its head: {status.head_words}"))


@click.command("verify", short_help="Check a bundle as a stranger would.")
@_BUNDLE
@_JSON
@click.pass_context
def verify_verb(context: click.Context, bundle: Path, *, as_json: bool) -> None:
    """Check BUNDLE as a stranger would: every byte, every rule, every signature."""
    desk = context.ensure_object(Desk)
    verdict = verify(bundle, desk.settings.policy)
    if as_json:
        print_json(verdict.as_json())
    else:
        for check in verdict.checks:
            mark, style = ("yes", "green") if check.ok else ("NO ", "bold red")
            desk.out.print(plain(f"{mark}  {check.name}", style))
            if check.detail:
                desk.out.print(plain(f"     {check.detail}"))
    for error in (check.error for check in verdict.checks if check.error is not None):
        found = explain(error)
        if not as_json:
            desk.err.print(draw_explanation(found))
        context.exit(found.status)


def _draw_roles(status: Status) -> Table:
    table = Table(box=box.SIMPLE)
    for heading in ("role", "until", "signed", "by", "missing"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "until")
    for role in status.roles:
        table.add_row(*(plain(cell) for cell in _role_cells(role)))
    return table


def _role_cells(role: RoleStatus) -> tuple[str, ...]:
    count = f"{len(role.signed)}, {'enough' if role.is_complete else f'of {role.threshold} needed'}"
    return (role.role, role.expires, count, ", ".join(role.signed), ", ".join(role.missing))
