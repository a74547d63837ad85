"""The forecast: each role has an end, a latest day to start, and a state that only ever grows worse."""

from datetime import UTC, date, datetime, timedelta

import pytest
from fakes import dated_repository as lab
from fakes.people import NAMES, NOW, drafted, keyid
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core import strict_json
from ceremony.core.forecast import STATES, USUAL_TERMS, Forecast, Occasion, Terms, days_before, forecast
from ceremony.core.forecast_json import forecast_json
from ceremony.core.forecast_words import (
    calendar_words,
    left_words,
    quorum_sentence,
    quorum_words,
    state_words,
    verdict,
    window_words,
)
from ceremony.core.metadata_file import MetadataFile
from ceremony.errors import TamperedError

DRAFTED = drafted()
"""Root ends on 2031-03-01, targets on 2030-08-28, bins on 2030-05-30, each at nine."""

OFFLINE = DRAFTED.files
anytime = st.datetimes(timezones=st.just(UTC))
counts = st.integers(0, 3650)


def at(day: str, terms: Terms = USUAL_TERMS, files: tuple[MetadataFile, ...] = OFFLINE) -> Forecast:
    """The forecast at noon of this day."""
    return forecast(files, lab.moment(f"{day}T12:00:00"), terms)


def state_of(found: Forecast, role: str) -> str:
    """The state of this role."""
    return next(each.state for each in found.roles if each.role == role)


# ---- states


@pytest.mark.parametrize(
    ("day", "state"),
    [
        ("2030-04-16", "good"),
        ("2030-04-17", "soon"),
        ("2030-04-30", "soon"),
        ("2030-05-01", "late"),
        ("2030-05-29", "late"),
        ("2030-05-30", "expired"),
    ],
)
def test_bins_that_end_on_may_30_are_to_be_started_by_april_30(day: str, state: str) -> None:
    """Thirty days before its end is the last day to start; for fourteen days, that one among them, it is soon."""
    found = at(day)
    assert found.roles[2].start_by == date(2030, 4, 30)
    assert (found.state, state_of(found, "bins"), state_of(found, "root")) == (state, state, "good")
    assert found.in_state(found.state) == (("root", "targets", "bins") if state == "good" else ("bins",))


def test_at_the_very_moment_of_its_end_a_role_has_ended() -> None:
    """As the real client counts."""
    end = lab.moment("2030-05-30T09:00:00")
    assert state_of(forecast(OFFLINE, end - timedelta(seconds=1)), "bins") == "late"
    assert state_of(forecast(OFFLINE, end), "bins") == "expired"


def test_other_terms_move_the_days() -> None:
    """Without a warning there is no soon; without a lead nothing is late."""
    assert at("2030-04-30", Terms(30, 0)).state == "good"
    assert at("2030-05-01", Terms(30, 0)).state == "late"
    assert at("2030-05-29", Terms(0, 0)).state == "good"
    assert at("2030-05-30", Terms(0, 0)).state == "expired"
    assert at("2030-03-01", Terms(3650, 0)).state == "late"


def test_a_role_of_the_online_signer_is_late_when_it_was_not_renewed() -> None:
    """A day of life: at a third of it the signer signs anew; less than a sixth is no accident."""
    files = lab.files(timestamp=NOW + timedelta(hours=24))
    states = [state_of(forecast(files, NOW + timedelta(hours=hours)), "timestamp") for hours in (0, 17, 20, 21, 24)]
    assert states == ["good", "good", "good", "late", "expired"]
    assert [each.start_by for each in forecast(files, NOW).roles if each.is_online] == [None] * 3


@given(anytime, anytime, counts, counts)
def test_nothing_ever_grows_better_by_waiting(one: datetime, other: datetime, lead: int, warn: int) -> None:
    """Later is never better, for each role and for all together."""
    earlier, later = (forecast(OFFLINE, now, Terms(lead, warn)) for now in sorted((one, other)))
    pairs = [(earlier.state, later.state)]
    pairs += [(was.state, each.state) for was, each in zip(earlier.roles, later.roles, strict=True)]
    assert all(STATES.index(was) <= STATES.index(now) for was, now in pairs)


@given(anytime, counts, counts, counts, counts)
def test_whoever_wants_more_time_is_warned_no_later(now: datetime, lead: int, warn: int, more: int, wider: int) -> None:
    """A longer lead, with at least as much of a warning before it, never makes a state better."""
    usual, careful = forecast(OFFLINE, now, Terms(lead, warn)), forecast(OFFLINE, now, Terms(lead + more, warn + wider))
    assert STATES.index(usual.state) <= STATES.index(careful.state)


@given(anytime, counts, counts)
def test_the_days_stand_in_their_order(now: datetime, lead: int, warn: int) -> None:
    """No role has to be started after its end; the state is the worst of all; what is due lies ahead, in order."""
    found = forecast(OFFLINE, now, Terms(lead, warn))
    for each in found.roles:
        assert each.start_by is not None
        assert each.start_by <= each.expires.date()
        assert (each.state == "expired") is (each.time_left <= timedelta(0))
    assert STATES.index(found.state) == max(STATES.index(each.state) for each in found.roles)
    days = [each.day for each in found.calendar]
    assert days == sorted(days)
    assert all(day >= now.date() for day in days)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_dates_at_the_ends_of_the_calendar_are_no_trouble(text: str) -> None:
    """Whoever wrote them."""
    odd = []
    for file in OFFLINE:
        fields = strict_json.decode_canonical(file.payload, file.name)
        assert isinstance(fields, dict)
        odd.append(MetadataFile(file.role, 1, strict_json.encode(fields | {"expires": text})))
    for now in (datetime.min.replace(tzinfo=UTC), NOW, datetime.max.replace(tzinfo=UTC)):
        found = forecast(odd, now, Terms(3650, 3650))
        assert verdict(found)
        assert forecast_json(found)["state"] == found.state
    assert days_before(date.min, 5) == date.min


# ---- what it is about


def test_it_names_the_repository_and_the_people() -> None:
    """Root says which repository it is and that this is a rehearsal; the roster says whose keys they are."""
    found = forecast(OFFLINE, NOW, roster=DRAFTED.roster)
    assert (found.repository, found.is_rehearsal) == ("packages.example.org", True)
    assert [[key.name for key in each.keys] for each in found.quorums] == [[*NAMES]] * 3
    assert found.cautions == ("One stolen device counts in root, targets and bins: ann, bob, cyd.",)


def test_the_newest_root_speaks_for_the_repository() -> None:
    """An older one may have said something else."""
    newer = lab.successor(OFFLINE[0], **{"x-ceremony-repository": 5, "x-ceremony-rehearsal": False})
    found = forecast((newer, *OFFLINE), NOW)
    assert (found.repository, found.is_rehearsal) == ("", False)


def test_quorums_are_those_of_keyholders() -> None:
    """The online signer's roles have none here."""
    assert [each.role for each in forecast(lab.files(), NOW).quorums] == ["root", "targets", "bins"]


def test_metadata_that_is_none_makes_no_forecast() -> None:
    """Nothing is guessed."""
    with pytest.raises(TamperedError):
        forecast((), NOW)


def test_what_is_due_on_one_day_stands_together() -> None:
    """One ceremony can serve all of it; what ends on a day stands behind what has to start on it."""
    files = lab.files(root=NOW + timedelta(days=60), targets=NOW + timedelta(days=60), bins=NOW + timedelta(days=30))
    assert forecast(files, NOW).calendar == (
        Occasion(date(2030, 3, 1), "start", ("bins",)),
        Occasion(date(2030, 3, 31), "start", ("root", "targets")),
        Occasion(date(2030, 3, 31), "end", ("bins",)),
        Occasion(date(2030, 4, 30), "end", ("root", "targets")),
    )


# ---- in words

VERDICTS = {
    "good": ("2030-03-01", "GOOD: no ceremony has to start before 2030-04-30."),
    "soon": ("2030-04-20", "SOON: start a ceremony for bins by 2030-04-30."),
    "late": ("2030-05-03", "LATE: start a ceremony now, for bins."),
    "expired": (
        "2030-08-20",
        "EXPIRED: clients refuse bins, or this is an old copy. Start a ceremony now, for targets and bins.",
    ),
}


@pytest.mark.parametrize(("day", "sentence"), VERDICTS.values(), ids=VERDICTS)
def test_the_verdict_says_what_to_do_and_by_when(day: str, sentence: str) -> None:
    """It begins with the state."""
    assert verdict(at(day)) == sentence


def test_an_old_copy_still_tells_when_the_next_ceremony_is_due() -> None:
    """On a laptop, a timestamp has always ended."""
    files = lab.files(timestamp=NOW - timedelta(days=3))
    assert verdict(forecast(files, NOW)) == (
        "EXPIRED: clients refuse timestamp, or this is an old copy. No ceremony has to start before 2040-01-28."
    )
    slow = forecast(lab.files(timestamp=NOW + timedelta(hours=1)), NOW)
    assert verdict(slow).startswith("LATE: the online signer should have renewed timestamp by now.")


def test_each_role_is_told_what_its_state_asks_for() -> None:
    """In a few words."""

    def told(day: str) -> str:
        found = at(day)
        return state_words(found.roles[2], found.now.date())

    assert [told(day) for day in ("2030-03-01", "2030-04-30", "2030-05-01", "2030-05-29", "2030-06-01")] == [
        "start by 2030-04-30",
        "start within 1 day",
        "start now, 1 day late",
        "start now, 29 days late",
        "ended: clients refuse it",
    ]
    online = forecast(lab.files(timestamp=NOW + timedelta(hours=1)), NOW).roles
    assert [state_words(each, NOW.date()) for each in online[-2:]] == ["renewed online", "renewed online, but late"]


@pytest.mark.parametrize(
    ("hours", "words"),
    [(48, "2 days"), (47.9, "47 hours"), (2, "2 hours"), (1.5, "90 min"), (0, "0 min ago"), (-49, "2 days ago")],
)
def test_time_is_told_in_the_largest_unit_of_which_there_are_two(hours: float, words: str) -> None:
    """A day is told in hours."""
    assert left_words(timedelta(hours=hours)) == words


def test_the_next_two_days_are_told() -> None:
    """No more than two."""
    assert [*calendar_words(at("2030-05-01").calendar)] == [
        "2030-05-30  bins ends",
        "2030-07-29  latest day to start a ceremony for targets",
    ]
    assert [*calendar_words((Occasion(date(2031, 1, 1), "end", ("root", "bins")),))] == [
        "2031-01-01  root and bins end"
    ]


def test_quorums_and_windows_are_told() -> None:
    """Also where nobody can sign any more, and where nobody can be kept any more."""
    found = at("2030-03-01")
    assert quorum_words(found.quorums[0]) == ("2 of 3", "1", "2")
    told = quorum_sentence(forecast(OFFLINE, NOW, roster=DRAFTED.roster).quorums[0])
    assert told == "2 of 3 sign; 1 may be lost; an attacker needs 2; ann, bob, cyd"
    assert window_words(found.windows[2], found.now) == ("24 hours", "89 days")
    over = at("2030-06-01")
    assert window_words(over.windows[2], over.now) == ("not at all", "not at all")
    lost = forecast((_without_keys(OFFLINE[0]), *OFFLINE[1:]), NOW)
    assert quorum_words(lost.quorums[0]) == ("2 of 1", "too many are lost", "-")
    assert "too many are lost: nobody can sign it any more" in quorum_sentence(lost.quorums[0])


def _without_keys(root: MetadataFile) -> MetadataFile:
    """The root with ann's key and the online key alone."""
    fields = strict_json.decode_canonical(root.payload, root.name)
    assert isinstance(fields, dict)
    keys = fields["keys"]
    assert isinstance(keys, dict)
    kept = {each: key for each, key in keys.items() if each in (keyid("ann"), keyid("online"))}
    return MetadataFile("root", 1, strict_json.encode(fields | {"keys": kept}))


# ---- for machines


def test_the_json_keeps_its_names() -> None:
    """Monitors read these: a name that goes, or means something else, is a break."""
    files = lab.files(bins=NOW + timedelta(days=40, hours=1), timestamp=NOW + timedelta(hours=6))
    told = forecast_json(forecast(files, NOW, roster=DRAFTED.roster))
    assert {name: told[name] for name in told if name not in ("roles", "quorums", "freeze", "calendar")} == {
        "state": "soon",
        "now": "2030-03-01T12:00:00Z",
        "lead_days": 30,
        "warn_days": 14,
        "repository": "packages.example.org",
        "rehearsal": True,
        "cautions": ["One stolen device counts in root, targets and bins: ann, bob, cyd."],
    }
    by_role = {name: {each["role"]: each for each in told[name]} for name in ("roles", "quorums", "freeze")}  # type: ignore[index, union-attr, call-overload]  # it is JSON
    assert [*by_role["roles"]] == [*by_role["freeze"]] == ["root", "targets", "bins", "bin-n", "snapshot", "timestamp"]
    assert by_role["roles"]["bins"] == {
        "role": "bins",
        "version": 1,
        "expires": "2030-04-10T13:00:00Z",
        "seconds_left": 3_459_600,
        "expired": False,
        "online": False,
        "start_by": "2030-03-11",
        "state": "soon",
    }
    assert by_role["roles"]["timestamp"]["start_by"] is None
    assert by_role["quorums"]["bins"] == {
        "role": "bins",
        "by": "targets 1",
        "threshold": 2,
        "keys": 3,
        "may_be_lost": 1,
        "attacker_needs": 2,
        "holders": [{"keyid": keyid(name), "name": name} for name in NAMES],
    }
    assert by_role["freeze"]["bins"] == {
        "role": "bins",
        "withheld_until": "2030-03-01T18:00:00Z",
        "withheld_by": "timestamp",
        "withheld_seconds": 21_600,
        "stolen_until": "2030-04-10T13:00:00Z",
        "stolen_by": "bins",
        "stolen_seconds": 3_459_600,
    }
    assert told["calendar"][0] == {"day": "2030-03-11", "kind": "start", "roles": ["bins"]}  # type: ignore[index, call-overload]  # it is JSON
