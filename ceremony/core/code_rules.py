"""The rules about what a device's owner types: new codes that nobody guesses, and what is given up for ever."""

from dataclasses import dataclass
from itertools import pairwise

from ceremony.core.rules import Objection, RuleBook

_MAKERS = ("123456", "12345678")
_SHORTEST, _LONGEST = 6, 8
_LETTERS_TYPED = 8


@dataclass(frozen=True, slots=True)
class CodeCase:
    """What is known of a new PIN or PUK, which is never here itself; `code` is "PIN" or "PUK", `length` in letters.

    `is_printable` is for ASCII letters and digits alone, `is_makers` for one that stands in the maker's manual,
    `is_simple` for one letter repeated and for a run up or down, `is_other_code` for the other code of the device.
    """

    code: str
    length: int
    is_printable: bool
    is_makers: bool
    is_simple: bool
    is_other_code: bool


@dataclass(frozen=True, slots=True)
class LossCase:
    """What is about to be lost, by its name in hex digits, and what its owner typed."""

    holds: str
    typed: str


CODE_RULES: RuleBook[CodeCase] = RuleBook()
LOSS_RULES: RuleBook[LossCase] = RuleBook()


def code_case(code: str, secret: str, other: str) -> CodeCase:
    """What is known of this new code; `other` is the code that it must differ from, "" if there is none."""
    return CodeCase(
        code=code,
        length=len(secret),
        is_printable=secret.isascii() and secret.isalnum(),
        is_makers=secret in _MAKERS,
        is_simple=_is_simple(secret),
        is_other_code=bool(other) and secret == other,
    )


@CODE_RULES.rule("CODE-STRONG", "a device takes few wrong tries, and a thief begins with the likely ones")
def code_strong(case: CodeCase) -> None:
    """A new PIN or PUK has 6 to 8 letters or digits, is not the maker's, no run, no repetition, and not the other."""
    if not _SHORTEST <= case.length <= _LONGEST or not case.is_printable:
        raise Objection(f"a {case.code} of another length or with other letters", "6 to 8 letters a to z or digits")
    if case.is_makers:
        raise Objection(f"the maker's {case.code}, which stands in its manual", "one that nobody else knows")
    if case.is_simple:
        raise Objection(f"a {case.code} that is one letter repeated or a run", "one that nobody guesses")
    if case.is_other_code:
        raise Objection("the same code as PIN and as PUK", "two that differ")


@LOSS_RULES.rule("LOSS-TYPED", "what is lost for ever is named by its owner")
def loss_typed(case: LossCase) -> None:
    """Nothing on a device is written over before its owner has typed the first eight letters of what it holds."""
    typed = "".join(case.typed.split()).casefold()
    if len(typed) < _LETTERS_TYPED or not case.holds.casefold().startswith(typed):
        # What was typed is not repeated: somebody may have typed a PIN into the wrong page.
        raise Objection("other letters", "the first eight letters of what the slot holds")


def _is_simple(secret: str) -> bool:
    letters = secret.casefold()
    steps = {_step(first, second) for first, second in pairwise(letters)}
    return len(steps) == 1 and steps <= {-1, 0, 1}


def _step(first: str, second: str) -> int:
    # A run goes on over the end of the keyboard's row of digits: 7 8 9 0.
    if {first, second} == {"9", "0"}:
        return 1 if first == "9" else -1
    return ord(second) - ord(first)
