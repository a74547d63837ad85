"""What a rule is, and the book of all rules: every reason for which this program refuses to go on.

A rule has a name that people quote, the section that demands it, a claim (the first line of its docstring), and a check
that raises. There is no way to leave a rule out: whoever checks a case runs every rule of its kind.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from ceremony.errors import RefusedError

_Case = TypeVar("_Case")


class Objection(Exception):  # noqa: N818  # not an error of its own: the rule around it turns it into RefusedError
    """What a check raises: `found` stands where `wanted` would be right."""

    def __init__(self, found: str, wanted: str) -> None:
        super().__init__(found, wanted)
        self.found = found
        self.wanted = wanted


@dataclass(frozen=True, slots=True)
class Rule(Generic[_Case]):
    """One reason to refuse a case of one kind."""

    name: str
    spec: str
    claim: str
    objects: Callable[[_Case], None]

    def check(self, case: _Case) -> None:
        """Nothing, if the case keeps the rule.

        Raises: RefusedError with the rule's name.
        """
        try:
            self.objects(case)
        except Objection as objection:
            raise RefusedError(self.name, objection.found, objection.wanted) from None


class RuleBook(Generic[_Case]):
    """The rules for one kind of case, in the order in which they were written down."""

    def __init__(self) -> None:
        self._rules: list[Rule[_Case]] = []

    @property
    def rules(self) -> tuple[Rule[_Case], ...]:
        """Every rule of the book."""
        return tuple(self._rules)

    def rule(self, name: str, spec: str) -> Callable[[Callable[[_Case], None]], Rule[_Case]]:
        """A decorator that makes a check a rule of this book."""

        def enter(check: Callable[[_Case], None]) -> Rule[_Case]:
            claim = (check.__doc__ or "").strip().splitlines()[0]
            entered = Rule(name, spec, claim, check)
            self._rules.append(entered)
            return entered

        return enter

    def check(self, case: _Case) -> None:
        """Nothing, if the case keeps every rule of the book.

        Raises: RefusedError for the first rule it breaks.
        """
        name = ""
        try:
            for rule in self._rules:
                name = rule.name
                rule.objects(case)
        except Objection as objection:
            raise RefusedError(name, objection.found, objection.wanted) from None

    def refusals(self, case: _Case) -> tuple[RefusedError, ...]:
        """Every refusal of the case, one for each rule it breaks."""
        found = []
        for rule in self._rules:
            try:
                rule.check(case)
            except RefusedError as error:
                found.append(error)
        return tuple(found)
