"""The review of a ceremony that follows, in sentences: what changes is said, and what stays is proved to."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fakes.history import altered
from fakes.people import keyid, online_key, plan
from fakes.succession import after, before, case, ends, roster_after

from ceremony.core.before import Before
from ceremony.core.changes import Change, plan_changes
from ceremony.core.differences import changes_of
from ceremony.core.draft import draft
from ceremony.core.plan import Bins, Keyholder, Plan
from ceremony.core.plan_after import with_ends, with_keyholder, with_new_device, without_keyholder
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.roster import Roster
from ceremony.core.trusted import Trusted


def changes(found: Plan, start: Before | None = None) -> list[Change]:
    """What this plan changes."""
    return [*changes_of(case(found, start).draft)]


def said(found: Plan, start: Before | None = None) -> list[str]:
    """The same, as people read it."""
    return [each.sentence for each in changes(found, start)]


def cautions(found: Plan) -> list[str]:
    """Those of the sentences that deserve a second thought."""
    return [each.sentence for each in changes(found) if each.is_caution]


def short(name: str, scheme: str = "") -> str:
    """How a key is called."""
    return f"(key {keyid(name, scheme)[:16]})"


CYD = f"cyd's Model 5 serial-of-cyd {short('cyd')}"
CYD_AGAIN = f"cyd's Model 5 serial-of-cyd {short('cyd again', plan().keyholders[2].scheme)}"


def test_a_first_ceremony_is_told_by_its_plan() -> None:
    """There is nothing to compare it with."""
    found = draft(plan(), roster_after(plan()))
    assert [*changes_of(found)] == [*plan_changes(plan())]


def test_a_refresh_is_told_in_five_lines() -> None:
    """What it makes, when it counts, the dates, and that nothing else changes."""
    assert said(after("refresh", expires=ends("root", "bins"))) == [
        "This ceremony makes root 2 and bins 2 of packages.example.org.",
        "Root 2 counts when enough keys of root 1 sign it, and enough of its own.",
        "root 2 ends on 2031-06-06T09:00:00Z; before, on 2031-03-01T09:00:00Z.",
        "bins 2 ends on 2031-06-06T09:00:00Z; before, on 2030-05-30T09:00:00Z.",
        "Compared byte for byte, nothing but version and end changes in root and bins.",
        "Targets stay as they are.",
    ]


def test_without_a_new_root_nothing_is_said_of_one() -> None:
    """The old keys have nothing to sign."""
    found = said(after("refresh", expires=ends("targets")))
    assert not [each for each in found if each.startswith("Root 2")]


def test_a_device_that_is_replaced_is_told_by_its_serial_and_its_key() -> None:
    """Once for what it loses, once for what the other one gains."""
    found = said(with_ends(with_new_device(after(), "cyd"), ends("root", "targets")))
    assert f"After this, {CYD} can no longer sign root, targets and bins." in found
    assert f"From now on {CYD_AGAIN} can sign root, targets and bins." in found
    assert "Bins stay as they are." in found
    assert not [each for each in found if "byte for byte" in each]


def test_whoever_leaves_and_whoever_comes_are_named() -> None:
    """With the roles that each of them signs."""
    found = with_keyholder(without_keyholder(after(), "cyd"), Keyholder("day", ("bins",)))
    sentences = said(found)
    assert f"After this, {CYD} can no longer sign root, targets and bins." in sentences
    assert any(each.startswith("From now on day's Model 5 ") and each.endswith(" can sign bins.") for each in sentences)


def test_a_key_whose_holder_is_not_on_record_is_told_by_its_keyid() -> None:
    """No name is made up for it."""
    start = replace(before(), roster=Roster(before().roster.enrolments[:2]))
    found = said(with_ends(without_keyholder(after(), "cyd"), ends("root", "targets")), start)
    wanted = f"After this, key {keyid('cyd')[:16]}, whose holder is not on record, can no longer sign root"
    assert any(each.startswith(wanted) for each in found)


def test_many_keys_at_once_deserve_a_second_thought() -> None:
    """One at a time is what mistakes are cheapest with."""
    found = with_new_device(with_new_device(after(), "cyd"), "bob")
    assert cautions(found)[:1] == ["2 keys leave and 2 come in one ceremony: with one at a time, a mistake costs less."]
    assert not [each for each in cautions(with_new_device(after(), "cyd")) if "in one ceremony" in each]


def test_it_is_said_when_this_root_needs_keys_that_leave_it() -> None:
    """Whoever erased them too early could never finish; where those that stay are just enough, none may be lost."""
    one, two = with_new_device(after(), "cyd"), with_new_device(with_new_device(after(), "cyd"), "bob")
    assert cautions(one) == [
        "Without the keys that leave, all 2 that stay have to sign: losing one of them now costs the root."
    ]
    wanted = "Root 1 asks for 2 of its 3 keys, and only 1 that may sign it stay: 1 that leave must sign a last time."
    assert cautions(two)[1:] == [f"{wanted} Keep them until the new root is published."]
    assert cautions(with_ends(one, ends("targets"))) == []


@pytest.mark.parametrize(
    ("thresholds", "change"),
    [
        ({"root": 3, "targets": 2, "bins": 2}, Change("root needs 3 of 3 signatures; before, 2 of 3.")),
        (
            {"root": 2, "targets": 1, "bins": 2},
            Change("targets needs 1 of 3 signatures; before, 2 of 3.", is_caution=True),
        ),
        ({"root": 2, "targets": 2, "bins": 3}, Change("bins needs 3 of 3 signatures; before, 2 of 3.")),
    ],
)
def test_another_threshold_is_told_and_a_lower_one_deserves_a_second_thought(
    thresholds: dict[str, int], change: Change
) -> None:
    """Beside the number of keys."""
    assert change in changes(after(thresholds=thresholds))


def test_more_keyholders_under_the_same_threshold_are_told_too() -> None:
    """Two of four are not what two of three are."""
    found = said(with_keyholder(after(), Keyholder("day", ("root",))))
    assert "root needs 2 of 4 signatures; before, 2 of 3." in found


def test_another_online_key_is_told() -> None:
    """It is nobody's of the keyholders."""
    found = said(after(online_key=online_key(name="online again")))
    assert "The online signer gets another key: the one it has now signs nothing any more." in found


@pytest.mark.parametrize(
    ("bins", "words"),
    [(Bins(32, "succinct"), "32 bins (succinct)"), (Bins(16, "explicit"), "16 bins (explicit)")],
)
def test_another_spread_of_targets_deserves_a_second_thought(bins: Bins, words: str) -> None:
    """Clients may refuse it."""
    assert cautions(after(bins=bins)) == [f"Targets are spread over {words}; before, over 16 bins (succinct)."]


def test_other_lifetimes_are_told() -> None:
    """The keyholders decide them, not the signer; a longer time deserves a second thought."""
    words = "The online signer's signatures last for another time:"
    shorter = {**plan().lifetimes, "timestamp": timedelta(hours=1)}
    assert Change(f"{words} timestamp 1 h (before, 24 h).") in changes(after(lifetimes=shorter))
    longer = {**shorter, "bin-n": timedelta(hours=720)}
    assert Change(f"{words} bin-n 720 h (before, 336 h) and timestamp 1 h (before, 24 h).", is_caution=True) in changes(
        after(lifetimes=longer)
    )


def test_lifetimes_that_others_stated_otherwise_are_told() -> None:
    """Not at all, in another shape, or to the second."""
    start = with_bins(lambda signed: signed.pop("x-ceremony-lifetimes"))
    words = "The online signer's signatures last for another time: bin-n 336 h (before, not stated)"
    assert any(each.startswith(words) for each in said(after(), start))
    start = with_bins(lambda signed: signed.update({"x-ceremony-lifetimes": {"bin-n": 5, "snapshot": "soon"}}))
    assert any(
        "bin-n 336 h (before, 5 s), snapshot 168 h (before, not stated)" in each for each in said(after(), start)
    )


def with_bins(change: Callable[[dict[str, Any]], object]) -> Before:
    """What is trusted, with bins that say something else."""
    trusted = before().trusted
    other = altered(trusted.targets["bins"], change, "ann", "bob")
    return Before(Trusted(trusted.roots, {**trusted.targets, "bins": other}), before().roster)


def test_another_version_of_the_specification_is_told() -> None:
    """The library that writes metadata decides it, and no plan does."""
    start = with_bins(lambda signed: signed.update(spec_version="1.0.19"))
    found = said(after("refresh", expires=ends("bins")), start)
    assert any(each.endswith("of the TUF specification; before, 1.0.19.") for each in found)


# ---- what no sentence tells


def test_another_order_of_the_same_is_told_by_its_bytes() -> None:
    """Keyholders in another order give other bytes, and no other power."""
    found = after(keyholders=after().keyholders[::-1])
    assert said(found)[-2:] == [
        f"{role} 2 differs from {role} 1 in the order of what it lists, and in nothing else but version and end."
        for role in ("root", "targets")
    ]
    assert "Compared byte for byte, nothing but version and end changes in bins." in said(found)


def test_what_no_sentence_tells_is_told_to_be_there() -> None:
    """It deserves a second thought: a field that nobody here knows is gone."""
    start = with_bins(lambda signed: signed.update({"x-note": "hello"}))
    sentence = "bins 2 differs from bins 1 in more than version and end, and no sentence tells in what: "
    assert changes(after(), start)[-1] == Change(f"{sentence}compare the two files.", is_caution=True)


@pytest.mark.parametrize(
    "found",
    [
        with_new_device(after(), "cyd"),
        without_keyholder(after(), "cyd"),
        after(thresholds={"root": 3, "targets": 2, "bins": 2}),
        after(thresholds={"root": 2, "targets": 2, "bins": 3}),
        after(online_key=online_key(name="online again")),
        after(bins=Bins(16, "explicit")),
    ],
)
def test_where_a_sentence_tells_of_a_file_no_other_does(found: Plan) -> None:
    """One is enough."""
    assert not [each for each in said(found) if " differs from " in each]


def test_bins_that_were_not_there_are_told() -> None:
    """Nothing is compared with nothing."""
    trusted = before().trusted
    start = Before(Trusted(trusted.roots, {"targets": trusted.targets["targets"]}), before().roster)
    found = said(after(), start)
    assert "Targets are spread over 16 bins for the first time." in found
    assert f"bins 1 ends on {ends()['bins']:%Y-%m-%dT%H:%M:%SZ}." in found


def test_bins_that_handed_nothing_on_are_told() -> None:
    """Somebody else made them so."""
    trusted = before().trusted
    bare = altered(trusted.targets["bins"], lambda signed: signed.pop("delegations"), "ann", "bob")
    start = Before(Trusted(trusted.roots, {**trusted.targets, "bins": bare}), before().roster)
    assert "Targets are spread over 16 bins (succinct); before, over nothing." in said(after(), start)


@pytest.mark.parametrize("role", OFFLINE_ROLES)
def test_what_is_signed_and_what_stays_make_up_every_role(role: str) -> None:
    """No role is passed over in silence."""
    others = [each for each in OFFLINE_ROLES if each != role]
    found = said(after("refresh", expires=ends(role)))
    assert f"Compared byte for byte, nothing but version and end changes in {role}." in found
    assert f"{' and '.join(others).capitalize()} stay as they are." in found
