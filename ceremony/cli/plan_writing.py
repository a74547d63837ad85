"""A plan that somebody made by answers: shown once more as a whole, agreed to, and written to a new file."""

from collections.abc import Iterable
from pathlib import Path

from rich.syntax import Syntax

from ceremony.cli.desk import Desk
from ceremony.cli.plan_interview import agrees
from ceremony.cli.plan_judging import draw_cautions, draw_differences
from ceremony.core.changes import Change
from ceremony.core.plan import Plan, write_plan
from ceremony.engine.batch import Batch, keep_batch
from ceremony.engine.disk import create_file
from ceremony.errors import StoppedError


def write_agreed(desk: Desk, file: Path, plan: Plan, differences: Iterable[Change], batch: Batch | None = None) -> None:
    """The plan stands in a new file, its batch beside it; somebody has looked at it and agreed.

    Raises: StoppedError; StorageError.
    """
    text = write_plan(plan)
    desk.out.print(Syntax(text, "toml", background_color="default", word_wrap=True))
    draw_differences(desk, differences)
    draw_cautions(desk, plan)
    if not agrees(desk, file):
        raise StoppedError("the operator", "the summary of the plan")
    if batch is not None and plan.claims is not None:
        keep_batch(file, batch)
    create_file(file, text.encode())
