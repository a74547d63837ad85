"""The playbook of an emergency: what it means, who signs, what is done in which order, and what strangers are told."""

from dataclasses import replace

import pytest
from fakes.emergencies import REASON, emergency, incident
from fakes.people import REPOSITORY, keyid, plan
from fakes.succession import before, ends

from ceremony.core.plan import Delegation, Plan, instant_text
from ceremony.core.plan_after import ends_of
from ceremony.core.plan_emergency import Fate
from ceremony.core.playbook import Playbook, playbook, playbook_lines


def played(found: Plan) -> Playbook:
    """The playbook of this plan."""
    assert found.incident is not None
    return playbook(found, found.incident, before())


def told(found: Playbook) -> str:
    """All of it, as it is printed."""
    return "\n".join(playbook_lines(found))


def done(found: Playbook, *words: str) -> list[int]:
    """The places, in order, of the first act with each of these words."""
    return [next(place for place, each in enumerate(found.acts) if word in each.what) for word in words]


def test_one_stolen_key_signs_nothing_and_leaves_with_the_next_root() -> None:
    """Nobody is alarmed more than has to be."""
    found = played(emergency(stolen=["ann"]))

    assert found.is_in_band
    (threat,) = found.threats
    assert threat == (
        "1 key of root, targets and bins is stolen; a thief needs 2. 2 keys are left that nobody else has; "
        "2 have to sign."
    )
    bob, cyd = (f"{name}'s Model 5 serial-of-{name} (key {keyid(name)[:16]})" for name in ("bob", "cyd"))
    assert found.signatures[:2] == (
        f"root 2 under root 1: 2 of {bob} and {cyd}.",
        "root 2 under itself: 2 of ann, bob and cyd.",
    )
    assert found.clients == ("A client takes 2.root.json first, and from then on nothing that the struck keys sign.",)
    assert found.bulletin[0] == f"Security notice for {REPOSITORY}: {REASON}."
    assert "may be forged" not in told(found)
    assert "Clients change over by themselves" in told(found)


def test_acts_are_in_the_order_in_which_they_are_done() -> None:
    """First nothing is lost, then the key is cut off; the timestamp is last, and strangers hear of it at the end."""
    found = played(emergency(stolen=["ann"], online=Fate.STOLEN))

    before = ("backup", "take the right", "rotate-key", "upload", "online compare", "new device")
    after = ("hold", "deliver", "drop", "check", "bulletin", "lock away")
    places = done(found, *before, *after)
    assert places == sorted(places)
    deliver = found.acts[done(found, "deliver")[0]].what
    assert deliver.index("every bin anew") < deliver.index("snapshot") < deliver.index("2.root.json")
    assert deliver.endswith("snapshot, and timestamp.json and 2.root.json last.")
    assert played(emergency(stolen=["ann"])).acts[3].what.endswith("snapshot, 2.root.json, and timestamp.json last.")


def test_a_stolen_online_key_deceives_until_root_or_bins_ends() -> None:
    """Whichever is first; and whoever was pushed ahead comes back."""
    found = played(emergency(online=Fate.STOLEN))

    end = min((ends_of(before())[role], role) for role in ("root", "bins"))
    assert f"{instant_text(end[0])}, when {end[1]} 1 ends" in found.threats[0]
    assert any("pushed ahead by a thief" in each for each in found.clients)
    assert any("For one publication both" in each for each in found.clients)
    assert "may be forged" in " ".join(found.bulletin)


def test_where_targets_may_mean_nothing_to_the_old_root_a_client_may_have_to_ask_again() -> None:
    """Two of three sign, one of whom has a new key: it depends on who does, and nothing is promised."""
    found = played(emergency(stolen=["ann"], online=Fate.STOLEN))

    assert any("may have to ask again" in each for each in found.clients)
    assert not any("nobody is refused" in each for each in found.clients)


def test_what_the_online_key_delegates_is_registered_anew() -> None:
    """Recently claimed projects are only as good as that key."""
    delegations = (Delegation("recently-claimed", is_online=True),)
    found = played(emergency(online=Fate.STOLEN, delegations=delegations))

    assert any("project remove" in each.what for each in found.acts)
    assert any("recently-claimed may be forged" in each for each in found.threats)


def test_a_lost_online_key_signs_nothing_beside_anybody() -> None:
    """A client has to ask again in one instant."""
    found = played(emergency(online=Fate.LOST))

    assert any("rotate-key --lost" in each.what for each in found.acts)
    assert any("ask again" in each for each in found.clients)
    assert any("nothing new is published" in each for each in found.threats)
    assert "may be forged" not in " ".join(found.bulletin)


def test_stolen_keys_that_make_a_root_want_a_race_and_another_way() -> None:
    """Everything is renewed, and the new root goes out with the clients themselves."""
    found = played(emergency(stolen=["ann", "bob"]))

    assert "enough to make a root" in found.threats[0]
    assert "enough to sign targets and bins" in found.threats[1]
    assert any("bring 1 of" in each.what for each in found.acts)
    assert done(found, "deliver") < done(found, "ship 2.root.json")
    assert any("refuses 2.root.json" in each for each in found.clients)
    assert any("Install the next release of your client too" in each for each in found.bulletin)


def test_where_too_few_keys_are_left_no_root_can_follow() -> None:
    """Another first root, by another way; until the first end people can change over."""
    found = played(emergency(lost=["ann", "cyd"]))

    assert not found.is_in_band
    assert found.signatures == ("root 1 asks for 2 signatures, and 1 key is left: no root can follow it.",)
    assert not any("deliver" in each.what for each in found.acts)
    assert any("plan --new" in each.what for each in found.acts)
    end = instant_text(min(ends_of(before()).values()))
    assert found.clients == (f"They take what is there until {end}, and refuse everything after that.",)
    assert "Too few are left" in found.bulletin[1]


def test_where_several_keys_are_left_but_too_few_the_words_agree() -> None:
    """Nobody reads "2 keys is"."""
    found = replace(emergency(lost=["ann"]), incident=incident(lost=["ann", "bob", "cyd"]))
    assert played(found).signatures == ("root 1 asks for 2 signatures, and 0 keys are left: no root can follow it.",)


def test_where_root_stays_clients_notice_nothing() -> None:
    """As when a key of bins alone is lost."""
    found = played(replace(emergency(lost=["ann"]), expires=ends("targets", "bins")))

    assert found.clients == ("A client takes the new metadata like any other, and notices nothing.",)
    assert "with the next update" in found.bulletin[1]
    assert not any("404" in each.what for each in found.acts)


def test_it_is_printed_with_a_number_for_each_act() -> None:
    """The bulletin last, to be copied from there."""
    found = played(emergency(lost=["bob"], online=Fate.STOLEN))
    lines = [*playbook_lines(found)]

    assert lines[0] == "PLAYBOOK"
    assert f"  1. {found.acts[0].who}: {found.acts[0].what}" in lines
    assert lines[-1].strip() == found.bulletin[-1]
    assert plan().repository in told(found)


@pytest.mark.parametrize("online", [Fate.SAFE, Fate.LOST])
def test_nobody_is_called_in_with_a_new_device_where_no_keyholder_was_struck(online: Fate) -> None:
    """Nor where all keep theirs."""
    found = played(emergency(lost=["ann"] if online is Fate.SAFE else [], online=online))
    assert any("new device" in each.what for each in found.acts) is (online is Fate.SAFE)
    assert any("lock away" in each.what for each in found.acts) is (online is Fate.SAFE)
