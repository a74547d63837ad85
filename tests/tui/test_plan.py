"""The plan page: loaded or typed, judged while it is typed, saved, begun."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from tui import stage

from ceremony.core.online_key import OnlineKeyFile, encode_online_key
from ceremony.core.plan import Keyholder, parse_plan, write_plan
from ceremony.core.policy import Policy
from ceremony.tui.app import CeremonyApp
from ceremony.tui.plan_form import HOLDER_FIELDS, form_of
from ceremony.tui.plan_judgement import judge
from ceremony.tui.screens.doors import BeginPage
from ceremony.tui.screens.plan import PlanPage
from ceremony.tui.screens.plan_fields import HolderLines, PlanLine
from ceremony.tui.screens.sitting import SittingScreen
from ceremony.tui.widgets.line_input import LineInput


def opened(folder: Path) -> CeremonyApp:
    """The app at the plan page."""
    desk = stage.desk(folder)
    return CeremonyApp(desk, PlanPage(desk))


async def put(pilot: Pilot[Any], selector: str, text: str) -> None:
    """The text was typed into this line."""
    line = pilot.app.screen.query(selector).results(LineInput)
    next(iter(line)).value = text
    await pilot.pause()
    await pilot.pause()


async def choose(pilot: Pilot[Any], identity: str) -> None:
    """This choice was taken with Enter."""
    pilot.app.screen.query_one(f"#{identity}").focus()
    await pilot.press("enter")
    await pilot.pause()


def line(app: CeremonyApp, path: str) -> PlanLine:
    """The line of this field."""
    return next(each for each in app.screen.query(PlanLine) if each.path == path)


def said(app: CeremonyApp, path: str) -> str:
    """What stands beside the line of this field."""
    return str(line(app, path).query_one(".problem").render())


def verdict(app: CeremonyApp) -> str:
    """What the foot of the page says of the plan."""
    return str(app.screen.query_one("#verdict").render())


async def fill(pilot: Pilot[Any], folder: Path) -> None:
    """Everything that a new plan lacks was typed."""
    key = OnlineKeyFile(stage.plan().repository, stage.plan().online_key)
    (folder / "online-key.json").write_bytes(encode_online_key(key))
    await put(pilot, "#key-path", "online-key.json")
    for place, name in enumerate(("ann", "bob", "cyd")):
        list(pilot.app.screen.query(HolderLines))[place].query_one("#name", LineInput).value = name
        await pilot.pause()
        await pilot.pause()


async def test_a_plan_typed_by_hand_is_saved_and_begun(tmp_path: Path) -> None:
    """With a key file and three names the plan is good; it is begun only once it is saved."""
    app = opened(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#begin")
        await choose(pilot, "begin")
        assert "put right what is marked" in verdict(app)
        await fill(pilot, tmp_path)
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        assert line(app, "repository").text == stage.plan().repository
        assert len(app.screen.query(HolderLines)) == 4
        await choose(pilot, "begin")
        assert "Save the plan first" in verdict(app)
        await choose(pilot, "save")
        assert "Saved" in verdict(app)
        await choose(pilot, "save")
        assert "Saved" not in verdict(app)
        await choose(pilot, "begin")
        await stage.until(pilot, lambda: isinstance(app.screen, SittingScreen))
    assert [each.name for each in parse_plan((tmp_path / "plan.toml").read_bytes(), "").keyholders] == [
        "ann",
        "bob",
        "cyd",
    ]


async def test_a_loaded_plan_is_begun_byte_for_byte(tmp_path: Path) -> None:
    """A plan that nobody edited goes into the ceremony as the file says it, comments and all."""
    text = "# Approved by ann and bob.\n" + write_plan(stage.plan())
    (tmp_path / "approved.toml").write_text(text, encoding="utf-8")
    app = opened(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#begin")
        await stage.typed(pilot, "approved.toml")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        await choose(pilot, "begin")
        await stage.shown(pilot, "ConfirmPage")
    assert (tmp_path / stage.plan().id / "plan.toml").read_text(encoding="utf-8") == text


async def test_each_problem_stands_beside_its_field_as_it_is_typed(tmp_path: Path) -> None:
    """What a field cannot be, what a rule refuses, and which keyholder is meant."""
    (tmp_path / "plan.toml").write_text(write_plan(stage.plan()), encoding="utf-8")
    app = opened(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.shown(pilot, "#begin")
        await stage.typed(pilot, "plan.toml")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        for path, text, told in (
            ("id", "No!", "small letters"),
            ("thresholds.root", "two", "a whole number"),
            ("thresholds.root", "1", "2 or more"),
            ("thresholds.targets", "9", "at least as many"),
            ("window.opens", "tomorrow", "a UTC time"),
            ("window.closes", "2029-01-01", "a closing time after"),
            ("expires.bins", "2050-01-01 12:00", "between"),
            ("bins.count", "3", "2, 4, 8"),
            ("lifetimes.bin_n_hours", "9999", "1 to 720 hours"),
            ("rehearsal", "maybe", "yes or no"),
            ("repository", "", "needed"),
        ):
            good = line(app, path).text
            line(app, path).write(text)
            await stage.until(pilot, lambda path=path, told=told: told in said(app, path))
            line(app, path).write(good)
            await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        line(app, "repository").write("other.example")
        await stage.until(pilot, lambda: "a proof that does not hold" in str(app.screen.query_one("#key").render()))


async def test_problems_of_keyholders_stand_below_them(tmp_path: Path) -> None:
    """An empty role list, an unknown scheme, and one device for two."""
    (tmp_path / "plan.toml").write_text(write_plan(stage.plan()), encoding="utf-8")
    app = opened(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.shown(pilot, "#begin")
        await stage.typed(pilot, "plan.toml")
        await pilot.press("enter")
        await stage.until(pilot, lambda: len(app.screen.query(HolderLines)) == 4)
        second = list(app.screen.query(HolderLines))[1]

        async def wrong(name: str, text: str, told: str, where: HolderLines) -> None:
            good = second.query_one(f"#{name}", LineInput).value
            second.query_one(f"#{name}", LineInput).value = text
            await stage.until(pilot, lambda: told in str(where.query_one(".problem").render()))
            second.query_one(f"#{name}", LineInput).value = good
            await stage.until(pilot, lambda: "keeps every rule" in verdict(app))

        await wrong("roles", "root, timestamp", "roles: ", second)
        await wrong("scheme", "rsa", "ed25519", app.screen.query(HolderLines).last())
        first = app.screen.query(HolderLines).first()
        first.query_one("#device", LineInput).value = "77"
        await wrong("device", "77", "device 77 for two keyholders", app.screen.query(HolderLines).last())


async def test_files_that_cannot_be_read_are_explained(tmp_path: Path) -> None:
    """A plan that is not there or is none, and a key file that is none."""
    (tmp_path / "bad.toml").write_text("format = 2\n", encoding="utf-8")
    app = opened(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#begin")
        for name, told in (("absent.toml", "absent.toml"), ("bad.toml", "problem")):
            await put(pilot, "#load", name)
            app.screen.query_one("#load").focus()
            await pilot.press("enter")
            await stage.until(pilot, lambda told=told: told in str(app.screen.query_one("#trouble").render()))
        await put(pilot, "#key-path", "bad.toml")
        await stage.until(pilot, lambda: "bad.toml" in str(app.screen.query_one("#key").render()))
        await put(pilot, "#key-path", "~nobody-at-all/key.json")
        await stage.until(pilot, lambda: "✗" in str(app.screen.query_one("#key").render()))
        await put(pilot, "#load", "")
        app.screen.query_one("#load").focus()
        await pilot.press("enter")
        await choose(pilot, "no")
        await stage.until(pilot, lambda: isinstance(app.screen, BeginPage))


async def test_an_edited_plan_has_to_be_saved_again(tmp_path: Path) -> None:
    """What begins is what lies in a file."""
    (tmp_path / "plan.toml").write_text(write_plan(replace(stage.plan(), id="other-id")), encoding="utf-8")
    app = opened(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#begin")
        await stage.typed(pilot, "plan.toml")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        line(app, "id").write("third-id")
        await pilot.pause()
        await choose(pilot, "begin")
        assert "Save the plan first" in verdict(app)


def test_the_form_loses_nothing_of_a_keyholder() -> None:
    """Every field that a plan has for a keyholder is a line of the form, and comes back as it went in."""
    assert set(HOLDER_FIELDS) == {each.name for each in fields(Keyholder)}
    reasons = ("bought before the flaw was known", "made before there was a ceremony")
    odd = Keyholder("ann", ("root", "bins"), "ed25519", "10001", "a key", "9d", *reasons)
    plan = replace(stage.plan(), keyholders=(odd, *stage.plan().keyholders[1:]))
    assert judge(form_of(plan), Policy()).plan == plan


async def test_every_field_of_a_keyholder_has_its_line(tmp_path: Path) -> None:
    """What a plan says of somebody is on the page, so that nothing is lost when it is loaded and saved."""
    app = opened(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.shown(pilot, "HolderLines")
        shown = {each.id for each in app.screen.query(HolderLines).first().query(LineInput)}
        assert shown == {*HOLDER_FIELDS} - {"keyid"}
