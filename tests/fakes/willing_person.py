"""Somebody at a plain terminal who reads each page and does as it says; a new code of theirs is the PIN they have."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fakes.scripted_terminal import read_paper
from rich.console import Console

NAMES = ("ann", "bob", "cyd")
PUK = "86420975"
MOST_ANSWERS = 60
"""No ceremony of three asks for more; a test that does runs in circles."""


@dataclass
class WillingPerson:
    """Answers by what stands on the page; `odd` goes from a piece of a page to what is typed there, once each."""

    pins: Mapping[str, str]
    release: str = "y"
    odd: dict[str, str] = field(default_factory=dict)
    _typed: str = field(default="", repr=False)

    def answer(self, page: str, prompt: str) -> str:
        """What this person types at the end of the page."""
        for piece in self.odd:
            if piece in page:
                return self.odd.pop(piece)
        words = re.search(r"\[words (\d+) and (\d+);", page)
        if words:
            return " ".join(_word(page, int(place)) for place in words.groups())
        if "which is not shown" in page or prompt.endswith(" again> "):
            return self._code(page, prompt)
        return self._choice(page, prompt.strip().removesuffix(">"))

    def _code(self, page: str, prompt: str) -> str:
        if not prompt.endswith(" again> "):
            is_puk = re.search(r"the (new )?PUK, (twice, )?which is not shown", page)
            self._typed = PUK if is_puk else self.pins[prompt.strip().removesuffix(">")]
        return self._typed

    def _choice(self, page: str, name: str) -> str:
        if "the number of the device" in page:
            return str(NAMES.index(name) + 1)
        if "numbers such as 1 2" in page:
            return "all"
        if "Enter = there is none" in page:
            return "1" if re.search(r"(?m)^1  ", page) else ""
        return self.release if "the path of a new folder" in page else "y"


@dataclass
class WillingTerminal:
    """A terminal with a willing person at it, who reads what was printed on `paper` since the last answer."""

    paper: Console
    answer: Callable[[str, str], str]
    read: int = 0
    answers: int = 0

    def is_there(self) -> bool:
        """Always."""
        return True

    def read_line(self, prompt: str) -> str:
        """The person's answer to the page."""
        text = read_paper(self.paper)
        page, self.read = text[self.read :], len(text)
        self.answers += 1
        assert self.answers < MOST_ANSWERS, f"asked for ever:\n{page}"
        return self.answer(page, prompt)

    read_secret = read_line


def _word(page: str, place: int) -> str:
    table = page.rpartition("Fingerprint ")[2].partition("[words")[0]
    found = re.findall(rf"(?<!\d){place} +([A-Za-zá]+)", table)
    return str(found[-1] if found else "")
