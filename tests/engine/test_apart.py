"""A ceremony that is signed apart, where it is held: it takes in what is back, offers the request, and pauses."""

import itertools
import shutil
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.places import Places, again, following, leave, places, together, wanted
from fakes.rooms import NOW, Desk, ScriptedOperator, desk

from ceremony.core.plan import write_plan
from ceremony.core.policy import OFFLINE_ROLES, Policy
from ceremony.core.qr_text import request_as_qr_text, response_as_qr_text
from ceremony.engine import questions as q
from ceremony.engine import record as record_module
from ceremony.engine.bundle import Bundle, open_bundle
from ceremony.engine.elsewhere import Answered
from ceremony.engine.gather import gather_alone
from ceremony.engine.opening import Agenda
from ceremony.engine.sitting import Outcome, sit
from ceremony.engine.verify import verify
from ceremony.engine.withdraw import withdraw
from ceremony.errors import PausedError, RefusedError, StoppedError, StorageError

SIGNED_ONCE = dict.fromkeys(OFFLINE_ROLES, 1)


@dataclass
class World:
    """A first ceremony held together; the next one, reviewed and sent; and what bob and cyd gave back. Read only."""

    table: Desk
    first: Places
    back: dict[str, Answered]


@pytest.fixture(name="world", scope="module")
def _world(_quick_disk: None, tmp_path_factory: pytest.TempPathFactory) -> World:
    table = together(tmp_path_factory.mktemp("together"))
    first = places(table, tmp_path_factory.mktemp("apart"))
    return World(table, first, {name: first.at[name].sign(first.request) for name in ("bob", "cyd")})


@pytest.fixture(name="here")
def _here(world: World, tmp_path: Path) -> Places:
    """The next ceremony at ann's place, where nobody has signed."""
    return again(world.table, world.first, tmp_path)


def sitting(here: Places, **changes: Any) -> Outcome:  # noqa: ANN401  # any field of an agenda
    """What a sitting leads to in which ann is alone."""
    return sit(here.at["ann"].room, here.held(**changes))


def asked(here: Places, kind: type) -> list[Any]:
    """The pages of this kind that were asked at ann's place."""
    return [each for each in here.at["ann"].operator.asked if isinstance(each, kind)]


def signed(bundle: Bundle) -> dict[str, int]:
    """How many have signed each role."""
    return {each.role: len(each.signatures) for each in bundle.files}


# ---- the pause


def test_a_sitting_that_lacks_signatures_pauses_and_says_who_is_missing(here: Places) -> None:
    """By name, device and place, with what they sign and until when; what ann signed is kept."""
    with pytest.raises(PausedError) as paused:
        sitting(here)

    assert paused.value.people == (
        "bob with software device practice-2, elsewhere: root, targets, bins",
        "cyd with software device practice-3, elsewhere: root, targets, bins",
    )
    assert paused.value.lacking[:2] == ("root under root 1: 1 of 2", "root under root 2: 1 of 2")
    assert paused.value.until.endswith("Z")
    kept = open_bundle(here.bundle)
    assert signed(kept) == SIGNED_ONCE
    assert kept.transcript.entries[-1].result == "paused"
    assert not (here.folder / "release").exists()


def test_a_paused_ceremony_goes_on(world: World, here: Places) -> None:
    """With what came back meanwhile: nobody signs twice, nobody is asked where it lies."""
    with pytest.raises(PausedError):
        sitting(here)

    release = sitting(here, responses=(world.back["bob"].place,)).release

    assert verify(release, Policy()).is_good
    assert signed(open_bundle(release)) == dict.fromkeys(OFFLINE_ROLES, 2)
    assert len(asked(here, q.TypeWords)) == 1


@pytest.mark.parametrize("how", ["file", "folder", "code"])
def test_what_came_back_is_taken_in_when_it_is_asked_for(world: World, here: Places, how: str) -> None:
    """A file, a folder, or the code that a scanner types."""
    bob = world.back["bob"]
    (file,) = bob.place.glob("*.response.json")
    answers = {"file": file, "folder": bob.place, "code": response_as_qr_text(bob.response, bob.request)}
    here.at["ann"].operator.answers[q.TakeResponse] = lambda _page: answers[how]

    assert verify(sitting(here).release, Policy()).is_good

    (page,) = asked(here, q.TakeResponse)
    assert page.expect == "Still to sign: bob and cyd."
    assert page.step == "gather"


def test_the_step_is_in_the_script_where_the_ceremony_is_signed_apart(world: World, here: Places) -> None:
    """Between the last who signs and the seal, and done before it."""
    sitting(here, responses=(world.back["bob"].place,))

    steps = [(each.id, each.state) for each in here.at["ann"].operator.scenes[-1].steps]
    assert steps[-3:] == [("gather", "done"), ("seal", "done"), ("export", "current")]


def test_the_script_learns_of_it_from_the_roll_call(tmp_path: Path) -> None:
    """Nothing was sent yet, but bob and cyd are not here; before that the script does not have the step."""
    table = enrolled(desk(tmp_path))
    table.operator.answers[q.RollCall] = lambda _page: ("ann",)

    with pytest.raises(PausedError):
        sit(table.room, table.agenda())

    scripts = ["gather" in [each.id for each in scene.steps] for scene in table.operator.scenes]
    assert (scripts[0], scripts[-1]) == (False, True)
    assert scripts == sorted(scripts)


def test_a_ceremony_that_everybody_signs_in_one_room_is_asked_nothing_new(tmp_path: Path) -> None:
    """No page more than the script has, and no step."""
    table = desk(tmp_path)
    sit(table.room, table.agenda())
    assert [each for each in table.operator.asked if isinstance(each, q.TakeResponse)] == []
    assert "gather" not in [each.id for each in table.operator.scenes[-1].steps]


def test_who_has_signed_already_need_not_be_there(world: World, here: Places) -> None:
    """Two of three are enough: a third who is away leads to no page, only to a step that passes."""
    gather_alone(here.at["ann"].room, here.agenda, [world.back["bob"].place])
    sitting(here)
    assert asked(here, q.TakeResponse) == []


def test_a_device_that_is_at_another_place_is_waited_for_too(tmp_path: Path) -> None:
    """Everybody is in the room, and two devices are not: the sitting pauses where it would be sealed."""
    table = enrolled(desk(tmp_path))
    table.operator.answers[q.PlugIn] = lambda page: wanted(page) if page.person == "ann" else q.Missing.NOT_TODAY

    with pytest.raises(PausedError) as paused:
        sit(table.room, table.agenda())

    assert [each.partition(":")[0] for each in paused.value.people] == [
        "bob with software device practice-2",
        "cyd with software device practice-3",
    ]


def enrolled(table: Desk) -> Desk:
    """The desk, once everybody was enrolled there."""
    table.operator.answers[q.ReviewPage] = leave
    with pytest.raises(StoppedError):
        sit(table.room, table.agenda())
    del table.operator.answers[q.ReviewPage]
    return table


# ---- the request is offered


def test_the_request_can_be_sent_before_the_pause(here: Places) -> None:
    """To the place that was chosen, with what ann has signed in it; another place answers it."""
    here.at["ann"].operator.answers[q.ChoosePlace] = lambda _page: here.folder / "stick"

    with pytest.raises(PausedError):
        sitting(here)

    assert signed(open_bundle(here.folder / "stick")) == SIGNED_ONCE
    assert len(here.at["bob"].sign(here.folder / "stick").response.keyids) == 1
    (page,) = asked(here, q.ChoosePlace)
    assert (page.title, page.suggested.name) == ("Send the request", "the-rotation-request")


def test_where_the_agenda_names_a_place_nobody_is_asked_for_one(here: Places) -> None:
    """As with the release."""
    with pytest.raises(PausedError):
        sitting(here, request=here.folder / "stick")
    assert signed(open_bundle(here.folder / "stick")) == SIGNED_ONCE
    assert asked(here, q.ChoosePlace) == []


def test_where_the_agenda_names_a_place_that_is_taken_nothing_is_written_over(here: Places) -> None:
    """StorageError, and what was signed is kept."""
    with pytest.raises(StorageError):
        sitting(here, request=here.request)
    assert signed(open_bundle(here.bundle)) == SIGNED_ONCE


def test_a_stick_that_takes_nothing_is_asked_for_again(here: Places) -> None:
    """With what went wrong on the page; then somebody says No."""
    answers = iter([here.request, None])
    operator = here.at["ann"].operator
    operator.patient = True
    operator.answers[q.ChoosePlace] = lambda _page: next(answers)

    with pytest.raises(PausedError):
        sitting(here)

    assert [type(each.trouble) for each in asked(here, q.ChoosePlace)] == [type(None), StorageError]


def test_back_from_the_offer_asks_for_responses_again(world: World, here: Places) -> None:
    """Somebody found the stick after all."""

    def back(_page: q.ChoosePlace) -> Path:
        raise q.GoBack

    answers = iter([None, world.back["cyd"].place])
    operator = here.at["ann"].operator
    operator.answers = {**operator.answers, q.ChoosePlace: back, q.TakeResponse: lambda _page: next(answers)}

    assert verify(sitting(here).release, Policy()).is_good
    assert len(asked(here, q.TakeResponse)) == 2


# ---- bad days


def test_a_response_that_was_brought_and_is_refused_stands_on_the_page(world: World, here: Places) -> None:
    """By name; nothing of it is kept."""
    operator = here.at["ann"].operator
    operator.patient = True
    cut = here.folder / "cut.response.json"
    (whole,) = world.back["bob"].place.glob("*.response.json")
    cut.write_bytes(whole.read_bytes()[:-40])

    with pytest.raises(PausedError):
        sitting(here, responses=(cut,))

    (page,) = asked(here, q.TakeResponse)
    assert page.trouble is not None
    assert signed(open_bundle(here.bundle)) == SIGNED_ONCE


def test_a_key_that_signed_at_two_places_counts_once(world: World, here: Places, tmp_path: Path) -> None:
    """Bob took his device to another machine: the same bundle in either order, and cyd or ann is missed still."""
    code = request_as_qr_text(world.back["bob"].request)
    other = again(world.table, world.first, tmp_path / "other").at["bob"].sign(here.request, scanned=code)
    both = (world.back["bob"].place, other.place)
    assert world.back["bob"].response != other.response

    found = []
    for number, order in enumerate(itertools.permutations(both)):
        bundle = here.folder / f"bundle {number}"
        shutil.copytree(here.bundle, bundle)
        took = gather_alone(here.at["ann"].room, here.held(folder=bundle), order)
        assert [(each.people, each.error) for each in took] == [(("bob",), None)] * 2
        found.append([dict(each.signatures) for each in open_bundle(bundle).files])

    assert found[0] == found[1]
    assert [len(each) for each in found[0]] == [1, 1, 1]


class Killed(BaseException):
    """The machine died."""


def test_a_machine_that_dies_between_two_responses_keeps_the_first(
    world: World, here: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the same responses are taken in once more, and the ceremony is as if nothing had been."""
    true_save, saves = record_module.save, itertools.count(1)

    def dies(bundle: Bundle, path: Path) -> None:
        if next(saves) > 2:  # that it goes on, and what bob brought
            raise Killed
        true_save(bundle, path)

    back = [world.back[name].place for name in ("bob", "cyd")]
    with monkeypatch.context() as patch:
        patch.setattr(record_module, "save", dies)
        with pytest.raises(Killed):
            gather_alone(here.at["ann"].room, here.agenda, back)
    assert signed(open_bundle(here.bundle)) == SIGNED_ONCE

    again_found = gather_alone(here.at["ann"].room, here.agenda, back)

    assert [(each.people, each.added) for each in again_found] == [(("bob",), 0), (("cyd",), 3)]
    assert verify(sitting(here).release, Policy()).is_good


def test_a_ceremony_that_this_machine_has_overtaken_does_not_go_on(world: World, here: Places) -> None:
    """TRUSTED-OWN: meanwhile targets were refreshed, with the same root; no place signs what starts from the old."""
    newer = refreshed_targets(world, here)
    with pytest.raises(RefusedError) as refused:
        sitting(here, trusted=newer)
    assert refused.value.rule == "TRUSTED-OWN"
    assert "1.targets.json" in refused.value.found

    with pytest.raises(RefusedError) as refused:
        replace(here.at["bob"], trusted=newer).sign(here.request)
    assert refused.value.rule == "TRUSTED-OWN"


def refreshed_targets(world: World, here: Places) -> Path:
    """The release of a ceremony that made targets 2 and left root as it was."""
    plan = following(world.table.release, "refresh", expires={"targets": NOW + timedelta(days=399)})
    release = here.folder / "newer"
    agenda = Agenda(
        write_plan(plan).encode(), "plan.toml", here.folder / "faster", Policy(), release, trusted=world.table.release
    )
    operator = ScriptedOperator(world.table.practice.pins, release, {q.PlugIn: wanted})
    sit(replace(world.table.room, operator=operator), agenda)
    return release


def test_what_cannot_be_kept_beside_what_it_follows_is_not_begun(world: World, here: Places) -> None:
    """The rules of what follows are kept before anybody acts: no bundle, no page."""
    plan = following(world.table.release, "refresh", thresholds=dict.fromkeys(OFFLINE_ROLES, 3))
    with pytest.raises(RefusedError) as refused:
        sitting(here, plan_text=write_plan(plan).encode(), folder=here.folder / "new")
    assert refused.value.rule == "REFRESH-ONLY"
    assert here.at["ann"].operator.asked == []
    assert not (here.folder / "new").exists()


def test_a_withdrawn_ceremony_is_not_sat_over(world: World, here: Places) -> None:
    """CEREMONY-WITHDRAWN, whatever came back."""
    assert withdraw(here.at["ann"].room, here.bundle)
    with pytest.raises(RefusedError) as refused:
        sitting(here, responses=(world.back["bob"].place,))
    assert refused.value.rule == "CEREMONY-WITHDRAWN"
