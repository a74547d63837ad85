"""The verb that makes a plan by asking, or judges one."""

import re
from pathlib import Path

import click

from ceremony.cli.asking import read_line
from ceremony.cli.desk import Desk
from ceremony.cli.drawing import plain
from ceremony.cli.plan_beginning import Beginning
from ceremony.cli.plan_following import Following, read_following
from ceremony.cli.plan_interview import interview, talk_about_beginning, talk_about_following
from ceremony.cli.plan_judging import first_differences, judge
from ceremony.cli.plan_questions import beginning
from ceremony.cli.plan_takeover import UNVOUCHED, is_takeover, read_takeover
from ceremony.cli.plan_writing import write_agreed
from ceremony.core.online_key import ONLINE_KEY_SIZE_LIMIT, OnlineKeyFile, decode_online_key
from ceremony.core.plan import instant_text
from ceremony.core.plan_after import ends_of
from ceremony.core.plan_of_others import plan_of_others
from ceremony.core.projects import PROJECT_NAME, PROJECT_NAME_WORDS
from ceremony.engine.batch import Batch, check_batch, read_batch
from ceremony.engine.disk import read_file

_NEW_PLAN = Path("plan.toml")


@click.command("plan", short_help="Make a plan by answering questions, or judge one.")
@click.option("--new", "is_new", is_flag=True, help="Ask for everything and write a plan to FILE (plan.toml).")
@click.option("--check", "is_check", is_flag=True, help="Only judge the plan in FILE.")
@click.option("--online-key", type=click.Path(path_type=Path), help="The online signer's online-key.json, for --new.")
@click.option(
    "--after",
    type=click.Path(path_type=Path),
    metavar="RELEASE",
    help="The release of the ceremony before: the plan follows it, and is judged beside it. Or the metadata folder of "
    "a repository that others have made: the plan takes it over.",
)
@click.option(
    "--pinned",
    type=click.Path(path_type=Path),
    metavar="ROOT",
    help="The root file that you have by a way of your own, from which trust in such a folder begins.",
)
@click.option(
    "--claims",
    type=click.Path(path_type=Path),
    metavar="BATCH",
    help="A batch of projects that enter a delegation, as `ceremony project batch` writes it.",
)
@click.option(
    "--leaving", metavar="NAME", multiple=True, help="A project that leaves its delegation; can be said again."
)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.pass_context
def plan_verb(  # noqa: PLR0913  # one argument for each option
    context: click.Context,
    file: Path | None,
    online_key: Path | None,
    after: Path | None,
    *,
    pinned: Path | None,
    claims: Path | None,
    leaving: tuple[str, ...],
    is_new: bool,
    is_check: bool,
) -> None:
    """Make a new plan by answering questions, or judge one.

    A plan says what the ceremony is to change and who is who. It is a text file: print it, and let everybody read it
    before the day. With --after it follows a ceremony that was held: everything stays but what you say. A batch of
    projects is copied beside the plan, as claims.json, where `ceremony sit` finds it.
    """
    desk = context.ensure_object(Desk)
    if is_new == is_check:
        raise click.UsageError("Say either --new or --check.", context)
    takes_over = is_takeover(after)
    if online_key is not None and ((after is not None and not takes_over) or is_check):
        raise click.UsageError(
            "--online-key is for a plan that begins with an online signer: --new, not after a release.", context
        )
    if pinned is not None and not takes_over:
        raise click.UsageError("--pinned is for a repository that others have made: --after FOLDER.", context)
    if leaving and (after is None or is_check):
        raise click.UsageError("--leaving is for a plan that follows another ceremony: --new --after.", context)
    for name in leaving:
        if not re.fullmatch(PROJECT_NAME, name):
            raise click.BadParameter(PROJECT_NAME_WORDS, param_hint="--leaving")
    if is_check:
        context.exit(judge(desk, file or _NEW_PLAN, after, claims, pinned))
    elif after is None:
        _begin(desk, file or _NEW_PLAN, online_key, claims)
    elif takes_over:
        _take_over(desk, file or _NEW_PLAN, after, pinned, online_key)
    else:
        _follow(desk, file or _NEW_PLAN, after, claims, leaving)


def _key_file(desk: Desk, online_key: Path | None) -> OnlineKeyFile:
    place = online_key or Path(read_line(desk, "Path of the online signer's online-key.json: ")).expanduser()
    return decode_online_key(read_file(place, ONLINE_KEY_SIZE_LIMIT), str(place))


def _begin(desk: Desk, file: Path, online_key: Path | None, claims: Path | None) -> None:
    key_file = _key_file(desk, online_key)
    batch = _batch(desk, claims, key_file.repository)
    talk = talk_about_beginning(desk.settings.policy, Beginning(batch))
    plan = interview(desk, beginning(key_file, desk.clock()), talk)
    write_agreed(desk, file, plan, first_differences(plan, batch), batch)
    desk.out.print(plain(f"Written to {file}. Next: ceremony plan --check {file}, then ceremony sit {file}.", "green"))


def _follow(desk: Desk, file: Path, release: Path, claims: Path | None, leaving: tuple[str, ...]) -> None:
    following = read_following(release, desk.clock())
    batch = _batch(desk, claims, following.last.repository)
    following = Following(following.before, following.last, following.now, batch, leaving)
    desk.out.print(plain(f"This follows {following.last.id} of {following.last.repository}."))
    for role, end in ends_of(following.before).items():
        desk.out.print(plain(f"   {role} {following.version(role) - 1} ends on {instant_text(end)}"))
    talk = talk_about_following(desk.settings.policy, following)
    plan = interview(desk, following.kept("delegation" if following.changes_projects else "rotation"), talk)
    write_agreed(desk, file, plan, following.differences(plan), batch)
    for line in (
        f"Written to {file}. Next: ceremony plan --check {file} --after {release}",
        f"On the day: ceremony sit {file} --trusted {release}",
    ):
        desk.out.print(plain(line, "green"))


def _take_over(desk: Desk, file: Path, folder: Path, pinned: Path | None, online_key: Path | None) -> None:
    found = read_takeover(folder, pinned)
    root = found.before.trusted.root
    desk.out.print(plain(f"This takes over {folder}, at {root.name}, which nobody here has made."))
    if pinned is None:
        desk.out.print(plain(UNVOUCHED, "yellow"))
    key_file = _key_file(desk, online_key)
    plan = interview(desk, plan_of_others(found.before, key_file, desk.clock()), found.talk(desk.settings.policy))
    write_agreed(desk, file, plan, found.differences(plan), None)
    also = "" if pinned is None else f" --pinned {pinned}"
    for line in (
        f"Written to {file}. Next: ceremony plan --check {file} --after {folder}{also}",
        f"On the day: ceremony sit {file} --trusted {folder}{also}",
    ):
        desk.out.print(plain(line, "green"))


def _batch(desk: Desk, claims: Path | None, repository: str) -> Batch | None:
    """The batch in this file, which keeps every rule that needs no plan: nobody answers questions about a wrong one.

    Raises: RefusedError; TamperedError; StorageError.
    """
    if claims is None:
        return None
    batch = read_batch(claims, repository)
    check_batch(batch, desk.clock())
    return batch
