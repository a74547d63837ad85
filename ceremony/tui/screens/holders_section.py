"""The keyholders of a plan, on its page: the lines of each, and empty ones for somebody who comes."""

import re
from collections.abc import Iterator, Mapping

from textual.app import ComposeResult
from textual.containers import Vertical

from ceremony.core.before import Before
from ceremony.tui.delegation_form import roles_in_order, signed_by_keyholders
from ceremony.tui.plan_form import Form, empty_holder
from ceremony.tui.screens.plan_fields import HolderLines, is_frozen

_PATH = re.compile(r"keyholders\[(\d+)\](?:\.(\w+))?")
_UNDER_ROOT = 2
"""The first roles of all: root names the keys of both."""


class HoldersSection(Vertical):
    """The lines of each keyholder, and empty ones where somebody can come."""

    def __init__(self, form: Form) -> None:
        super().__init__(id="holders")
        self._form = form

    def compose(self) -> ComposeResult:
        """Those of the form."""
        yield from _holder_lines(self._form)

    async def show(self, form: Form) -> None:
        """Those of this form stand here, and no others."""
        await self.remove_children()
        await self.mount_all(_holder_lines(form))

    @property
    def texts(self) -> tuple[dict[str, str], ...]:
        """What stands in the lines of those who are named and do not leave."""
        return tuple(each.texts for each in self._named())

    async def keep_one_empty(self, form: Form) -> None:
        """There are lines for one more, unless nobody can come."""
        lines = self.query(HolderLines)
        if not lines.last().is_empty and not is_frozen(form.kind, "keyholders"):
            await self.mount(HolderLines(len(lines) + 1, empty_holder(_roles_to_come(form))))

    def share(self, role: str, *, is_signed: bool) -> None:
        """Whoever signs bins signs this role too; or nobody signs it any more."""
        for each in self.query(HolderLines):
            each.sign(role, is_wanted=is_signed and each.signs("bins"))

    def tell_devices(self, before: Before | None) -> None:
        """On which device a key stands that is kept is told, where that is known."""
        for each in self.query(HolderLines):
            found = before.holder_of(each.keyid) if before is not None and each.keyid else None
            each.tell_device(f"{found.model} {found.serial}" if found else "")

    def judge(self, problems: Mapping[str, str]) -> None:
        """Each problem stands with the keyholder whom it is about, or with the last one."""
        by_place: dict[int, str] = {}
        for path, text in problems.items():
            if match := _PATH.fullmatch(path):
                by_place.setdefault(int(match[1]), f"{match[2] or ''}: {text}")
        named = self._named()
        for each in self.query(HolderLines):
            each.judge(by_place.get(named.index(each), "") if each in named else "")
        if "keyholders" in problems and len(self.query(HolderLines)):
            self.query(HolderLines).last().judge(problems["keyholders"])

    def _named(self) -> list[HolderLines]:
        return [each for each in self.query(HolderLines) if each.stays]


def _holder_lines(form: Form) -> Iterator[HolderLines]:
    """A keyholder each, and an empty one where somebody can come."""
    frozen = is_frozen(form.kind, "keyholders")
    filled = [*form.holders, *([] if frozen else [empty_holder(_roles_to_come(form))])]
    return (HolderLines(number, texts, is_frozen=frozen) for number, texts in enumerate(filled, start=1))


def _roles_to_come(form: Form) -> tuple[str, ...]:
    """What somebody signs who comes: every role; where no root is signed, those whose keys root does not name."""
    roles = roles_in_order(signed_by_keyholders(form.delegations))
    return roles[_UNDER_ROOT:] if form.kind == "delegation" else roles
