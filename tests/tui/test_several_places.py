"""A ceremony at several places, by keys: sent from one, signed at another, taken in at the first, or given up."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fakes import places as apart
from fakes import rooms
from textual.pilot import Pilot
from textual.widgets import OptionList
from tui import stage
from tui.test_walk import page_of, type_words

from ceremony.core.qr_text import request_as_qr_text
from ceremony.core.response import Request
from ceremony.core.withdrawal import withdrawal
from ceremony.engine.bundle import open_bundle
from ceremony.engine.elsewhere import Answered
from ceremony.engine.qr import response_codes
from ceremony.tui.app import CeremonyApp
from ceremony.tui.screens.answered import AnsweredPage
from ceremony.tui.screens.bundle import BundlePage
from ceremony.tui.screens.codes import CodesPage
from ceremony.tui.screens.elsewhere import ElsewherePage
from ceremony.tui.screens.page import Page
from ceremony.tui.screens.resume import ResumePage
from ceremony.tui.screens.send import SendPage
from ceremony.tui.screens.sitting import SittingScreen
from ceremony.tui.screens.take_in import TakeInPage
from ceremony.tui.screens.trouble import TroublePage
from ceremony.tui.screens.welcome import WelcomePage
from ceremony.tui.widgets.choice import Choice
from ceremony.tui.widgets.line_input import LineInput


@pytest.fixture(autouse=True, scope="module")
def _quick_disk() -> Iterator[None]:
    """Nothing waits for the disk: nobody cuts the power here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        yield


@dataclass
class World:
    """A ceremony that was sent out from ann's place, and bob's response to it. Read only."""

    table: rooms.Desk
    found: apart.Places
    answered: Answered


@pytest.fixture(name="world", scope="module")
def _world(_quick_disk: None, tmp_path_factory: pytest.TempPathFactory) -> World:
    table = apart.together(tmp_path_factory.mktemp("together"))
    found = apart.places(table, tmp_path_factory.mktemp("apart"))
    return World(table, found, found.at["bob"].sign(found.request))


@pytest.fixture(name="at_ann")
def _at_ann(world: World, tmp_path: Path) -> Path:
    """The folder of the place where the ceremony is held: its bundle, and what is trusted there."""
    shutil.copytree(world.found.bundle, tmp_path / "bundle")
    shutil.copytree(world.table.release, tmp_path / "trusted")
    return tmp_path


@pytest.fixture(name="at_bob")
def _at_bob(world: World, tmp_path: Path) -> Path:
    """The folder of another place: the request on a stick, bob's device, and what is trusted there."""
    shutil.copytree(world.found.request, tmp_path / "stick/request")
    shutil.copytree(world.table.release, tmp_path / "trusted")
    (tmp_path / "stick/devices").mkdir()
    shutil.copy(world.table.device_of("bob"), tmp_path / "stick/devices")
    return tmp_path


def app_at(folder: Path, page: type[Page] | None = None, sticks: tuple[Path, ...] = ()) -> CeremonyApp:
    """The screens in this folder at the hour of the ceremony, at the first page or another."""
    desk = replace(stage.desk(folder), clock=lambda: rooms.NOW, sticks=lambda: sticks)
    return CeremonyApp(desk, page(desk) if page else None)


def about(folder: Path) -> CeremonyApp:
    """The screens at the page of the ceremony that is held here."""
    desk = replace(stage.desk(folder), clock=lambda: rooms.NOW, sticks=tuple)
    return CeremonyApp(desk, BundlePage(desk, folder / "bundle"))


def shown_on(app: CeremonyApp) -> str:
    """Everything that can be read on the screen, in one line."""
    return " ".join(stage.text_of(app).split())


def request_in(bundle: Path) -> Request:
    """What this bundle asks for."""
    found = open_bundle(bundle)
    return Request(found.plan.id, found.plan.repository, found.files, found.quorums)


async def go_to(pilot: Pilot[Any], identity: str) -> None:
    """Tab was pressed until this has the focus."""
    await stage.shown(pilot, f"#{identity}")
    for _ in range(30):
        focused = pilot.app.screen.focused
        if focused is not None and focused.id == identity:
            return
        await pilot.press("tab")
    raise AssertionError(stage.text_of(pilot.app))  # type: ignore[arg-type]  # a pilot does not say which app


async def choose(pilot: Pilot[Any], identity: str) -> None:
    """This was chosen by keys."""
    await go_to(pilot, identity)
    await pilot.press("enter")


async def page(pilot: Pilot[Any], kind: type[Page]) -> None:
    """This page is open."""
    await stage.until(pilot, lambda: isinstance(pilot.app.screen, kind))


# ---- signing what others sent


async def chosen_by_bob(pilot: Pilot[Any], scanned: str = "") -> None:
    """From the first page: bob chooses the request on the stick, names what is trusted, scans, and says Yes."""
    await stage.shown(pilot, "#elsewhere")
    await choose(pilot, "elsewhere")
    await page(pilot, ElsewherePage)
    await choose(pilot, "found-0")
    await stage.shown(pilot, "#trusted")
    await stage.typed(pilot, "trusted")
    await pilot.press("enter")
    await go_to(pilot, "scanned")
    await stage.typed(pilot, scanned)
    await pilot.press("enter")
    await go_to(pilot, "folder")
    await pilot.press("enter")
    await choose(pilot, "yes")


async def signed_by_bob(pilot: Pilot[Any], pin: str, back: Path) -> None:
    """The sitting, to its end."""
    await page_of(pilot, "Check the machine")
    await pilot.press("tab", "enter")
    await page_of(pilot, "Roll call")
    await pilot.press("down", "space")
    await choose(pilot, "yes")
    await type_words(pilot, "Review")
    await type_words(pilot, "bob signs root, targets, bins")
    found = await page_of(pilot, "bob: plug in your device")
    await stage.until(pilot, lambda: found.query_one(OptionList).option_count == 1)
    await pilot.press("down", "enter")
    await page_of(pilot, "bob: PIN")
    await pilot.press(*pin, "enter")
    await page_of(pilot, "Respond")
    await pilot.press("shift+tab")
    await stage.typed(pilot, str(back))
    await pilot.press("enter")
    await page(pilot, AnsweredPage)


async def test_a_request_from_a_stick_is_signed_and_answered_by_keys(world: World, at_bob: Path) -> None:
    """From the first page to the response, its words and its codes, at 80 by 24; the code of the others agrees."""
    app = app_at(at_bob, sticks=(at_bob / "stick",))
    code = request_as_qr_text(request_in(world.found.request))
    back = at_bob / "back"
    async with app.run_test(size=(80, 24)) as pilot:
        await chosen_by_bob(pilot, code.lower())
        await signed_by_bob(pilot, world.table.practice.pins["practice-2"].secret, back)
        seen = stage.text_of(app)
        assert "bob: bins, root, targets" in seen
        assert "Back to the first page" in seen
        assert app.screen.focused is app.screen.query_one("#home")
        await pilot.press("up", "enter")
        await page(pilot, CodesPage)
        assert "This terminal is too small for the code." in stage.text_of(app)
        assert "bob: bins" in stage.text_of(app)
        await pilot.press("enter")
        await stage.until(pilot, lambda: "✓ Written:" in stage.text_of(app))
        await pilot.press("escape")
        await page(pilot, AnsweredPage)
        await pilot.press("escape")
        await page(pilot, WelcomePage)
    entries = open_bundle(at_bob / "the-rotation-signed-here").transcript.entries
    received = next(each for each in entries if each.action == "received")
    assert "fingerprint is that of the code that was scanned" in received.note
    names = sorted(each.name for each in back.iterdir())
    assert names[:2] == ["the-rotation-bob.response.json", "the-rotation-bob.transcript.jsonl"]
    assert names[2:] == [f"the-rotation-code-{number}-of-3.svg" for number in (1, 2, 3)]
    assert (back / names[2]).read_bytes().startswith(b"<?xml")


async def test_another_code_than_that_of_the_request_ends_it(at_bob: Path) -> None:
    """The rule names it; nothing of a sitting is left; the page of the request is one door away."""
    other = request_as_qr_text(Request("the-rotation", "x", stage.reviewed().draft.files, ()))
    app = app_at(at_bob, sticks=(at_bob / "stick",))
    async with app.run_test(size=(80, 24)) as pilot:
        await chosen_by_bob(pilot, other)
        await page(pilot, TroublePage)
        assert "Scan once more" in shown_on(app)
    assert not (at_bob / "the-rotation-signed-here").exists()


async def test_without_a_root_of_its_own_a_machine_judges_no_request(world: World, at_bob: Path) -> None:
    """No path, nothing at the path, and a release of others begin nothing."""
    shutil.copytree(world.table.release, at_bob / "other")
    app = app_at(at_bob, ElsewherePage)
    async with app.run_test(size=(80, 50)) as pilot:
        await stage.shown(pilot, "#path")
        await pilot.press("enter")
        await stage.typed(pilot, "nowhere")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "nowhere" in str(app.screen.query_one("#status").render()))
        await pilot.press("ctrl+u")
        await stage.typed(pilot, "stick/request")
        await pilot.press("enter")
        await choose(pilot, "yes")
        assert "so that it can judge the request" in shown_on(app)
        await stage.typed(pilot, "nowhere")
        await choose(pilot, "yes")
        await stage.until(pilot, lambda: "nowhere" in str(app.screen.query_one("#own").render()))
        assert isinstance(app.screen, ElsewherePage)
        await pilot.press("escape")
        await page(pilot, WelcomePage)


async def test_a_release_is_nothing_to_sign(at_bob: Path) -> None:
    """It is shown, and there is no Yes; No leads back."""
    app = app_at(at_bob, ElsewherePage)
    async with app.run_test(size=(80, 40)) as pilot:
        await stage.shown(pilot, "#path")
        await stage.typed(pilot, "trusted")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "This is a release" in stage.text_of(app))
        assert not app.screen.query("#yes")
        await choose(pilot, "no")
        await page(pilot, WelcomePage)


async def test_a_first_ceremony_is_signed_elsewhere_without_a_root(tmp_path: Path) -> None:
    """No machine trusts anything yet: nothing is asked of it, and the call comes in the sitting."""
    found = apart.initial_places(rooms.desk(tmp_path / "table"), tmp_path / "apart")
    app = app_at(found.folder, ElsewherePage)
    async with app.run_test(size=(80, 50)) as pilot:
        await stage.shown(pilot, "#path")
        await stage.typed(pilot, "request")
        await pilot.press("enter")
        await go_to(pilot, "scanned")
        assert not app.screen.query("#trusted")
        await choose(pilot, "yes")
        await page(pilot, SittingScreen)
        await page_of(pilot, "Check the machine")


# ---- how it stands


async def test_the_page_of_a_ceremony_says_who_can_still_sign(at_ann: Path) -> None:
    """By name, device and role, and until when; every act is there, resting on No."""
    app = app_at(at_ann, ResumePage)
    async with app.run_test(size=(80, 24)) as pilot:
        await choose(pilot, "found-0")
        await page(pilot, BundlePage)
        seen = shown_on(app)
        for told in (
            "root under root 1: 0 of 2, signed by nobody",
            "Can still sign",
            "bob with software device practice-2: root, targets, bins",
            "It may be held until",
        ):
            assert told in seen
        assert [each.id for each in app.screen.query(Choice)] == ["no", "ready", "take", "send", "code", "withdraw"]
        assert app.screen.focused is app.screen.query_one("#no")
        assert "Withdraw it for ever" in seen
        await pilot.press("enter")
        await page(pilot, ResumePage)


async def test_a_bundle_that_is_gone_by_then_is_told(tmp_path: Path) -> None:
    """The only way is back."""
    app = about(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#no")
        assert [each.id for each in app.screen.query(Choice)] == ["no"]
        await pilot.press("enter")
        await page(pilot, ResumePage)


# ---- sending


async def test_a_request_is_sent_with_its_words_and_its_code(at_ann: Path) -> None:
    """A new folder that is a request; its code is drawn at 80 by 24, black on white."""
    app = about(at_ann)
    async with app.run_test(size=(80, 24)) as pilot:
        await choose(pilot, "send")
        await page(pilot, SendPage)
        assert app.screen.focused is app.screen.query_one("#no")
        await go_to(pilot, "path")
        await pilot.press("ctrl+u")
        await stage.typed(pilot, "bundle")
        await pilot.press("enter")
        await stage.until(pilot, lambda: app.screen.focused is app.screen.query_one("#yes"))
        await pilot.press("enter")
        await stage.until(pilot, lambda: "!" in str(app.screen.query_one("#trouble").render()))
        app.screen.query_one("#path", LineInput).value = "sent"
        await choose(pilot, "yes")
        await stage.until(pilot, lambda: "The copy was written" in stage.text_of(app))
        seen = shown_on(app)
        assert "Bring sent to every place" in seen
        await choose(pilot, "code")
        await page(pilot, CodesPage)
        drawn = app.screen.query_one("#drawn").render()
        assert "█" in stage.text_of(app)
        assert "#000000" in str(drawn.markup) or "black" in str(drawn.markup)  # type: ignore[union-attr]  # what a Static draws
        assert "too small" not in stage.text_of(app)
        await pilot.press("right", "escape")
        await page(pilot, SendPage)
        await choose(pilot, "back")
        await page(pilot, BundlePage)
    assert open_bundle(at_ann / "sent").purpose == "request"
    assert [each.action for each in open_bundle(at_ann / "bundle").transcript.entries[-2:]] == ["send", "sent"]


async def test_what_was_sent_shows_its_code_again(at_ann: Path) -> None:
    """From the ceremony's own page, and Escape leads back to it."""
    app = about(at_ann)
    async with app.run_test(size=(120, 40)) as pilot:
        await choose(pilot, "code")
        await page(pilot, CodesPage)
        assert "The request for the-rotation" in stage.text_of(app)
        await pilot.press("f1")
        await stage.until(pilot, lambda: "What is this?" in stage.text_of(app))
        await pilot.press("escape", "escape")
        await page(pilot, BundlePage)


async def test_a_stick_is_offered_for_the_copy(at_ann: Path) -> None:
    """The only one that is plugged in; a folder that is there already is not suggested."""
    (at_ann / "stick/bundle-request").mkdir(parents=True)
    desk = replace(stage.desk(at_ann), sticks=lambda: (at_ann / "stick",))
    app = CeremonyApp(desk, SendPage(desk, at_ann / "bundle", open_bundle(at_ann / "bundle").plan))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#path")
        assert app.screen.query_one("#path", LineInput).value == str(at_ann / "stick/bundle-request-2")
        await pilot.press("enter")
        await page(pilot, BundlePage)


# ---- taking in


async def taking_in(pilot: Pilot[Any]) -> None:
    """From the ceremony's page to the one where responses are taken in."""
    await go_to(pilot, "trusted")
    await stage.typed(pilot, "trusted")
    await choose(pilot, "take")
    await page(pilot, TakeInPage)


def taken(app: CeremonyApp) -> str:
    """What became of the responses so far."""
    return " ".join(str(app.screen.query_one("#taken").render()).split())


async def test_responses_are_taken_in_by_path_by_stick_and_by_scanner(world: World, at_ann: Path) -> None:
    """New ones, known ones and refused ones are told by name, and who can still sign is told anew."""
    shutil.copytree(world.answered.place, at_ann / "stick/back")
    desk = replace(stage.desk(at_ann), clock=lambda: rooms.NOW, sticks=lambda: (at_ann / "stick",))
    app = CeremonyApp(desk, BundlePage(desk, at_ann / "bundle"))
    (code,) = response_codes(world.answered.response, world.answered.request)
    async with app.run_test(size=(80, 40)) as pilot:
        await taking_in(pilot)
        assert "bob with software device practice-2" in shown_on(app)
        await choose(pilot, "stick-0")
        await stage.until(pilot, lambda: "bob: 3 new signatures" in taken(app))
        await stage.until(pilot, lambda: "bob with software device" not in shown_on(app))
        assert "cyd with software device practice-3" in shown_on(app)
        await go_to(pilot, "typed")
        for typed, told in (
            ("stick/back", "bob: nothing new (the-rotation-bob.response.json)"),
            (code, "bob: nothing new (the scanned text)"),
            (code[:-3], "✗ the scanned text"),
            ("nowhere", "✗ nowhere"),
        ):
            await stage.typed(pilot, typed)
            await pilot.press("enter")
            await stage.until(pilot, lambda told=told: told in taken(app))
        await pilot.press("enter", "escape")
        await page(pilot, BundlePage)
        assert "targets 1 of 2, signed by bob" in shown_on(app)
    assert any(each.action == "took response" for each in open_bundle(at_ann / "bundle").transcript.entries)


async def test_once_everybody_has_signed_it_says_what_is_next(world: World, at_ann: Path) -> None:
    """Two of three are enough: sit down once more."""
    ann = apart.again(world.table, world.found, at_ann / "others").at["ann"].sign(world.found.request)
    app = about(at_ann)
    async with app.run_test(size=(80, 40)) as pilot:
        await taking_in(pilot)
        for place in (world.answered.place, ann.place):
            app.screen.query_one("#typed", LineInput).value = str(place)
            await pilot.press("enter")
            await stage.until(pilot, lambda place=place: taken(app).count("3 new signatures") > (place == ann.place))
        await stage.until(pilot, lambda: "sit down once more to seal it" in shown_on(app))
        await choose(pilot, "no")
        await page(pilot, BundlePage)


async def test_what_ends_the_act_itself_is_explained(world: World, at_ann: Path) -> None:
    """The bundle was withdrawn by somebody else meanwhile: nothing is taken in, and the page says why."""
    app = about(at_ann)
    async with app.run_test(size=(80, 40)) as pilot:
        await taking_in(pilot)
        shutil.rmtree(at_ann / "bundle")
        app.screen.query_one("#typed", LineInput).value = str(world.answered.place)
        await pilot.press("enter")
        await stage.until(pilot, lambda: "bundle" in taken(app) and "!" in taken(app))


# ---- giving up


async def test_a_ceremony_is_given_up_with_a_reason_and_rests_on_no(at_ann: Path) -> None:
    """No keeps it; Yes marks it for ever, and then it can only be sent, to tell the others."""
    app = about(at_ann)
    async with app.run_test(size=(80, 24)) as pilot:
        await choose(pilot, "withdraw")
        await page_of(pilot, "Why is it withdrawn?")
        await pilot.press("enter")
        await page_of(pilot, "Withdraw the ceremony")
        assert app.screen.focused is app.screen.query_one("#no")
        await pilot.press("enter")
        await page(pilot, BundlePage)
        assert withdrawal(open_bundle(at_ann / "bundle").transcript) is None
        await choose(pilot, "withdraw")
        await page_of(pilot, "Why is it withdrawn?")
        await stage.typed(pilot, "a key was lost")
        await pilot.press("enter")
        await page_of(pilot, "Withdraw the ceremony")
        await pilot.press("tab", "enter")
        await page(pilot, BundlePage)
        seen = shown_on(app)
        assert "! The ceremony is withdrawn: a key was lost." in seen
        assert "It may be held" not in seen
        assert [each.id for each in app.screen.query(Choice)] == ["no", "send"]
        await choose(pilot, "send")
        await page(pilot, SendPage)
        assert "REHEARSAL" in stage.text_of(app)
        app.screen.query_one("#path", LineInput).value = "marked"
        await choose(pilot, "yes")
        await stage.until(pilot, lambda: "The copy was written" in stage.text_of(app))
        assert "its mark tells them that the ceremony was given up" in shown_on(app)
        assert [each.id for each in app.screen.query(Choice)] == ["back"]
    elsewhere = app_at(at_ann, ElsewherePage)
    async with elsewhere.run_test(size=(80, 40)) as pilot:
        await stage.shown(pilot, "#path")
        await stage.typed(pilot, "marked")
        await pilot.press("enter")
        await stage.shown(pilot, "#yes")
        assert elsewhere.screen.query_one("#yes", Choice).label == "Yes: judge its mark here, and sign nothing"
