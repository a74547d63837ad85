"""The plan of an emergency: what was struck is gone, nothing else changes, and every rule is kept."""

from dataclasses import replace
from itertools import chain, combinations

import pytest
from fakes.emergencies import REASON, emergency, incident
from fakes.people import NAMES, keyid, online_key, plan
from fakes.succession import WINDOW, before, case

from ceremony.core.draft import draft
from ceremony.core.incident_rules import INCIDENT_RULES
from ceremony.core.plan import Incident, parse_plan, write_plan
from ceremony.core.plan_after import refusals_after
from ceremony.core.plan_emergency import (
    Fate,
    emergency_plan,
    incident_of,
    signed_anew,
    unmade_online_key,
    wants_next_key,
)
from ceremony.core.plan_rules import PLAN_RULES, PlanCase
from ceremony.core.policy import Policy
from ceremony.core.review import review
from ceremony.core.signers import signers_of, spared_keys
from ceremony.errors import Problem, RefusedError, SettingsError

SOME = tuple(chain.from_iterable(combinations(NAMES, count) for count in range(4)))


def test_an_incident_goes_by_keys() -> None:
    """Those of people on record, and the online key; whoever is both stolen and lost is stolen."""
    found = incident(stolen=["ann", "ann"], lost=["cyd", "ann", "nobody"], online=Fate.LOST)

    assert found == Incident(REASON, (keyid("ann"),), (keyid("cyd"), keyid("online")))
    assert incident(online=Fate.STOLEN).stolen == (keyid("online"),)
    assert incident_of(before(), REASON, stolen=(), lost=()).keyids == ()


def test_whoever_was_struck_gets_another_device_and_the_rest_stays() -> None:
    """Two days are enough to sign it."""
    found = emergency(stolen=["ann"], lost=["bob"])

    assert found.kind == "emergency"
    assert [each.keyid for each in found.keyholders] == ["", "", keyid("cyd")]
    assert (found.thresholds, found.bins, found.repository) == (plan().thresholds, plan().bins, plan().repository)
    assert (found.window.closes - found.window.opens).days == 2
    assert found.id.endswith("-emergency")


@pytest.mark.parametrize("online", Fate)
@pytest.mark.parametrize("stolen", SOME)
@pytest.mark.parametrize("lost", SOME)
def test_the_plan_keeps_every_rule_but_where_no_root_can_follow(
    stolen: tuple[str, ...], lost: tuple[str, ...], online: Fate
) -> None:
    """Whatever was struck: the plan can be reviewed, or is refused for the one thing that no plan can mend."""
    if not (stolen or lost or online is not Fate.SAFE):
        return
    found = emergency(stolen=stolen, lost=lost, online=online)
    PLAN_RULES.check(PlanCase(found, Policy()))
    refused = [each.rule for each in refusals_after(found, before())]

    gone = {*lost} - {*stolen}
    assert refused == (["ROOT-LEFT"] if len(gone) > 1 else [])
    assert parse_plan(write_plan(found).encode(), "plan.toml") == found
    if not refused:
        drafted = case(found).draft
        INCIDENT_RULES.check(case(found))
        said = [each.sentence for each in review(drafted, Policy()).changes]
        assert f"This is an emergency, because: {REASON}." in said
        if online is not Fate.SAFE:
            sentence = "The online signer gets another key: the one it has now signs nothing any more."
            assert sentence in said


def test_without_another_online_key_the_plan_is_refused() -> None:
    """Root is what it wants to sign; the rule says what is missing."""
    found = emergency_plan(before(), plan(), incident(online=Fate.STOLEN), WINDOW.opens)

    assert [*found.expires] == ["root"]
    assert [each.rule for each in refusals_after(found, before())] == ["KEY-REVOKED"]
    with_key = signed_anew(replace(found, online_key=online_key(name="online again")), before(), plan())
    assert [*with_key.expires] == ["root", "bins"]
    assert refusals_after(with_key, before()) == ()


@pytest.mark.parametrize(
    ("stolen", "lost", "last_time", "spared"),
    [
        (["ann"], [], [], ["ann"]),
        ([], ["ann"], [], ["ann"]),
        (["ann", "bob"], [], ["ann with serial-of-ann", "bob with serial-of-bob", "cyd with serial-of-cyd"], []),
        (["ann"], ["bob"], ["ann with serial-of-ann"], ["bob"]),
    ],
)
def test_a_struck_key_is_asked_for_only_where_the_others_are_too_few(
    stolen: list[str], lost: list[str], last_time: list[str], spared: list[str]
) -> None:
    """A lost one never."""
    found = emergency(stolen=stolen, lost=lost)
    drafted = case(found).draft

    asked = [each.id for each in signers_of(found, drafted.roster, before()) if each.leaves]
    assert asked == last_time
    assert spared_keys(found, before()) == {keyid(name) for name in spared}


def test_the_review_tells_what_becomes_of_each_key() -> None:
    """Whose it is, what has happened to it, and when it is asked for all the same."""
    found = emergency(stolen=["ann"], lost=["bob"], online=Fate.STOLEN)
    said = [each.sentence for each in review(case(found).draft, Policy()).changes if each.is_caution]

    ann, bob, online = (keyid(name)[:16] for name in ("ann", "bob", "online"))
    assert (
        f"Somebody else may have ann's Model 5 serial-of-ann (key {ann}). It is asked to sign this root all the same: "
        "without it root 1 has too few keys."
    ) in said
    assert f"Nobody has bob's Model 5 serial-of-bob (key {bob}) any more." in said
    assert f"Somebody else may have the online key ({online})." in said


def test_a_struck_key_whose_holder_is_on_no_record_goes_by_its_keyid() -> None:
    """As after a ceremony whose roster is not at hand."""
    found = emergency(lost=["ann"])
    start = replace(before(), roster=replace(before().roster, enrolments=before().roster.enrolments[1:]))
    drafted = draft(found, case(found).draft.roster, start)

    said = [each.sentence for each in review(drafted, Policy()).changes]
    assert f"Nobody has key {keyid('ann')[:16]} any more." in said


@pytest.mark.parametrize(
    ("found", "is_wanted"),
    [
        (incident(stolen=["ann"]), False),
        (incident(online=Fate.STOLEN), True),
        (incident(online=Fate.LOST), True),
        (incident(stolen=["ann", "bob"]), True),
        (incident(lost=["ann", "bob"], online=Fate.LOST), False),
    ],
)
def test_another_online_key_is_wanted_where_it_was_struck_or_all_keys_go(found: Incident, *, is_wanted: bool) -> None:
    """And never where no root can follow."""
    assert wants_next_key(found, before()) is is_wanted


def test_before_the_next_online_key_is_made_it_is_known_what_will_be_signed() -> None:
    """Another stands in for it, with which no plan is good."""
    ahead = emergency_plan(before(), plan(), incident(online=Fate.STOLEN), WINDOW.opens, unmade_online_key())

    assert [*ahead.expires] == [*emergency(online=Fate.STOLEN).expires]
    with pytest.raises(RefusedError) as refused:
        PLAN_RULES.check(PlanCase(ahead, Policy()))
    assert refused.value.rule == "ONLINE-KEY-PROOF"


def _problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(SettingsError) as found:
        parse_plan(text.encode(), "plan.toml")
    return found.value.problems


def _with_keyids(text: str) -> str:
    return text.replace("KEY OF ann", keyid("ann")).replace("KEY OF bob", keyid("bob"))


PLAN = write_plan(emergency(stolen=["ann"], lost=["bob"]))


@pytest.mark.parametrize(
    ("old", "new", "field", "found"),
    [
        (f'reason = "{REASON}"', 'reason = "no"', "incident.reason", "'no'"),
        (f'reason = "{REASON}"', f'reason = "{REASON}"\nwho = "ann"', "incident.who", "an unknown field"),
        ("KEY OF ann", "KEY OF bob", "incident.stolen", "one key twice"),
        ("KEY OF ann", "abc", "incident.stolen", "['abc']"),
        ('kind = "emergency"', 'kind = "rotation"', "incident", "an unknown field"),
        ("[incident]", "[incidents]", "incident", "nothing"),
    ],
)
def test_an_incident_is_read_strictly(old: str, new: str, field: str, found: str) -> None:
    """Each problem with its field. Keyids, which differ from run to run, are no names for cases."""
    old, new = (_with_keyids(each) for each in (old, new))
    assert old in PLAN
    assert (field, found) in [(each.field, each.found) for each in _problems(PLAN.replace(old, new, 1))]


def test_an_incident_strikes_at_least_one_key() -> None:
    """Otherwise nothing has happened that a plan could answer."""
    text = write_plan(replace(emergency(stolen=["ann"]), incident=Incident(REASON)))
    assert [(each.field, each.found) for each in _problems(text)] == [("incident.stolen", "no key")]
