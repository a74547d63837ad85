"""The verb that makes a plan by asking, or judges one."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from rich.syntax import Syntax

from ceremony.cli.asking import read_line
from ceremony.cli.desk import Desk
from ceremony.cli.drawing import draw_explanation, plain
from ceremony.cli.plan_following import read_following
from ceremony.cli.plan_interview import agrees, interview, plan_refusals, talk_about_beginning, talk_about_following
from ceremony.cli.plan_questions import beginning
from ceremony.core.changes import plan_cautions
from ceremony.core.online_key import ONLINE_KEY_SIZE_LIMIT, decode_online_key
from ceremony.core.plan import PLAN_SIZE_LIMIT, Plan, instant_text, parse_plan, write_plan
from ceremony.core.plan_after import ends_of
from ceremony.engine.disk import create_file, read_file
from ceremony.errors import StoppedError
from ceremony.explain import explain

_NEW_PLAN = Path("plan.toml")


@click.command("plan", short_help="Make a plan by answering questions, or judge one.")
@click.option("--new", "is_new", is_flag=True, help="Ask for everything and write a plan to FILE (plan.toml).")
@click.option("--check", "is_check", is_flag=True, help="Only judge the plan in FILE.")
@click.option("--online-key", type=click.Path(path_type=Path), help="The online signer's online-key.json, for --new.")
@click.option(
    "--after",
    type=click.Path(path_type=Path),
    metavar="RELEASE",
    help="The release of the ceremony before: the plan follows it, and is judged beside it.",
)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.pass_context
def plan_verb(  # noqa: PLR0913  # one argument for each option
    context: click.Context,
    file: Path | None,
    online_key: Path | None,
    after: Path | None,
    *,
    is_new: bool,
    is_check: bool,
) -> None:
    """Make a new plan by answering questions, or judge one.

    A plan says what the ceremony is to change and who is who. It is a text file: print it, and let everybody read it
    before the day. With --after it follows a ceremony that was held: everything stays but what you say.
    """
    desk = context.ensure_object(Desk)
    if is_new == is_check:
        raise click.UsageError("Say either --new or --check.", context)
    if online_key is not None and (after is not None or is_check):
        raise click.UsageError("--online-key is for the plan of a first ceremony: --new without --after.", context)
    if is_check:
        context.exit(_judge(desk, file or _NEW_PLAN, after))
    elif after is None:
        _begin(desk, file or _NEW_PLAN, online_key)
    else:
        _follow(desk, file or _NEW_PLAN, after)


def _begin(desk: Desk, file: Path, online_key: Path | None) -> None:
    place = online_key or Path(read_line(desk, "Path of the online signer's online-key.json: ")).expanduser()
    key_file = decode_online_key(read_file(place, ONLINE_KEY_SIZE_LIMIT), str(place))
    plan = interview(desk, beginning(key_file, desk.clock()), talk_about_beginning(desk.settings.policy))
    _write(desk, file, plan, ())
    desk.out.print(plain(f"Written to {file}. Next: ceremony plan --check {file}, then ceremony sit {file}.", "green"))


def _follow(desk: Desk, file: Path, release: Path) -> None:
    following = read_following(release, desk.clock())
    desk.out.print(plain(f"This follows {following.last.id} of {following.last.repository}."))
    for role, end in ends_of(following.before).items():
        desk.out.print(plain(f"   {role} {following.version(role) - 1} ends on {instant_text(end)}"))
    talk = talk_about_following(desk.settings.policy, following)
    plan = interview(desk, following.kept("rotation"), talk)
    _write(desk, file, plan, following.differences(plan))
    for line in (
        f"Written to {file}. Next: ceremony plan --check {file} --after {release}",
        f"On the day: ceremony sit {file} --trusted {release}",
    ):
        desk.out.print(plain(line, "green"))


def _write(desk: Desk, file: Path, plan: Plan, differences: Iterable[str]) -> None:
    """The plan stands in a new file; somebody has looked at it, and at what it changes, and agreed.

    Raises: StoppedError; StorageError.
    """
    text = write_plan(plan)
    desk.out.print(Syntax(text, "toml", background_color="default", word_wrap=True))
    _draw_differences(desk, differences)
    _draw_cautions(desk, plan)
    if not agrees(desk, file):
        raise StoppedError("the operator", "the summary of the plan")
    create_file(file, text.encode())


def _judge(desk: Desk, file: Path, release: Path | None) -> int:
    """The exit status for this plan; every refusal and caution was shown.

    Raises: SettingsError with every problem; StorageError; what `read_following` raises.
    """
    plan = parse_plan(read_file(file, PLAN_SIZE_LIMIT), str(file))
    following = None if release is None else read_following(release, desk.clock())
    before = following.before if following else None
    refusals = [explain(error) for error in plan_refusals(plan, desk.settings.policy, before)]
    for found in refusals:
        desk.err.print(draw_explanation(found))
    if following and not refusals:
        _draw_differences(desk, following.differences(plan))
    _draw_cautions(desk, plan)
    if not refusals:
        beside = "" if release is None else f", also beside {release}"
        desk.out.print(plain(f"{file} keeps every rule for plans{beside}.", "bold green"))
    if plan.kind != "initial" and release is None:
        said = "! Not judged beside what it follows: name the release of the ceremony before with --after."
        desk.out.print(plain(said, "yellow"))
    return max((found.status for found in refusals), default=0)


def _draw_differences(desk: Desk, differences: Iterable[str]) -> None:
    for sentence in differences:
        desk.out.print(plain(f"- {sentence}"))


def _draw_cautions(desk: Desk, plan: Plan) -> None:
    for sentence in cautions(plan):
        desk.out.print(plain(f"! {sentence}", "yellow"))


def cautions(plan: Plan) -> Iterator[str]:
    """What is allowed, but deserves a second thought, one sentence each."""
    if plan.is_rehearsal:
        yield "This is a rehearsal: nothing that comes out of it protects anybody."
    yield from (change.sentence for change in plan_cautions(plan) if change.is_caution)
    if not all(holder.device or holder.keyid for holder in plan.keyholders):
        yield "Some keyholders have no serial in the plan: whichever device they bring is accepted."
