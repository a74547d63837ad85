"""What a survey says to people and to machines: the same facts, and a meaning for whatever can be found."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.history import (
    BINS,
    EXPIRES,
    FIRST,
    SECOND,
    TARGETS,
    THIRD,
    altered,
    by,
    files,
    rekeyed,
    root,
    shown,
    targets,
)
from fakes.people import signer

from ceremony.core import findings, foreign
from ceremony.core.findings import CLIENTS, PYTHON_TUF, STRICT
from ceremony.core.foreign import Survey, survey
from ceremony.core.keys import fields_of
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.survey_json import survey_json
from ceremony.core.survey_words import (
    MEANINGS,
    advice,
    client_words,
    found_in,
    progress_words,
    start_words,
    title_of,
    whom_words,
)

BEFORE_THE_END = EXPIRES - timedelta(days=1)
HOLDERS = ("cyd", "ann again")
ANN = fields_of(signer("ann").public_key)
WRONG = rekeyed(SECOND, "online", "0" * 64, "ann", "bob", "cyd")
WRONG_TARGETS = altered(
    targets(5, bins=("ann", "bob")), lambda signed: signed["delegations"]["keys"].update({"5" * 64: ANN}), *HOLDERS
)
SHORT = by(root(4, ("cyd", "ann again")), "cyd")


def found(*others: MetadataFile, pinned: MetadataFile = FIRST) -> Survey:
    """The usual history, with these files in place of those of their names."""
    return survey(pinned.encode(), files(*others))


def test_every_finding_has_a_meaning_and_no_meaning_is_about_another() -> None:
    """Whatever is found is explained."""
    sources = "".join(Path(str(module.__file__)).read_text("utf-8") for module in (findings, foreign))
    names = {*re.findall(r'(?:Finding|_found|_short)\(\s*"([a-z-]+)"', sources)}
    assert names == {*MEANINGS}


def test_what_was_looked_through_is_told_in_one_line() -> None:
    """One root is not several."""
    assert title_of(found()) == "roots 1 to 3, targets 4 and bins 1"
    assert title_of(survey(FIRST.encode(), shown([FIRST]))) == "root 1"
    assert start_words(found(), is_pinned=True) == "Counted from root 1, the pinned one."
    assert start_words(found(), is_pinned=False) == "Counted from root 1, the oldest one here."


@pytest.mark.parametrize(
    ("surveyed", "client", "words"),
    [
        (found(), STRICT, "Strict clients come from root 1 to root 3. At the end they take every other file."),
        (
            survey(THIRD.encode(), files()),
            PYTHON_TUF,
            "Clients on python-tuf start with root 3. At the end they take every other file.",
        ),
        (survey(FIRST.encode(), shown([FIRST])), STRICT, "Strict clients start with root 1."),
        (
            found(WRONG),
            STRICT,
            (
                "Strict clients do not come from root 1 to root 3. The first root from which they do is root 3. "
                "At the end they take every other file."
            ),
        ),
        (
            found(SHORT),
            STRICT,
            "Strict clients refuse root 4: there is no root from which they could start.",
        ),
        (
            found(by(targets(5, bins=("ann", "bob")), "cyd")),
            STRICT,
            "Strict clients come from root 1 to root 3. At the end they stop at 5.targets.json.",
        ),
    ],
)
def test_how_far_clients_come_is_told(surveyed: Survey, client: str, words: str) -> None:
    """In a few sentences."""
    assert client_words(surveyed, client) == words


@pytest.mark.parametrize(
    ("stops", "words"),
    [
        (CLIENTS, "stops every client"),
        (tuple(reversed(CLIENTS)), "stops every client"),
        ((STRICT,), "stops strict clients"),
        ((PYTHON_TUF,), "stops clients on python-tuf"),
        ((), "stops nobody"),
    ],
)
def test_whom_a_finding_stops_is_told(stops: tuple[str, ...], words: str) -> None:
    """By the names of clients."""
    assert whom_words(stops) == words


def test_signatures_are_told_under_the_root_before_and_under_itself() -> None:
    """Where there is a root before."""
    assert [progress_words(each) for each in found().roots] == [
        ("-", "2 of 2"),
        ("3 (2 needed)", "2 of 2"),
        ("2 of 2", "2 of 2"),
    ]


def test_each_kind_of_finding_is_told_once() -> None:
    """With every file that has it; what stops the most clients comes first."""
    odd = [
        altered(each, lambda signed: signed.update(consistent_snapshot=False), *who)
        for each, who in ((FIRST, ("ann", "bob")), (SECOND, ("ann", "bob", "cyd")))
    ]
    kinds = found_in(found(*odd, WRONG_TARGETS, SHORT, pinned=odd[0]))
    assert [(each.finding.name, each.where) for each in kinds] == [
        ("quorum-new", ("4.root.json",)),
        ("quorum-old", ("4.root.json",)),
        ("keyid-hash", ("5.targets.json",)),
        ("consistent-snapshot", ("1.root.json", "2.root.json")),
    ]


def test_nothing_is_advised_where_all_is_well() -> None:
    """Until something ends."""
    assert [*advice(found(), BEFORE_THE_END)] == []
    (sentence,) = advice(found(), EXPIRES)
    assert "renewed by whoever holds its keys" in sentence


def test_the_root_to_start_from_is_advised() -> None:
    """The one that every kind of client takes; where there is none, nobody but its makers can help."""
    (sentence,) = advice(found(WRONG), BEFORE_THE_END)
    assert sentence.startswith("Whoever is to start today starts with root 3")
    (sentence,) = advice(found(SHORT), BEFORE_THE_END)
    assert "whoever makes the repository" in sentence


def test_machines_are_told_the_same() -> None:
    """Versions, moments and names of findings, all of it JSON."""
    told = json.loads(json.dumps(survey_json(found(WRONG), EXPIRES)))
    assert {*told} == {"now", "pinned", "last", "clients", "expired", "roots", "files"}
    assert (told["now"], told["pinned"], told["last"]) == ("2031-01-01T00:00:00Z", 1, 3)
    assert told["expired"] == [THIRD.name, TARGETS.name, BINS.name]
    assert told["clients"]["python-tuf"] == {"starts": 1, "reaches": True, "why_not_earlier": [], "stopped_at": []}
    assert told["clients"]["strict"]["starts"] == 3
    (why,) = told["clients"]["strict"]["why_not_earlier"]
    assert (why["file"], why["finding"], why["stops"]) == ("2.root.json", "keyid-hash", ["strict"])
    second: Mapping[str, object] = told["roots"][1]
    assert (second["name"], second["role"], second["version"]) == ("2.root.json", "root", 2)
    assert [(each["by"], len(each["signed"]), each["missing"]) for each in told["roots"][2]["quorums"]] == [
        ("root 2", 2, []),
        ("root 3", 2, []),
    ]


def test_machines_are_told_where_there_is_nothing() -> None:
    """No start is null, no end is null."""
    told = json.loads(json.dumps(survey_json(found(SHORT), BEFORE_THE_END)))
    assert [each["starts"] for each in told["clients"].values()] == [None, None]
    unread = survey(FIRST.encode(), files() | {"2.root.json": b"{}"})
    told = json.loads(json.dumps(survey_json(unread, BEFORE_THE_END)))
    assert told["roots"][1]["expires"] is None
