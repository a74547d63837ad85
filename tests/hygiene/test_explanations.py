"""Rules and explanations are in step: nobody is refused without advice, no advice is about a rule that is gone."""

import importlib
import pkgutil
import re
from pathlib import Path

import ceremony
from ceremony import core, errors
from ceremony.core.rules import RuleBook
from ceremony.errors import CeremonyError
from ceremony.explain import ADVICE, STATUS_MEANINGS, status_of
from ceremony.explain.explanation import BUG_STATUS
from hsm import errors as devices
from hsm.errors import DeviceError

_BY_NAME = re.compile(r'RefusedError\(\s*"([A-Z][A-Z-]+)"')


def _rules_in_books() -> set[str]:
    modules = [importlib.import_module(f"ceremony.core.{each.name}") for each in pkgutil.iter_modules(core.__path__)]
    books = [value for module in modules for value in vars(module).values() if isinstance(value, RuleBook)]
    return {rule.name for book in books for rule in book.rules}


def _rules_raised_by_name() -> set[str]:
    sources = Path(ceremony.__file__).parent.rglob("*.py")
    return {name for source in sources for name in _BY_NAME.findall(source.read_text(encoding="utf-8"))}


def test_every_rule_has_advice() -> None:
    """Whoever is refused is told what to do now."""
    assert sorted((_rules_in_books() | _rules_raised_by_name()) - set(ADVICE)) == []


def test_every_advice_is_about_a_rule_that_exists() -> None:
    """No advice outlives its rule."""
    assert sorted(set(ADVICE) - _rules_in_books() - _rules_raised_by_name()) == []


def _leaves() -> list[type[CeremonyError | DeviceError]]:
    values = [*vars(errors).values(), *vars(devices).values()]
    families = (CeremonyError, DeviceError)
    return [each for each in values if isinstance(each, type) and issubclass(each, families) and each not in families]


def test_every_leaf_has_an_exit_status_of_its_own() -> None:
    """Scripts can tell every kind of error from every other."""
    statuses = [status_of(leaf.__new__(leaf)) for leaf in _leaves()]
    assert len(set(statuses)) == len(statuses)
    assert BUG_STATUS not in statuses


def test_every_exit_status_has_a_meaning() -> None:
    """The help lists every exit status there is."""
    assert {0, BUG_STATUS, *(status_of(leaf.__new__(leaf)) for leaf in _leaves())} == set(STATUS_MEANINGS)
