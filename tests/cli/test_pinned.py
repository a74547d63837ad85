"""`sign`, `gather` and `verify` in the first ceremony over a repository of others: nobody has a release yet."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fakes.foreign_repository import PINS, foreign_repository
from fakes.plain_desk import Ended, desk_with, run
from fakes.rooms import NOW
from fakes.scripted_terminal import paper_console
from fakes.willing_person import WillingPerson, WillingTerminal
from stories.test_foreign_repository import Import, import_of

from ceremony.core.response import Response
from ceremony.engine import questions as q
from ceremony.engine.response_files import Brought, responses_at
from ceremony.engine.sitting import sit
from ceremony.errors import PausedError

VERBS = (("sign", "request"), ("verify", "bundle"), ("gather", "bundle", "cyd's place"))


class Cyd(WillingPerson):
    """The last of those who are called, with one device on the table."""

    def __init__(self) -> None:
        super().__init__({"cyd": PINS["practice-3"].secret}, odd={"numbers such as 1 2": "4"})

    def _choice(self, page: str, name: str) -> str:
        return "1" if "the number of the device" in page else super()._choice(page, name)


@dataclass(frozen=True)
class Paused:
    """The ceremony in which ann and bob have signed; cyd's device is at another place, and so is the request."""

    taken: Import
    other_root: Path

    @property
    def place(self) -> Path:
        """Where cyd is."""
        return self.taken.desk.folder / "cyd's place"

    def run(self, *words: str | Path, pinned: Path | None = None) -> Ended:
        """How this verb ended, with the folder of the others and this root of it, the right one if none is named."""
        paper = paper_console()
        folder, root = self.taken.foreign.folder, pinned or self.taken.foreign.first_root
        desk = desk_with(WillingTerminal(paper, Cyd().answer), paper)
        return run(desk, *words, "--trusted", folder, "--pinned", root)

    def sign(self, **pinned: Path) -> Ended:
        """How cyd's sitting ended."""
        told = ("--devices", self.place / "devices", "--into", self.place / "copy", "--export", self.place / "back")
        return self.run("sign", self.taken.desk.folder / "request", *told, **pinned)

    def responses(self) -> tuple[Response, ...]:
        """What came of it."""
        return tuple(each.response for each in responses_at(self.place / "back") if isinstance(each, Brought))


@pytest.fixture
def paused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paused:
    """Everybody but cyd sat together."""
    monkeypatch.chdir(tmp_path)
    taken = import_of(tmp_path)
    taken.desk.operator.answers[q.RollCall] = lambda _page: ("ann", "bob", "day")
    with pytest.raises(PausedError):
        sit(taken.desk.room, replace(taken.agenda(taken.plan()), request=tmp_path / "request"))
    found = Paused(taken, foreign_repository(tmp_path / "other", NOW).first_root)
    (found.place / "devices").mkdir(parents=True)
    (taken.foreign.devices / "practice-3.json").rename(found.place / "devices/practice-3.json")
    return found


def test_a_request_is_signed_verified_and_answered_from_the_root_that_is_pinned(paused: Paused) -> None:
    """Cyd signs a last time on a machine that has the others' folder; the response is taken in by the same root."""
    signed = paused.sign()
    assert signed.status == 0, signed.out + signed.err
    (response,) = paused.responses()
    assert response.keyids == (paused.taken.foreign.key("cyd").keyid,)
    bundle = paused.taken.desk.bundle
    gathered = paused.run("gather", bundle, paused.place / "back")
    assert gathered.status == 0, gathered.out + gathered.err
    assert "1 new signature" in gathered.out
    verified = paused.run("verify", bundle)
    assert verified.status == 0, verified.out + verified.err
    assert "2.root.json is this machine's own" in verified.out


def test_a_folder_that_does_not_begin_with_the_pinned_root_vouches_for_nothing(paused: Paused) -> None:
    """Whoever put another folder in its place is found out, before anybody is asked for anything."""
    signed = paused.sign(pinned=paused.other_root)
    assert (signed.status, "TRUSTED-FORK" in signed.err) == (3, True)
    assert not (paused.place / "copy").exists()
    bundle = paused.taken.desk.bundle
    for words in (("verify", bundle), ("gather", bundle, paused.place)):
        ended = paused.run(*words, pinned=paused.other_root)
        assert (ended.status, "TRUSTED-FORK" in ended.err) == (3, True)


@pytest.mark.parametrize("words", VERBS, ids=[each[0] for each in VERBS])
def test_a_pinned_root_alone_says_nothing(tmp_path: Path, words: tuple[str, ...]) -> None:
    """It is where trust in a folder begins."""
    root = tmp_path / "root.json"
    root.write_bytes(b"{}")
    for each in words[1:]:
        (tmp_path / each).mkdir()
    ended = run(desk_with(), words[0], *(tmp_path / each for each in words[1:]), "--pinned", root)
    assert (ended.status, "--trusted" in ended.plain_out) == (2, True)
