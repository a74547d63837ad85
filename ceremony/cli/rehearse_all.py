"""A whole story with nobody at the keyboard: one step after the other, each told, up to the real clients."""

from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ceremony.cli.desk import Desk
from ceremony.cli.drawing import plain
from ceremony.cli.practice_yubikeys import used_up
from ceremony.cli.stage import Stage, Wish
from ceremony.cli.stories import STORIES
from ceremony.engine.disk import named
from ceremony.engine.practice import PINS_FILE
from ceremony.errors import StorageError


class Rehearsal:
    """One rehearsal under way."""

    def __init__(self, desk: Desk, wish: Wish) -> None:
        self._desk = desk
        self._stage = Stage(desk, wish, self._say)

    def run(self) -> None:
        """Every step was taken, and real clients hold files that they verified from one root alone.

        Raises: the error of the step at which it ended.
        """
        prepare_folder(self._stage.folder)
        steps = STORIES[self._stage.wish.story].steps(self._stage)
        with _bar(self._desk.out) as bar:
            task = bar.add_task("", total=len(steps))
            for number, (title, step) in enumerate(steps, start=1):
                bar.update(task, description=title)
                self._desk.out.print(plain(f"{number}. {title}", "bold green"))
                self._say(step())
                bar.advance(task)

    def leftovers(self) -> tuple[str, ...]:
        """What somebody has to know of the YubiKeys that were used, in sentences; () where none was."""
        serials = used_up(tuple(self._stage.devices.yubikeys.values()))
        if not serials:
            return ()
        codes = self._stage.folder / PINS_FILE
        return (
            f"These YubiKeys hold practice keys now: {', '.join(serials)}. Their codes stand in {codes}.",
            "Nothing real may rest on them. This makes one as its maker made it, and takes all its keys for ever:",
            *(f"   ykman --device {serial} piv reset" for serial in serials),
        )

    def _say(self, text: str) -> None:
        self._desk.out.print(Padding(plain(text), (0, 0, 0, 3), expand=False))


def prepare_folder(folder: Path) -> None:
    """An empty folder, made if it was not there.

    Raises: StorageError (ENOTEMPTY where something lies in it, ENOTDIR where it is a file, ...).
    """
    with named(folder):
        folder.mkdir(parents=True, exist_ok=True)
        is_empty = not any(folder.iterdir())
    if not is_empty:
        raise StorageError(str(folder), "ENOTEMPTY")


def _bar(out: Console) -> Progress:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=out, transient=True, disable=not out.is_terminal)
