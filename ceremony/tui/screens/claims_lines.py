"""Which projects enter a delegation, as a batch in a file, and which leave it: their lines on the plan page."""

from collections.abc import Mapping
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from ceremony.core.project_changes import shared_keys
from ceremony.engine.batch import CLAIMS_NAME, batch_beside, read_batch
from ceremony.errors import CeremonyError
from ceremony.tui.batch_at_hand import BatchAtHand
from ceremony.tui.delegation_form import CLAIM_FIELDS
from ceremony.tui.screens.page import trouble_lines
from ceremony.tui.screens.plan_fields import is_frozen
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import CAUTION, DONE, FAILED, bold, clean, dim, good, lines, loud
from ceremony.tui.widgets.line_input import LineInput

_SHARED = 3


class ClaimsLines(Vertical):
    """A line for the batch's path, one for the delegation, one for names that leave; what was read stands below.

    The plan names a batch by its hash alone, so that `at_hand` has the batch itself as soon as it was read.
    """

    class Turned(Message):
        """No batch is to enter after all."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        super().__init__()
        self._first = dict(texts)
        self._sha256 = texts["sha256"]
        self._told: Content = dim("no batch")
        self.at_hand = BatchAtHand()

    def compose(self) -> ComposeResult:
        """The heading, the lines, what was read, and the problem."""
        yield Static(bold("Projects that enter or leave a delegation"))
        yield LineInput(
            placeholder=f"path of a batch of projects, such as {CLAIMS_NAME}, then Enter", identity="claims-path"
        )
        yield Static(id="batch")
        yield Choices(Choice("no batch after all", value="no batch", identity="no-batch"))
        yield LineInput(self._first["role"], "delegation that they enter or leave; or empty", identity="claims-role")
        yield LineInput(self._first["leaving"], "projects that leave, with commas; or empty", identity="claims-leaving")
        yield Static(classes="problem")

    def on_mount(self) -> None:
        """What the plan names is told."""
        self._draw()

    @property
    def texts(self) -> dict[str, str]:
        """What stands in the lines."""
        typed = {name: self.query_one(f"#claims-{name}", LineInput).value for name in ("role", "leaving")}
        return {name: typed.get(name, self._sha256) for name in CLAIM_FIELDS}

    def show(self, texts: Mapping[str, str], plan: Path) -> None:
        """These lines are those of the plan in this file; the batch that it names may lie beside it.

        Another batch that lies there is not the one that people agreed on: it is told, and not taken.
        """
        for name in ("role", "leaving"):
            self.query_one(f"#claims-{name}", LineInput).value = texts[name]
        self._sha256, self.at_hand, self._told = texts["sha256"], BatchAtHand(), dim("no batch")
        beside = batch_beside(plan)
        if beside is not None:
            self._read(beside, texts["sha256"])
        self._draw()

    def read(self, path: Path) -> None:
        """The batch in this file is the one that enters, or the reason is told why it cannot be."""
        self._read(path)
        self._draw()

    def settle(self, kind: str, *, has_role: bool) -> None:
        """They are there where projects could enter or leave: with a delegation that keyholders sign."""
        says = bool(self._sha256 or self.texts["leaving"].strip())
        self.display = says or (has_role and not is_frozen(kind, "claims"))

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """No batch enters."""
        message.stop()
        self._sha256, self.at_hand, self._told = "", BatchAtHand(), dim("no batch")
        self.query_one("#claims-path", LineInput).value = ""
        self._draw()
        self.query_one("#claims-path").focus()
        self.post_message(self.Turned())

    def judge(self, problem: str) -> None:
        """The problem stands below; "" says that it is good."""
        told = loud(f"{FAILED} {clean(problem)}") if problem else good(DONE)
        self.query_one(".problem", Static).update(told)

    def _read(self, path: Path, wanted: str = "") -> None:
        try:
            batch = read_batch(path)
        except CeremonyError as error:
            self._told = trouble_lines(error)
            return
        if wanted not in {"", batch.sha256}:
            self._told = loud(f"{CAUTION} {path.name} beside the plan is another batch: {batch.sha256[:16]}")
            return
        self._sha256, self.at_hand = batch.sha256, BatchAtHand(batch, path)
        keys = sum(len(each.keys) for each in batch.projects)
        counted = f"{_counted(len(batch.projects), 'project')} of {batch.repository}, {_counted(keys, 'key')}"
        shared = tuple(shared_keys(batch.projects))
        cautions = [loud(f"{CAUTION} {each}") for each in shared[:_SHARED]]
        more = [loud(f"{CAUTION} and {len(shared) - _SHARED} more keys")] if len(shared) > _SHARED else []
        self._told = lines([good(f"{DONE} {counted}: batch {batch.sha256[:16]}"), *cautions, *more])

    def _draw(self) -> None:
        named = f"{CAUTION} the plan names the batch {self._sha256[:16]}, which was not read here"
        is_lacking = self._sha256 and self.at_hand.batch is None and self._told.plain == "no batch"
        self.query_one("#batch", Static).update(loud(named) if is_lacking else self._told)
        self.query_one("#no-batch").display = bool(self._sha256)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
