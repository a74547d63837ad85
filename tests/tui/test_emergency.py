"""An emergency on the screens: what became of each key, what to do, the playbook in a file, and the plan."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import people
from fakes.emergencies import REASON, emergency
from fakes.succession import before
from textual.pilot import Pilot
from tui import stage
from tui.test_plan import choose, line, put, said, verdict

from ceremony.core.online_key import OnlineKeyFile, encode_online_key
from ceremony.core.plan import Incident, OnlineKey, Plan, parse_plan, write_plan
from ceremony.core.plan_emergency import Fate, emergency_plan, incident_of
from ceremony.core.playbook import playbook, playbook_lines
from ceremony.core.policy import Policy
from ceremony.core.struck_keys import online_keys
from ceremony.engine.bundle import Bundle, pack
from ceremony.tui.app import CeremonyApp
from ceremony.tui.incident_answers import Answers
from ceremony.tui.plan_form import form_of
from ceremony.tui.plan_judgement import TRUSTED, judge
from ceremony.tui.screens.doors import BeginPage
from ceremony.tui.screens.emergency import EmergencyPage
from ceremony.tui.screens.key_fate import KeyFate
from ceremony.tui.screens.plan import PlanPage
from ceremony.tui.screens.plan_fields import HolderLines
from ceremony.tui.screens.sitting import SittingScreen
from ceremony.tui.widgets.choice import Choice
from ceremony.tui.widgets.line_input import LineInput

KEYIDS = tuple(each.keyid for each in stage.roster().enrolments)


def opened(folder: Path) -> CeremonyApp:
    """The page of an emergency, beside a release."""
    stage.released(folder / "release")
    desk = stage.desk(folder)
    return CeremonyApp(desk, EmergencyPage(desk))


async def read(pilot: Pilot[Any], reason: str = REASON) -> None:
    """The release was read, and this was typed as what has happened."""
    await stage.shown(pilot, "#path")
    await stage.typed(pilot, "release")
    await pilot.press("enter")
    await stage.shown(pilot, "#reason")
    await stage.until(pilot, lambda: pilot.app.screen.focused is pilot.app.screen.query_one("#reason"))
    await stage.typed(pilot, reason)


async def become(pilot: Pilot[Any], key: str, fate: Fate) -> None:
    """This has become of the key."""
    pilot.app.screen.query_one(f"#fate-{key} #{fate.value}").focus()
    await pilot.press("enter")
    await pilot.pause()
    await pilot.pause()


def shows(app: CeremonyApp, selector: str) -> bool:
    """Whether this is on the page."""
    return bool(app.screen.query_one(selector).display)


def told(app: CeremonyApp, selector: str) -> str:
    """What stands there."""
    return str(app.screen.query_one(selector).render())


def acts(app: CeremonyApp) -> str:
    """What the playbook says, but for the bulletin, in one line."""
    return " ".join(str(each.render()) for each in app.screen.query("#chapters Static"))


def key_file(folder: Path, *, repository: str = people.REPOSITORY, key: OnlineKey | None = None) -> None:
    """The file of the online signer's next key lies there."""
    found = OnlineKeyFile(repository, key or people.online_key(repository, "online again"))
    (folder / "online-key-next.json").write_bytes(encode_online_key(found))


async def saved(pilot: Pilot[Any], app: CeremonyApp, folder: Path) -> Plan:
    """The plan that came of it, which keeps every rule, as it was saved."""
    await stage.until(pilot, lambda: isinstance(app.screen, PlanPage))
    await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
    await put(pilot, "#save-path", "emergency.toml")
    await choose(pilot, "save")
    assert "Saved" in verdict(app)
    return parse_plan((folder / "emergency.toml").read_bytes(), "emergency.toml")


async def test_a_stolen_key_leads_to_what_to_do_and_to_a_plan_without_it(tmp_path: Path) -> None:
    """By keys from the first line on; what has happened stands in the plan, and its holder gets another device."""
    app = opened(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await read(pilot)
        assert told(app, "#unstruck").startswith("No key was struck")
        await pilot.press("tab", "tab", "enter")
        await stage.until(pilot, lambda: "bring a new device for ann" in acts(app))
        assert "✗" not in told(app, "#reason-problem")
        assert f"Security notice for {people.REPOSITORY}: {REASON}." in told(app, "#bulletin")
        assert not shows(app, "NextKeyLines")
        await choose(pilot, "plan")
        await stage.until(pilot, lambda: isinstance(app.screen, PlanPage))
        await stage.until(pilot, lambda: "root 1 is trusted here" in told(app, "#own"))
        assert told(app, "#follows").startswith("An emergency that follows root 1")
        assert f"What has happened: {REASON}" in told(app, "#others")
        assert "Somebody else may have: ann's YubiKey 5C NFC 10001" in told(app, "#others")
        plan = await saved(pilot, app, tmp_path)
        await choose(pilot, "begin")
        await stage.until(pilot, lambda: isinstance(app.screen, SittingScreen))
        await stage.shown(pilot, "ConfirmPage")
    assert plan.incident == Incident(REASON, (KEYIDS[0],))
    assert [each.keyid for each in plan.keyholders] == ["", *KEYIDS[1:]]
    assert [*plan.expires] == ["root", "targets", "bins"]


async def test_every_key_is_safe_until_somebody_says_otherwise(tmp_path: Path) -> None:
    """While nothing is struck nothing is offered; a key that is safe after all takes everything back."""
    app = opened(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await read(pilot, "")
        assert {each.fate for each in app.screen.query(KeyFate)} == {Fate.SAFE}
        for fate, is_struck in ((None, False), (Fate.LOST, True), (Fate.SAFE, False)):
            if fate is not None:
                await become(pilot, "1", fate)
            assert [shows(app, each) for each in ("#plan", "#keep-path", "#reason-problem")] == [is_struck] * 3
            assert shows(app, "#unstruck") is not is_struck
            assert bool(acts(app)) is is_struck
        assert shows(app, "#back")


async def test_the_mark_of_a_key_is_seen_without_colour(tmp_path: Path) -> None:
    """The choice that holds carries it."""
    app = opened(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await read(pilot)
        await become(pilot, "2", Fate.LOST)
        labels = [each.label for each in app.screen.query("#fate-2 Choice").results(Choice)]
        assert labels == ["safe", "somebody else may have it", "! nobody has it"]
        labels = [each.label for each in app.screen.query("#fate-online Choice").results(Choice)]
        assert labels == ["✓ safe", "somebody else may have it", "nobody has it"]
        assert "cyd, YubiKey 5C NFC 10003, signs root, targets, bins" in stage.text_of(app)


async def test_nothing_is_planned_or_kept_before_somebody_says_what_has_happened(tmp_path: Path) -> None:
    """The playbook is there all the same: what to do cannot wait."""
    app = opened(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await read(pilot, "gone")
        await become(pilot, "0", Fate.LOST)
        assert "a reason in 10 to 200 letters" in told(app, "#reason-problem")
        assert "hold the ceremony" in acts(app)
        await choose(pilot, "plan")
        assert "what has happened: 'gone'; wanted a reason" in told(app, "#trouble")
        app.screen.query_one("#keep-path").focus()
        await pilot.press("enter")
        await pilot.pause()
        assert "Say first what has happened" in told(app, "#kept")
        await put(pilot, "#reason", "")
        assert "(what has happened)" in told(app, "#bulletin")
        await put(pilot, "#reason", REASON)
        assert not shows(app, "#trouble")
        assert not shows(app, "#kept")
        await choose(pilot, "plan")
        await stage.until(pilot, lambda: isinstance(app.screen, PlanPage))
    assert not (tmp_path / "playbook.txt").exists()


async def test_the_online_key_needs_the_file_of_its_next_one(tmp_path: Path) -> None:
    """Not there, of another repository, the one of today: each is told; the right one leads to a plan."""
    app = opened(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await read(pilot)
        await become(pilot, "online", Fate.STOLEN)
        assert shows(app, "NextKeyLines")
        assert "rotate-key" in told(app, "#key")
        assert "every bin anew, 2.bins.json, snapshot, and timestamp.json and 2.root.json last" in acts(app)
        await choose(pilot, "plan")
        assert "the next online key: needed for the plan" in told(app, "#trouble")
        assert "Plan this ceremony" in stage.text_of(app)
        await put(pilot, "#key-path", "online-key-next.json")
        assert "online-key-next.json" in told(app, "#key")
        key_file(tmp_path, repository="other.example")
        await put(pilot, "#key-path", "./online-key-next.json")
        assert f"a key for other.example; wanted one for {people.REPOSITORY}" in told(app, "#key")
        await choose(pilot, "plan")
        assert "the next online key: a key for other.example" in told(app, "#trouble")
        key_file(tmp_path, key=stage.plan().online_key)
        await put(pilot, "#key-path", "online-key-next.json")
        assert "which still signs" in told(app, "#key")
        await choose(pilot, "plan")
        assert "the next online key: key " in told(app, "#trouble")
        key_file(tmp_path)
        await put(pilot, "#key-path", "./online-key-next.json")
        assert "✓ key" in told(app, "#key")
        await choose(pilot, "plan")
        plan = await saved(pilot, app, tmp_path)
    assert plan.incident == Incident(REASON, (stage.plan().online_key.keyid(),))
    assert plan.online_key == people.online_key(name="online again")
    assert [*plan.expires] == ["root", "bins"]
    assert [each.keyid for each in plan.keyholders] == [*KEYIDS]


async def test_stolen_keys_that_make_a_root_renew_everything(tmp_path: Path) -> None:
    """The online key too, though nobody has it; as soon as the root is safe the key of today stays."""
    app = opened(tmp_path)
    key_file(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await read(pilot)
        await become(pilot, "0", Fate.STOLEN)
        await become(pilot, "2", Fate.STOLEN)
        assert shows(app, "NextKeyLines")
        assert "bring a new device for each of ann, bob and cyd" in acts(app)
        await put(pilot, "#key-path", "online-key-next.json")
        await become(pilot, "2", Fate.SAFE)
        assert not shows(app, "NextKeyLines")
        assert "rotate-key" not in acts(app)
        await become(pilot, "2", Fate.STOLEN)
        await choose(pilot, "plan")
        plan = await saved(pilot, app, tmp_path)
    assert plan.incident == Incident(REASON, (KEYIDS[0], KEYIDS[2]))
    assert [each.keyid for each in plan.keyholders] == ["", "", ""]
    assert plan.online_key == people.online_key(name="online again")


async def test_where_no_root_can_follow_there_is_no_plan(tmp_path: Path) -> None:
    """The playbook says what to do instead, and no key file is asked for; it can be kept."""
    app = opened(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await read(pilot)
        for key in ("0", "1", "online"):
            await become(pilot, key, Fate.LOST)
        assert "hold a first ceremony anew" in acts(app)
        assert "no root can follow it" in acts(app)
        assert not shows(app, "#plan")
        assert not shows(app, "NextKeyLines")
        app.screen.query_one("#keep-path").focus()
        await pilot.press("enter")
        await stage.until(pilot, lambda: "Kept" in told(app, "#kept"))
        await choose(pilot, "back")
        await stage.until(pilot, lambda: isinstance(app.screen, BeginPage))
    assert "hold a first ceremony anew" in (tmp_path / "playbook.txt").read_text("utf-8")


async def test_the_playbook_is_kept_once_and_never_written_over(tmp_path: Path) -> None:
    """What is in the file is what everybody else gets from the same release and plan."""
    app = opened(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await read(pilot)
        await become(pilot, "0", Fate.STOLEN)
        app.screen.query_one("#keep-path").focus()
        await pilot.press("enter")
        await stage.until(pilot, lambda: f"✓ Kept {tmp_path / 'playbook.txt'}" in told(app, "#kept"))
        await become(pilot, "1", Fate.LOST)
        assert not shows(app, "#kept")
        app.screen.query_one("#keep-path").focus()
        await pilot.press("enter")
        await stage.until(pilot, lambda: "EEXIST" in told(app, "#kept"))
    incident = incident_of(stage.before(), REASON, stolen=["ann"], lost=[])
    plan = emergency_plan(stage.before(), stage.plan(), incident, stage.NOW)
    lines = playbook_lines(playbook(plan, incident, stage.before()))
    assert (tmp_path / "playbook.txt").read_text("utf-8").splitlines() == [*lines]


async def test_what_is_no_release_leads_nowhere(tmp_path: Path) -> None:
    """It is explained, with No below it; also after a release was read."""
    pack(Bundle("request", stage.plan(), write_plan(stage.plan()).encode()), tmp_path / "request")
    app = opened(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await read(pilot)
        for name, words in (("nowhere", "nowhere"), ("request", "a bundle for a request")):
            await put(pilot, "#path", name)
            app.screen.query_one("#path").focus()
            await pilot.press("enter")
            await stage.until(pilot, lambda words=words: words in told(app, "#status"))
            assert not app.screen.query("#reason")
        app.screen.query_one("#no").focus()
        await pilot.press("enter")
        await stage.until(pilot, lambda: isinstance(app.screen, BeginPage))


async def test_a_release_that_is_found_here_is_chosen_and_escape_leads_back(tmp_path: Path) -> None:
    """As on the page of quiet times."""
    app = opened(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#found-0")
        await pilot.press("tab", "tab", "enter")
        await stage.shown(pilot, "#reason")
        assert "Keyholders: ann, bob, cyd" in stage.text_of(app)
        await pilot.press("f1")
        await stage.until(pilot, lambda: "calls it stolen" in stage.text_of(app))
        await pilot.press("escape", "escape")
        await stage.until(pilot, lambda: isinstance(app.screen, BeginPage))


def planned(**struck: Any) -> Plan:  # noqa: ANN401  # as for `incident_of`
    """The plan of an emergency after the release on the stage."""
    incident = incident_of(stage.before(), REASON, **{"stolen": (), "lost": ()} | struck)
    next_key = people.online_key(name="online again") if "online" in struck else None
    return emergency_plan(stage.before(), stage.plan(), incident, stage.NOW, next_key)


@pytest.mark.parametrize("struck", [{"stolen": ["ann"]}, {"lost": ["cyd"], "online": Fate.STOLEN}])
async def test_a_loaded_plan_of_an_emergency_is_saved_byte_for_byte(tmp_path: Path, struck: dict[str, Any]) -> None:
    """Its keys go by keyid until the release is read, and then by whose they are."""
    stage.released(tmp_path / "release")
    text = write_plan(planned(**struck))
    (tmp_path / "loaded.toml").write_text(text, encoding="utf-8")
    desk = stage.desk(tmp_path)
    app = CeremonyApp(desk, PlanPage(desk))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#begin")
        await stage.typed(pilot, "loaded.toml")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "Loaded" in told(app, "#trouble"))
        assert "have: key " in told(app, "#others") or "any more: key " in told(app, "#others")
        assert "keeps every rule" not in verdict(app)
        await put(pilot, "#trusted-path", "release")
        app.screen.query_one("#trusted-path").focus()
        await pilot.press("enter")
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        name = next(each for names in ("stolen", "lost") for each in struck.get(names, ()))
        assert f": {name}'s YubiKey 5C NFC" in told(app, "#others")
        await put(pilot, "#trusted-path", "elsewhere")
        assert f"{name}'s" not in told(app, "#others")
        await put(pilot, "#trusted-path", "release")
        app.screen.query_one("#trusted-path").focus()
        await pilot.press("enter")
        await saved(pilot, app, tmp_path)
    assert (tmp_path / "emergency.toml").read_text("utf-8") == text


async def test_the_plan_of_an_emergency_can_be_changed_as_a_rotation_can(tmp_path: Path) -> None:
    """Somebody else gets another device too, an end is another, and what has happened stays in the plan."""
    desk = stage.desk(tmp_path)
    app = CeremonyApp(desk, PlanPage(desk, planned(stolen=["ann"]), stage.released(tmp_path / "release")))
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))
        cyd = list(app.screen.query(HolderLines))[2]
        cyd.query_one("#renew").focus()
        await pilot.press("enter")
        await stage.typed(pilot, "10009")
        line(app, "expires.root").write("2030-12-24 12:00")
        line(app, "thresholds.root").write("3")
        plan = await saved(pilot, app, tmp_path)
        line(app, "thresholds.root").write("1")
        await stage.until(pilot, lambda: "2 or more" in said(app, "thresholds.root"))
    assert [each.device for each in plan.keyholders] == ["", "", "10009"]
    assert plan.expires["root"].isoformat() == "2030-12-24T12:00:00+00:00"
    assert plan.thresholds["root"] == 3
    assert plan.incident == Incident(REASON, (KEYIDS[0],))


async def test_a_plan_of_another_kind_tells_of_no_incident_after_one_that_did(tmp_path: Path) -> None:
    """What one file said does not stay in the next."""
    stage.released(tmp_path / "release")
    for name, plan in (("one", planned(stolen=["ann"])), ("two", stage.following())):
        (tmp_path / f"{name}.toml").write_text(write_plan(plan), encoding="utf-8")
    desk = stage.desk(tmp_path)
    app = CeremonyApp(desk, PlanPage(desk))
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.shown(pilot, "#begin")
        for name, is_told in (("one", True), ("two", False)):
            await put(pilot, "#load", f"{name}.toml")
            app.screen.query_one("#load").focus()
            await pilot.press("enter")
            await stage.until(pilot, lambda name=name: f"{name}.toml" in told(app, "#trouble"))
            assert shows(app, "#others") is is_told
        await put(pilot, "#trusted-path", "release")
        app.screen.query_one("#trusted-path").focus()
        await pilot.press("enter")
        await stage.until(pilot, lambda: "keeps every rule" in verdict(app))


def test_a_struck_key_that_is_kept_is_told_where_it_stands() -> None:
    """With its holder, with the online key, or with a threshold; whatever else is wrong stands with what is trusted."""
    found = emergency(stolen=["ann"], lost=["bob"])
    ann, bob, cyd = (replace(each, keyid=people.keyid(each.name)) for each in found.keyholders)
    kept = replace(found, keyholders=(replace(ann, keyid=""), bob, cyd))
    assert [*judge(form_of(kept), Policy(), before()).problems] == ["keyholders[1]"]

    online = replace(emergency(online=Fate.LOST), online_key=people.plan().online_key)
    assert "online_key" in judge(form_of(online), Policy(), before()).problems

    all_new = emergency(stolen=["ann", "bob"])
    one_kept = replace(all_new, keyholders=(*all_new.keyholders[:2], cyd))
    assert [*judge(form_of(one_kept), Policy(), before()).problems] == ["keyholders[2]"]

    stray = replace(found, incident=Incident(REASON, ("0" * 64,)))
    assert TRUSTED in judge(form_of(stray), Policy(), before()).problems


def test_the_playbook_is_whole_before_the_next_online_key_is_here() -> None:
    """Which roles are signed because of it is known without it."""
    answers = Answers(REASON, {}, Fate.STOLEN)
    assert [*online_keys(stage.before())] == [*answers.incident(stage.before()).stolen]
    without = answers.playbook(stage.before(), stage.plan(), stage.NOW)
    key = people.online_key(name="online again")
    assert without == replace(answers, next_key=key).playbook(stage.before(), stage.plan(), stage.NOW)


async def test_the_lines_of_the_page_keep_what_was_typed(tmp_path: Path) -> None:
    """Neither an answer nor a playbook that is drawn anew takes anything away."""
    app = opened(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await read(pilot)
        await become(pilot, "0", Fate.STOLEN)
        kept = [*app.screen.query("#chapters").first().children]
        await put(pilot, "#reason", f"{REASON}, and closed again")
        assert [*app.screen.query("#chapters").first().children] == kept
        assert "and closed again" in told(app, "#bulletin")
        await become(pilot, "1", Fate.STOLEN)
        assert [*app.screen.query("#chapters").first().children] != kept
        assert app.screen.query_one("#reason", LineInput).value.endswith("and closed again")
