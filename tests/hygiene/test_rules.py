"""Every rule is told, tested and listed: a reason to refuse that nobody can look up is none."""

import ast
import re
from collections import Counter
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from ceremony.core.rules import Rule

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "rules"


def load_generator() -> ModuleType:
    """The script that writes the page of rules, as a module."""
    loader = SourceFileLoader("rules_script", str(ROOT / "scripts" / "rules"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


GENERATOR = load_generator()
RULES: tuple[Rule[object], ...] = GENERATOR.every_rule()


def name_of(rule: Rule[object]) -> str:
    """The name of a rule, for the name of its test."""
    return rule.name


def file_of(rule: Rule[object]) -> Path:
    """The file that tests this rule."""
    return FOLDER / f"test_{rule.name.lower().replace('-', '_')}.py"


def names_in(path: Path) -> list[str]:
    """The names of the tests in this file; none if there is no file."""
    if not path.exists():
        return []
    tree = ast.parse(path.read_text("utf-8"))
    return [each.name for each in tree.body if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")]


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_every_rule_has_a_case_that_is_refused(rule: Rule[object]) -> None:
    """A test in its own file, with `refused` in its name."""
    assert any("refused" in name for name in names_in(file_of(rule)))


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_every_rule_has_a_case_that_passes(rule: Rule[object]) -> None:
    """A test in its own file that is not about a refusal."""
    assert any("refus" not in name for name in names_in(file_of(rule)))


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_every_test_file_checks_the_rule_it_is_named_for(rule: Rule[object]) -> None:
    """It imports that very rule."""
    check = rule.objects.__name__
    assert re.search(
        rf"^from {re.escape(rule.objects.__module__)} import .*", file_of(rule).read_text("utf-8"), re.MULTILINE
    )
    assert re.search(rf"\b{check}\b", file_of(rule).read_text("utf-8"))


def test_no_test_file_outlives_its_rule() -> None:
    """Each file belongs to a rule."""
    assert {*FOLDER.glob("test_*.py")} - {file_of(rule) for rule in RULES} == set()


def test_no_two_rules_share_a_name() -> None:
    """People quote rules by name."""
    assert [name for name, count in Counter(rule.name for rule in RULES).items() if count > 1] == []


def test_every_rule_is_in_exactly_one_book() -> None:
    """A rule outside every book would never be checked with the others."""
    in_books = Counter(
        rule.name for module in GENERATOR.modules() for book in GENERATOR.books(module) for rule in book.rules
    )
    assert in_books == Counter(rule.name for rule in RULES)


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_every_rule_says_what_it_claims_and_where_it_comes_from(rule: Rule[object]) -> None:
    """The name is a word or more in capitals, the claim a sentence, the source a phrase."""
    assert re.fullmatch(r"[A-Z]+(-[A-Z]+)+", rule.name)
    assert re.fullmatch(r"[A-Z].{8,}\.", rule.claim)
    assert len(rule.spec) > 6


def test_the_page_of_rules_is_what_its_script_writes() -> None:
    """After a change of any rule, `scripts/rules` is run again."""
    assert (ROOT / "docs" / "rules.md").read_text("utf-8") == GENERATOR.page()


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_every_rule_is_on_the_page_of_rules(rule: Rule[object]) -> None:
    """With its claim and its source."""
    page = (ROOT / "docs" / "rules.md").read_text("utf-8")
    assert f"| {rule.name} | {rule.claim} | {rule.spec} |" in page
