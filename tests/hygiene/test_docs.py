"""What the documents say is so: files, verbs, options, exit statuses, words and decisions that they name exist."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from ceremony.cli.main import ceremony
from ceremony.errors import CeremonyError
from ceremony.explain import BUG_STATUS, STATUS_MEANINGS, status_of
from ceremony.online.main import verbs
from hsm.errors import DeviceError

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
TEXTS = {document: document.read_text("utf-8") for document in DOCUMENTS}
README = TEXTS[ROOT / "README.md"]
PROGRAMS: dict[str, click.Group] = {"ceremony": ceremony, "ceremony-online": verbs}
CALLS = {"ceremony": "ceremony", "scripts/start": "ceremony", "ceremony-online": "ceremony-online"} | {
    "scripts/signer": "ceremony-online"
}
WORDS_WITHOUT_A_TYPE = {
    "Change request",
    "Minutes",
    "Playbook",
    "Rehearsal",
    "Tally",
    "Trusted root",
    "Witness",
}


def name_of(document: Path) -> str:
    """The document's path in the checkout, which names its test."""
    return str(document.relative_to(ROOT))


def code_in(text: str) -> Iterator[str]:
    """Every piece of code that a text quotes: between backticks, or a command after a prompt."""
    prose = re.sub(r"(?ms)^```.*?^```", "", text)
    yield from re.findall(r"`([^`]+)`", prose)
    yield from re.findall(r"(?m)^\$ ([^#\n]+)", text)


def calls_in(text: str) -> Iterator[tuple[str, list[str]]]:
    """Every call of one of the programs that a text quotes: the program, and the words after it."""
    for code in code_in(text):
        first, *others = code.split()
        if first in CALLS and others:
            yield CALLS[first], others


def verb_in(words: list[str]) -> str | None:
    """The verb among the words after a program's name; None where the words begin with an option or a placeholder."""
    return words[0] if re.fullmatch(r"[a-z][a-z-]*", words[0]) else None


def commands_of(group: click.Group) -> dict[str, click.Command]:
    """The verbs of this program, by name, whether they are loaded or not."""
    context = click.Context(group)
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def options_of(command: click.Command) -> set[str]:
    """Every option of a command and of the verbs below it."""
    below = commands_of(command).values() if isinstance(command, click.Group) else ()
    own = {name for parameter in command.params for name in parameter.opts}
    return own.union({"--help"}, *map(options_of, below))


def leaves_of(kind: type[Exception]) -> Iterator[type[Exception]]:
    """Every error of a family that is raised."""
    for each in kind.__subclasses__():
        yield each
        yield from leaves_of(each)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_leads_to_a_file(document: Path) -> None:
    """A link or picture that stays in the checkout names a file that is there."""
    targets = re.findall(r"\]\(([^)#]+)", TEXTS[document])
    absent = [each for each in targets if "://" not in each and not (document.parent / each).exists()]
    assert absent == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_path_that_is_quoted_exists(document: Path) -> None:
    """What stands between backticks or after a prompt and begins like a path of the checkout is one."""
    begins = re.compile(r"(?:scripts|docs|ceremony|hsm|tests|requirements)/[\w./-]*|pyproject\.toml")
    words = (word for code in code_in(TEXTS[document]) for word in code.split("::")[0].split())
    paths = [match[0] for word in words if (match := begins.fullmatch(word))]
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_verb_is_told_of(program: str) -> None:
    """Each verb of each program is mentioned somewhere, called by its name."""
    told = {verb_in(words) for text in TEXTS.values() for called, words in calls_in(text) if called == program}
    assert set(commands_of(PROGRAMS[program])) - told == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_verb_that_is_told_of_exists(document: Path) -> None:
    """No document calls a verb that its program does not have."""
    called = [(program, verb_in(words)) for program, words in calls_in(TEXTS[document])]
    assert [(program, verb) for program, verb in called if verb and verb not in commands_of(PROGRAMS[program])] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_option_that_is_told_of_exists(document: Path) -> None:
    """No document calls a program with an option that neither it nor its verbs have."""
    given = [
        (program, word.partition("=")[0])
        for program, words in calls_in(TEXTS[document])
        for word in words
        if word.startswith("--")
    ]
    assert [(program, option) for program, option in given if option not in options_of(PROGRAMS[program])] == []


def test_the_table_of_exit_statuses_is_the_programs_own() -> None:
    """README lists every exit status, with the meaning that the programs themselves give."""
    table = {int(status): meaning for status, meaning in re.findall(r"(?m)^\| (\d+) \| (.+?) \|$", README)}
    assert table == dict(STATUS_MEANINGS)


@pytest.mark.parametrize("family", [CeremonyError, DeviceError])
def test_every_error_ends_with_a_status_of_the_table(family: type[CeremonyError | DeviceError]) -> None:
    """No leaf error ends like a mistake in the program, or with a status that README does not explain."""
    statuses = {leaf.__name__: status_of(leaf.__new__(leaf)) for leaf in leaves_of(family)}
    unexplained = [name for name, status in statuses.items() if status == BUG_STATUS or status not in STATUS_MEANINGS]
    assert unexplained == []


def test_every_word_of_the_vocabulary_is_used() -> None:
    """Each word of ours is the name of a type, or is known to have none."""
    text = TEXTS[ROOT / "docs/vocabulary.md"].partition("## Verbs")[0]
    words = {word for row in re.findall(r"(?m)^\| (\*\*.+?) \|", text) for word in re.findall(r"\*\*(.+?)\*\*", row)}
    modules = [
        ast.parse(path.read_text("utf-8")) for folder in ("ceremony", "hsm") for path in ROOT.glob(f"{folder}/**/*.py")
    ]
    types = {node.name for module in modules for node in ast.walk(module) if isinstance(node, ast.ClassDef)}
    assert words - types - WORDS_WITHOUT_A_TYPE == set()


def test_every_piece_of_evidence_is_a_test() -> None:
    """Each test that the assurance case names exists, in the file it names."""
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXTS[ROOT / "docs/assurance.md"])
    absent = [
        (path, test)
        for path, test in named
        if not (ROOT / path).exists() or not re.search(rf"def {test}\(", (ROOT / path).read_text("utf-8"))
    ]
    assert absent == []


def test_decisions_are_numbered_without_a_gap() -> None:
    """Each decision bears the number of its file, and none is missing between the first and the last."""
    files = sorted(ROOT.glob("docs/adr/*.md"))
    titles = [int(TEXTS[file].removeprefix("# ").partition(".")[0]) for file in files]
    assert [int(file.name[:4]) for file in files] == titles == [*range(1, len(files) + 1)]
