"""A plan judged: by its own rules, beside what it follows, and with the projects that it names."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ceremony.cli.desk import Desk
from ceremony.cli.drawing import draw_explanation, plain
from ceremony.cli.plan_following import Following, read_following
from ceremony.cli.plan_interview import plan_refusals
from ceremony.cli.plan_takeover import UNVOUCHED, Takeover, is_takeover, read_takeover
from ceremony.cli.review_drawing import draw_change
from ceremony.core.changes import Change, plan_cautions
from ceremony.core.delegation_changes import delegation_changes
from ceremony.core.plan import PLAN_SIZE_LIMIT, Plan, parse_plan
from ceremony.core.plan_after import foreseen
from ceremony.core.project_changes import keys_in_words, project_changes
from ceremony.core.projects import Project
from ceremony.engine.batch import Batch, batch_beside, read_batch
from ceremony.engine.disk import read_file
from ceremony.explain import explain


def judge(desk: Desk, file: Path, release: Path | None, claims: Path | None, pinned: Path | None = None) -> int:
    """The exit status for this plan; every refusal and caution was shown, and what the plan changes.

    Its batch is the file that is named, or else the one that lies beside it. `pinned` is a root file from which trust
    in a repository by others begins.
    Raises: SettingsError with every problem; TamperedError; StorageError; what `read_following` raises.
    """
    plan = parse_plan(read_file(file, PLAN_SIZE_LIMIT), str(file))
    found = claims or batch_beside(file)
    batch = read_batch(found, plan.repository) if found else None
    following = None if release is None else _beside(desk, release, pinned, batch)
    before = following.before if following else None
    refusals = [explain(each) for each in plan_refusals(plan, desk.settings.policy, before, _at_hand(plan, batch))]
    for each in refusals:
        desk.err.print(draw_explanation(each))
    if not refusals and (following or plan.kind == "initial"):
        draw_differences(desk, following.differences(plan) if following else first_differences(plan, batch))
        draw_keys(desk, batch)
    draw_cautions(desk, plan)
    if not refusals:
        beside = "" if release is None else f", also beside {release}"
        desk.out.print(plain(f"{file} keeps every rule for plans{beside}.", "bold green"))
    for sentence in _unjudged(plan, following, batch):
        desk.out.print(plain(f"! {sentence}", "yellow"))
    return max((each.status for each in refusals), default=0)


def first_differences(plan: Plan, batch: Batch | None) -> Iterator[Change]:
    """What a first plan says of delegations and projects, as the review is going to say it."""
    found = foreseen(plan, None, batch.projects if batch else ())
    yield from (*delegation_changes(found, None), *project_changes(found))


def draw_differences(desk: Desk, differences: Iterable[Change]) -> None:
    """What a plan changes stands on the screen, marked as in the review."""
    for each in differences:
        desk.out.print(draw_change(each))


def draw_keys(desk: Desk, batch: Batch | None) -> None:
    """The first words of each key of these projects stand on the screen, to be compared with what developers say."""
    if batch is not None:
        desk.out.print(plain("The first words of each key, as its developer tells them by telephone or in person:"))
        for line in keys_in_words(batch.projects):
            desk.out.print(plain(f"  {line}"))


def draw_cautions(desk: Desk, plan: Plan) -> None:
    """What deserves a second thought stands on the screen."""
    for sentence in cautions(plan):
        desk.out.print(plain(f"! {sentence}", "yellow"))


def cautions(plan: Plan) -> Iterator[str]:
    """What is allowed, but deserves a second thought, one sentence each."""
    if plan.is_rehearsal:
        yield "This is a rehearsal: nothing that comes out of it protects anybody."
    yield from (change.sentence for change in plan_cautions(plan) if change.is_caution)
    if not all(holder.device or holder.keyid for holder in plan.keyholders):
        yield "Some keyholders have no serial in the plan: whichever device they bring is accepted."


def _at_hand(plan: Plan, batch: Batch | None) -> tuple[Project, ...] | None:
    """The projects to judge; None where the plan names a batch that nobody has at hand."""
    if batch is None and plan.claims and plan.claims.sha256:
        return None
    return batch.projects if batch else ()


def _beside(desk: Desk, place: Path, pinned: Path | None, batch: Batch | None) -> Following | Takeover:
    """What the plan follows: a release, or a repository that others have made."""
    if is_takeover(place):
        return read_takeover(place, pinned)
    return read_following(place, desk.clock(), batch)


def _unjudged(plan: Plan, following: Following | Takeover | None, batch: Batch | None) -> Iterator[str]:
    if isinstance(following, Takeover) and not following.is_pinned:
        yield UNVOUCHED.removeprefix("! ")
    if plan.kind != "initial" and following is None:
        yield "Not judged beside what it follows: name the release of the ceremony before with --after."
    if batch is None and plan.claims and plan.claims.sha256:
        yield "Not judged with its projects: name their batch with --claims."
