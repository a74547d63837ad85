"""The minutes are one page for people that shows what the bundle holds and loads nothing."""

from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from fakes.people import NOW, drafted, enrolment, plan, reviewed, roster, signed

from ceremony.core.plan import Keyholder, write_plan
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.roster import Roster
from ceremony.core.transcript import Entry, Transcript
from ceremony.engine.bundle import Bundle
from ceremony.engine.report import minutes

PLAN = plan()
HOSTILE = "<script>alert('x')</script>\"'&amp;$head ${head} </td>"
VOID = {"meta", "br", "hr", "img", "link"}


class Page(HTMLParser):
    """A page, taken apart; every tag that is opened is closed in turn."""

    def __init__(self, data: bytes) -> None:
        """The page in these bytes."""
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(data.decode())
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag is opened."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """The last one opened is closed."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text."""
        self.texts.append(data)

    @property
    def text(self) -> str:
        """All text, in order."""
        return " ".join("".join(self.texts).split())


def bundle_of(transcript: tuple[Entry, ...] = (), **changes: object) -> Bundle:
    """A bundle signed by ann and bob; `changes` are fields of the plan."""
    found = plan(**changes)
    record = Transcript()
    for entry in transcript:
        record = record.add(entry)
    files = signed(drafted(**changes).files, "ann", "bob")
    return Bundle("release", found, write_plan(found).encode(), roster(found), files, record)


def test_the_page_says_who_signs_what_with_which_key() -> None:
    """Names, serials, whole keyids, thresholds and the hashes of what was signed."""
    bundle = bundle_of()

    text = Page(minutes(bundle)).text

    for each in bundle.roster.enrolments:
        assert each.keyid in text
        assert each.serial in text
    assert PLAN.online_key.keyid() in text
    assert text.count("2 of 3") == len(OFFLINE_ROLES)
    assert text.count("ann, bob") == len(OFFLINE_ROLES)
    assert reviewed().fingerprint.digest.hex() in text
    assert bundle.transcript.head in text


def test_every_entry_is_on_the_page_with_its_time_and_result() -> None:
    """Refusals among them."""
    page = Page(
        minutes(
            bundle_of(
                (
                    Entry(NOW, "roll", "ann", "roll call", "Everybody is here."),
                    Entry(NOW + timedelta(minutes=1), "sign ann", "ann", "WrongPin", "No.", "refused", "s-1"),
                )
            )
        )
    )

    assert "2030-03-01T12:00:00Z" in page.text
    assert "Everybody is here." in page.text
    assert ("tr", {"class": "refused"}) in page.tags


def test_hostile_names_and_notes_are_only_text() -> None:
    """Markup, quotes and the template's own marks stay what they are: letters."""
    holder = Keyholder("ann", OFFLINE_ROLES)
    enrolled = replace(enrolment(PLAN, holder), keyholder=HOSTILE, maker=HOSTILE, model=HOSTILE, serial=HOSTILE)
    entry = Entry(NOW, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    bundle = bundle_of((entry,))
    hostile = replace(
        bundle,
        plan=replace(PLAN, id=HOSTILE, repository=HOSTILE, kind=HOSTILE),
        roster=Roster((*bundle.roster.enrolments, enrolled)),
    )

    page = Page(minutes(hostile))

    assert "script" not in {tag for tag, _attributes in page.tags}
    assert {name for _tag, attributes in page.tags for name in attributes} <= {
        "lang", "charset", "name", "content", "http-equiv", "class",
    }  # fmt: skip
    assert page.text.count(" ".join(HOSTILE.split())) >= 10


def test_the_page_loads_nothing_from_anywhere() -> None:
    """It names no address, and forbids itself to load one."""
    data = minutes(bundle_of())
    page = Page(data)

    assert {tag for tag, _attributes in page.tags} & {
        "script",
        "img",
        "link",
        "iframe",
        "object",
        "base",
        "form",
    } == set()
    assert b"url(" not in data
    assert b"://" not in data
    assert b"@import" not in data
    (policy,) = [attributes["content"] for _tag, attributes in page.tags if "http-equiv" in attributes]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


@pytest.mark.parametrize("is_rehearsal", [True, False])
def test_a_rehearsal_is_marked_and_the_real_thing_is_not(is_rehearsal: bool) -> None:  # noqa: FBT001  # a parameter
    """Nobody mistakes the one for the other on paper."""
    bundle = bundle_of()
    page = Page(minutes(replace(bundle, plan=replace(bundle.plan, is_rehearsal=is_rehearsal))))

    assert ("REHEARSAL" in page.text) is is_rehearsal
    assert (("p", {"class": "rehearsal"}) in page.tags) is is_rehearsal


def test_minutes_can_be_made_before_anything_is_signed() -> None:
    """Of a bundle that has just begun, and of one that is drafted."""
    begun = Bundle("request", PLAN, write_plan(PLAN).encode())

    assert Page(minutes(begun)).text.count("nobody") == len(OFFLINE_ROLES)
    assert "nobody" in Page(minutes(replace(begun, roster=roster(PLAN), files=drafted().files))).text


def test_the_same_bundle_gives_the_same_page() -> None:
    """To the byte, so that anybody can make it again."""
    bundle = bundle_of()

    assert minutes(bundle) == minutes(bundle)
