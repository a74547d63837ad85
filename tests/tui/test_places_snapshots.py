"""How the pages of a ceremony at several places look, at 80 by 24 and at 120 by 40."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from tui import stage

from ceremony.core.draft import draft
from ceremony.core.plan import write_plan
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.response import GivenSignature, Request, Response
from ceremony.core.transcript import Entry, Transcript
from ceremony.core.withdrawal import WITHDREW
from ceremony.engine.bundle import Bundle, pack
from ceremony.engine.elsewhere import Answered
from ceremony.engine.gather import Gathered
from ceremony.errors import RefusedError
from ceremony.tui.app import CeremonyApp
from ceremony.tui.codes import Code, code_of_request, codes_of_response
from ceremony.tui.desk import Desk
from ceremony.tui.screens.answered import AnsweredPage
from ceremony.tui.screens.bundle import BundlePage
from ceremony.tui.screens.codes import CodesPage
from ceremony.tui.screens.doors import BeginPage, DevicesPage, LookPage
from ceremony.tui.screens.elsewhere import ElsewherePage
from ceremony.tui.screens.forecast import ForecastPage
from ceremony.tui.screens.foreign import ForeignPage
from ceremony.tui.screens.page import Page
from ceremony.tui.screens.send import SendPage
from ceremony.tui.screens.take_in import TakeInPage, TakenIn
from ceremony.tui.wishes import Sitting
from hsm.errors import DeviceFaultError

SIZES = pytest.mark.parametrize("size", stage.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
HERE = Path()
ENDS = {role: stage.NOW + timedelta(days=300) for role in OFFLINE_ROLES}


@pytest.fixture
def svg(snapshot: SnapshotAssertion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SnapshotAssertion:
    """Pictures are kept one file each; where the folder of a test lies is on none of them."""
    monkeypatch.chdir(tmp_path)
    return snapshot.use_extension(stage.SvgSnapshot)


def request() -> Bundle:
    """A rotation that was reviewed and sent, and that nobody has signed."""
    plan, before = stage.following(expires=ENDS), stage.before()
    transcript = Transcript().add(Entry(stage.NOW, "send", "", "sent", "The request was written."))
    text = write_plan(plan).encode()
    files = draft(plan, before.roster, before).files
    return Bundle("request", plan, text, before.roster, files, transcript, before=before)


def held(bundle: Bundle) -> Path:
    """This bundle, in its folder."""
    pack(bundle, Path("bundle"))
    return Path("bundle")


def answered() -> Answered:
    """What ann signed at another place; no key has made these signatures."""
    bundle = request()
    asked = Request(bundle.plan.id, bundle.plan.repository, bundle.files, bundle.quorums)
    keyid = stage.roster().enrolments[0].keyid
    signatures = tuple(
        GivenSignature(role, version, keyid, f"{number}0" * 71)
        for number, (role, version) in enumerate((("bins", 2), ("root", 2), ("targets", 2)), start=1)
    )
    response = Response(asked.ceremony, asked.repository, asked.fingerprint.digest.hex(), signatures, "5" * 64)
    return Answered(Path("bundle"), Path("/media/stick/the-response"), response, asked)


def code() -> tuple[Code, ...]:
    """The code of that request."""
    return (code_of_request(request()),)


def codes() -> tuple[Code, ...]:
    """The codes of that response, as large as they like to be."""
    names = {each.keyid: each.keyholder for each in stage.roster().enrolments}
    return codes_of_response(answered(), names, (500, 500))


def at_answer(desk: Desk) -> Page:
    """The page of the response, beside the copy of the request that was signed."""
    held(request())
    return AnsweredPage(desk, answered())


def withdrawn() -> Bundle:
    """The same ceremony, given up."""
    entry = Entry(stage.NOW, "withdraw", "", WITHDREW, "The ceremony is withdrawn: a key was lost.")
    return replace(request(), transcript=request().transcript.add(entry))


PAGES: dict[str, Callable[[Desk], Page]] = {
    "begin": BeginPage,
    "devices": DevicesPage,
    "look": LookPage,
    "forecast": ForecastPage,
    "foreign": ForeignPage,
    "elsewhere": ElsewherePage,
    "bundle": lambda desk: BundlePage(desk, held(request())),
    "withdrawn": lambda desk: BundlePage(desk, held(withdrawn())),
    "send": lambda desk: SendPage(desk, held(request()), request().plan),
    "answered": at_answer,
    "code-of-request": lambda desk: CodesPage(desk, code(), HERE, stage.following()),
    "codes-of-response": lambda desk: CodesPage(desk, codes(), HERE),
}


@SIZES
@pytest.mark.parametrize("name", PAGES)
async def test_how_a_page_looks(svg: SnapshotAssertion, name: str, size: tuple[int, int]) -> None:
    """Each as it opens, without anything that was found on sticks."""
    desk = replace(stage.desk(HERE), sticks=tuple)
    app = CeremonyApp(desk, PAGES[name](desk))
    async with app.run_test(size=size) as pilot:
        await stage.shown(pilot, "#page")
        await pilot.pause()
        assert stage.picture(app) == svg


@SIZES
async def test_how_a_chosen_request_looks(svg: SnapshotAssertion, size: tuple[int, int]) -> None:
    """What it is, and the three lines before Yes."""
    held(request())
    desk = replace(stage.desk(HERE), sticks=tuple)
    app = CeremonyApp(desk, ElsewherePage(desk))
    async with app.run_test(size=size) as pilot:
        await stage.typed(pilot, "bundle")
        await pilot.press("enter")
        await stage.shown(pilot, "#yes")
        await pilot.pause()
        assert stage.picture(app) == svg


@SIZES
async def test_how_responses_that_were_taken_in_look(svg: SnapshotAssertion, size: tuple[int, int]) -> None:
    """A new one, a known one, and one that was refused."""
    bundle = request()
    desk = replace(stage.desk(HERE), sticks=tuple)
    app = CeremonyApp(desk, TakeInPage(desk, Sitting(bundle.plan_text, "plan.toml", held(bundle))))
    refused = RefusedError("RESPONSE-CEREMONY", "a response to other-root", "one to this ceremony")
    found = (
        Gathered("ann.response.json", ("ann",), 3),
        Gathered("bob.response.json", ("bob",)),
        Gathered("cyd.response.json", error=refused),
    )
    async with app.run_test(size=size) as pilot:
        await stage.shown(pilot, "#typed")
        app.screen.post_message(TakenIn(found, ("cyd can still sign",)))
        await stage.until(pilot, lambda: "What became of them" in stage.text_of(app))
        assert stage.picture(app) == svg


async def test_how_the_first_page_looks_without_the_smart_card_service(svg: SnapshotAssertion) -> None:
    """What is missing, what to do about it, and every door."""
    desk = replace(stage.desk(HERE), find=lambda: ((), (DeviceFaultError("PC/SC", "SCARD_E_NO_SERVICE"),)))
    app = CeremonyApp(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#rehearse")
        await pilot.pause()
        assert stage.picture(app) == svg
