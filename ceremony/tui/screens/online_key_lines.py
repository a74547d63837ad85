"""The online signer's key, on the page of a plan: the path of its file, and what was read there."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from ceremony.core.online_key import ONLINE_KEY_SIZE_LIMIT, OnlineKeyFile, decode_online_key
from ceremony.core.plan import EMERGENCY, OnlineKey
from ceremony.engine.disk import read_file
from ceremony.errors import CeremonyError
from ceremony.explain import explain
from ceremony.tui.screens.plan_fields import is_frozen
from ceremony.tui.widgets.ink import DONE, FAILED, good, loud
from ceremony.tui.widgets.line_input import LineInput


class OnlineKeyLines(Vertical):
    """A line for a path, and below it the key that the plan has."""

    title_shown: ClassVar[str] = "The online signer's key, from its file"
    hint: ClassVar[str] = "path of online-key.json"
    needed: ClassVar[str] = "needed: the key file of the online signer"

    def __init__(self, key: OnlineKey | None, kind: str) -> None:
        super().__init__()
        self.key = key
        self._kind = kind
        self._said = self.needed

    def compose(self) -> ComposeResult:
        """What it is, the path, and the key."""
        yield Static(self.title_shown, markup=False)
        frozen = is_frozen(self._kind, "online_key")
        yield LineInput(placeholder=self.hint, identity="key-path", is_frozen=frozen)
        yield Static(id="key")

    def show(self, key: OnlineKey | None, kind: str) -> None:
        """The plan has this key, and is of this kind."""
        self.key = key
        self.query_one("#key-path", LineInput).freeze(is_frozen=is_frozen(kind, "online_key"))

    def read(self, path: Path) -> OnlineKeyFile | None:
        """The key in this file is the plan's; None if there is none, which is told."""
        try:
            found = decode_online_key(read_file(path, ONLINE_KEY_SIZE_LIMIT), path.name)
        except CeremonyError as error:
            told = explain(error)
            self.key, self._said = None, f"{told.title}. {told.detail}"
            return None
        self.key = found.key
        return found

    def judge(self, problems: Mapping[str, str]) -> None:
        """The problem with the key stands below its path, or which key it is."""
        wrong = next((text for path, text in problems.items() if path.partition(".")[0] == "online_key"), "")
        shown = self.query_one("#key", Static)
        if self.key is None:
            shown.update(loud(f"{FAILED} {self._said}"))
        else:
            said = f"key {self.key.keyid()[:16]} ({self.key.scheme})"
            shown.update(loud(f"{FAILED} {wrong}") if wrong else good(f"{DONE} {said}"))


class NextKeyLines(OnlineKeyLines):
    """The same for the key that the online signer of one repository has next, in an emergency."""

    title_shown = "The online signer's next key, from its file"
    hint = "path of online-key-next.json"
    needed = "needed for the plan: the file that `ceremony-online rotate-key` writes"

    def __init__(self, repository: str) -> None:
        super().__init__(None, EMERGENCY)
        self._repository = repository

    @property
    def lacking(self) -> str:
        """Why there is no key here; "" if there is one."""
        return "" if self.key else self._said

    def read(self, path: Path) -> OnlineKeyFile | None:
        """The key in this file is the next one; None if there is none for this repository, which is told."""
        found = super().read(path)
        if found is None or found.repository == self._repository:
            return found
        self.key, self._said = None, f"a key for {found.repository}; wanted one for {self._repository}"
        return None
