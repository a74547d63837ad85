"""The verbs about tokens: `ceremony-online token add`, `list` and `revoke`."""

from datetime import UTC, datetime

import click
from rich.table import Column, Table

from ceremony.core.plan import instant_text
from ceremony.online.access import SCOPES, Grant, Scope, is_name, is_prefix
from ceremony.online.access_tokens import Token, add_token, list_tokens, revoke_token
from ceremony.online.clock import moment
from ceremony.online.desk import OUT, say
from ceremony.online.home import Home
from ceremony.online.opening import opened

_DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]


@click.group(name="token", short_help="Make, list and revoke tokens for the API.")
def token_verbs() -> None:
    """Make, list and revoke the tokens with which programs call the API."""


@token_verbs.command(name="add", short_help="Make a token, and show it once.")
@click.option("--name", required=True, metavar="NAME", help="Who will use it; records name it so.")
@click.option("--scope", required=True, metavar="SCOPES", help="Some of add, remove, read, project, admin, by commas.")
@click.option("--prefix", "prefixes", multiple=True, metavar="FOLDER/", help="Only for paths in there; any number.")
@click.option(
    "--expires", type=click.DateTime(_DATES), metavar="DATE", help="When it ends, in UTC; never without this."
)
@click.pass_obj
def add(home: Home, name: str, scope: str, prefixes: tuple[str, ...], expires: datetime | None) -> None:
    """Make a token, and show it once, on standard output and nowhere else."""
    if not is_name(name):
        raise click.BadParameter("letters, digits, dots, dashes, 63 at most", param_hint="--name")
    if any(not is_prefix(each) for each in prefixes):
        raise click.BadParameter("a folder that ends in a slash, such as demo/", param_hint="--prefix")
    grant = Grant(name, _scopes(scope), prefixes)
    with opened(home) as store:
        text = add_token(store, grant, None if expires is None else expires.replace(tzinfo=UTC), moment())
    click.echo("Keep this as a secret; the signer cannot show it again:", err=True)
    click.echo(text)


@token_verbs.command(name="list", short_help="Show every token, without its secret.")
@click.pass_obj
def list_verb(home: Home) -> None:
    """Show every token there ever was, what it may do, and whether it is in force."""
    with opened(home) as store:
        tokens = list_tokens(store)
    heads = ("name", "may", "paths", "made", "ends", "")
    table = Table(*(Column(head, overflow="fold") for head in heads))
    for each in tokens:
        paths = ", ".join(each.grant.prefixes) or "any"
        ends = "never" if each.expires is None else instant_text(each.expires)
        may = ", ".join(sorted(each.grant.scopes))
        table.add_row(each.grant.name, may, paths, instant_text(each.created_at), ends, _state(each))
    if tokens:
        OUT.print(table, markup=False)
    else:
        say("No token was ever made: `ceremony-online token add`.")


@token_verbs.command(name="revoke", short_help="Let a token open nothing any more.")
@click.argument("name")
@click.pass_obj
def revoke(home: Home, name: str) -> None:
    """Let the token of this NAME open nothing any more; a serving signer heeds it within a second."""
    with opened(home) as store:
        revoke_token(store, name, moment())
    say(f"Revoked: {name}.")


def _scopes(text: str) -> frozenset[Scope]:
    names = [each.strip() for each in text.split(",")]
    unknown = [each for each in names if each not in SCOPES]
    if unknown:
        raise click.BadParameter(f"any of {', '.join(SCOPES)}, with commas between", param_hint="--scope")
    return frozenset(Scope(each) for each in names)


def _state(token: Token) -> str:
    if token.revoked_at is not None:
        return f"revoked {instant_text(token.revoked_at)}"
    return "in force" if token.is_good(moment()) else "ended"
