"""The plan: strict TOML in, one Plan out, and back."""

import string
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fakes.people import OPENS, P384, drafted, keyholders, online_key, plan, roster
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.plan import (
    KEYHOLDERS_LIMIT,
    PLAN_SIZE_LIMIT,
    Bins,
    Keyholder,
    Leaving,
    OnlineKey,
    Plan,
    TrustedRoot,
    Window,
    instant_text,
    parse_plan,
    write_plan,
)
from ceremony.core.policy import OFFLINE_ROLES, ONLINE_ROLES
from ceremony.core.token_uri import TokenUri, write_token_uri
from ceremony.errors import Problem, SettingsError

TEXT = write_plan(plan())


def problems_of(text: str | bytes) -> tuple[Problem, ...]:
    """Every problem that parsing this text finds; none if it is a plan."""
    try:
        parse_plan(text if isinstance(text, bytes) else text.encode(), "plan.toml")
    except SettingsError as error:
        return error.problems
    return ()


def line_of(part: str, text: str = TEXT) -> int:
    """The line, counted from one, on which this part of the text first stands."""
    return text[: text.index(part)].count("\n") + 1


# ---- round trip

INSTANTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59), timezones=st.just(UTC)).map(  # noqa: DTZ001  # hypothesis wants its bounds naive
    lambda each: each.replace(microsecond=0)
)
LETTERS = st.characters(categories=["L", "Nd"], exclude_characters="\u115f\u1160\u3164\uffa0")
PERSONS = st.builds(
    lambda first, middle, last: first + middle + last,
    LETTERS,
    st.text(LETTERS | st.sampled_from(" .'-"), max_size=20),
    LETTERS,
)
PRINTABLE = st.text(string.ascii_letters + string.digits + string.punctuation, min_size=1, max_size=64)
ROLES = st.sets(st.sampled_from(OFFLINE_ROLES), min_size=1).map(
    lambda some: tuple(role for role in OFFLINE_ROLES if role in some)
)
TOKEN_URIS = st.builds(TokenUri, token=LETTERS | st.just("a;b"), serial=st.just("") | PERSONS).map(write_token_uri)
KEY_URIS = st.builds(TokenUri, object=st.just("") | LETTERS, id=st.binary(min_size=1, max_size=20)).map(write_token_uri)
REASONS = st.builds(
    lambda text, middle: f"{text}{middle}{text}", st.text(LETTERS, min_size=5, max_size=90), st.just(" ")
)
HOLDERS = st.builds(
    Keyholder,
    PERSONS,
    ROLES,
    st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=40),
    st.just("") | PRINTABLE | TOKEN_URIS.filter(lambda uri: len(uri) <= 200),
    st.just("") | PRINTABLE | KEY_URIS,
    st.sampled_from(["", "9a", "9c", "9d", "9e", "82", "8f", "90", "95"]),
    st.just("") | REASONS,
    st.just("") | REASONS,
)
PUBLICS = (online_key(), online_key(scheme="ecdsa-sha2-nistp256"), online_key(scheme=P384))
PLANS = st.builds(
    Plan,
    id=st.from_regex(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", fullmatch=True),
    kind=st.just("initial"),
    repository=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", fullmatch=True),
    is_rehearsal=st.booleans(),
    window=st.builds(Window, INSTANTS, INSTANTS),
    keyholders=st.lists(HOLDERS, min_size=1, max_size=5, unique_by=lambda each: each.name[:1].casefold()).map(tuple),
    thresholds=st.fixed_dictionaries({role: st.integers(-(2**60), 2**60) for role in OFFLINE_ROLES}),
    expires=st.fixed_dictionaries(dict.fromkeys(OFFLINE_ROLES, INSTANTS)),
    bins=st.builds(Bins, st.integers(-9, 99_999), st.sampled_from(["succinct", "explicit"])),
    lifetimes=st.fixed_dictionaries(
        {role: st.integers(1, 87_600).map(lambda hours: timedelta(hours=hours)) for role in ONLINE_ROLES}
    ),
    online_key=st.builds(
        lambda key, proof: replace(key, proof=proof.hex()), st.sampled_from(PUBLICS), st.binary(min_size=1, max_size=90)
    ),
)


def is_plain(found: Plan) -> bool:
    """Whether no two names look the same; the parser would refuse those."""
    return not any("nobody else" in problem.wanted for problem in problems_of(write_plan(found)))


@given(PLANS.filter(is_plain))
def test_a_plan_survives_writing_and_reading(found: Plan) -> None:
    """Whatever a plan says, its text says the same, also in alphabets other than Latin and in the year 1."""
    assert parse_plan(write_plan(found).encode(), "plan.toml") == found


URI = "pkcs11:token=" + "a" * 187


def test_a_plan_of_the_greatest_length_fits_its_own_limit() -> None:
    """The longest plan that can be parsed is written in fewer bytes than a plan may have."""
    reason = chr(0x20000) * 200
    holders = tuple(
        Keyholder(chr(0x20000 + number) * 40, OFFLINE_ROLES, "s" * 40, URI, '"' * 64, "9c", reason, reason)
        for number in range(KEYHOLDERS_LIMIT)
    )
    key = OnlineKey("k" * 40, "s" * 40, "\x01" * 4000, "f" * 4000)
    found = plan(id="i" * 63, repository="r" * 63, keyholders=holders, online_key=key)
    text = write_plan(found).encode()
    assert len(text) < PLAN_SIZE_LIMIT
    assert {it.field for it in problems_of(text)} == {"online_key.public"}, "the longest that can be read"


def test_every_table_of_a_written_plan_says_what_it_is_for() -> None:
    """A person who opens the file finds a comment above each table."""
    lines = TEXT.splitlines()
    tables = [place for place, line in enumerate(lines) if line.startswith("[") and line != "[[keyholders]]"]
    assert tables
    assert all(lines[place - 1].startswith("# ") for place in tables)


def test_a_plan_may_be_written_inline_and_with_dotted_keys() -> None:
    """Any TOML spelling of the same fields is the same plan."""
    lines = [line for line in TEXT.splitlines() if line not in {"[bins]", "count = 16", 'style = "succinct"'}]
    text = "\n".join(["bins.count = 0x10", "bins.\"style\" = 'succinct'", *lines])
    assert parse_plan(text.encode(), "plan.toml") == plan()


def test_what_may_be_left_out_has_a_default() -> None:
    """Scheme, device, key, slot and the style of bins may be left to the program; most firmware needs no exception."""
    text = "\n".join(line for line in TEXT.splitlines() if not line.startswith("style ="))
    text = text.replace('scheme = "ecdsa-sha2-nistp256"\n', "")
    found = parse_plan(text.encode(), "plan.toml")
    assert (found.bins.style, found.keyholders[0].scheme) == ("succinct", "ecdsa-sha2-nistp256")
    ann = found.keyholders[0]
    assert (ann.device, ann.key, ann.slot, ann.firmware_exception, ann.attestation_exception) == ("", "", "", "", "")
    assert not {"slot", "firmware_exception", "attestation_exception"} & {*text.split()}


# ---- one wrong field at a time

NO_REASONS = ["too short", "x" * 201, " none to be had", "none to be had ", "." * 20, "a\\u202eb" * 9]

REPLACED = [
    ("format = 1", "format = 2", "format"),
    ("format = 1", "format = true", "format"),
    ("format = 1", "format = 1.0", "format"),
    ("format = 1", f"format = 0x{'f' * 9000}", "format"),
    ('id = "first-root"', 'id = ""', "id"),
    ('id = "first-root"', 'id = "ab"', "id"),
    ('id = "first-root"', f'id = "{"a" * 64}"', "id"),
    ('id = "first-root"', 'id = "First"', "id"),
    ('id = "first-root"', 'id = "-first"', "id"),
    ('id = "first-root"', 'id = "first-"', "id"),
    ('id = "first-root"', 'id = "../first"', "id"),
    ('id = "first-root"', 'id = "first\\n"', "id"),
    ('id = "first-root"', 'id = "first\\u0000root"', "id"),
    ('id = "first-root"', 'id = "f\u00efrst"', "id"),
    ('id = "first-root"', "id = 5", "id"),
    ('kind = "initial"', 'kind = "wedding"', "kind"),
    ('kind = "initial"', "kind = true", "kind"),
    ("repository = ", 'repository = "a/b"\n# ', "repository"),
    ("repository = ", 'repository = ".hidden"\n# ', "repository"),
    ("rehearsal = true", 'rehearsal = "true"', "rehearsal"),
    ("rehearsal = true", "rehearsal = 1", "rehearsal"),
    ("opens = 2030-03-01T09:00:00Z", "opens = 2030-03-01T09:00:00", "window.opens"),
    ("opens = 2030-03-01T09:00:00Z", "opens = 2030-03-01T09:00:00+01:00", "window.opens"),
    ("opens = 2030-03-01T09:00:00Z", "opens = 2030-03-01T09:00:00.5Z", "window.opens"),
    ("opens = 2030-03-01T09:00:00Z", "opens = 2030-03-01", "window.opens"),
    ("opens = 2030-03-01T09:00:00Z", 'opens = "2030-03-01T09:00:00Z"', "window.opens"),
    ("opens = 2030-03-01T09:00:00Z", "opened = 2030-03-01T09:00:00Z", "window.opens"),
    ('name = "bob"', 'name = ""', "keyholders[1].name"),
    ('name = "bob"', 'name = " bob"', "keyholders[1].name"),
    ('name = "bob"', 'name = "bob "', "keyholders[1].name"),
    ('name = "bob"', 'name = "_bob"', "keyholders[1].name"),
    ('name = "bob"', 'name = "b/b"', "keyholders[1].name"),
    ('name = "bob"', 'name = "bo\\u0000b"', "keyholders[1].name"),
    ('name = "bob"', 'name = "bo\\tb"', "keyholders[1].name"),
    ('name = "bob"', f'name = "{"b" * 41}"', "keyholders[1].name"),
    ('name = "bob"', 'name = "b\u200bob"', "keyholders[1].name"),
    ('name = "bob"', 'name = "b\u202eob"', "keyholders[1].name"),
    ('name = "bob"', 'name = "b\u2066ob"', "keyholders[1].name"),
    ('name = "bob"', 'name = "b\u00adob"', "keyholders[1].name"),
    ('name = "bob"', 'name = "b\u00a0ob"', "keyholders[1].name"),
    ('name = "bob"', 'name = "b\u3164ob"', "keyholders[1].name"),
    ('name = "bob"', 'name = "bob\u1160"', "keyholders[1].name"),
    ('name = "bob"', 'name = "\ufeffbob"', "keyholders[1].name"),
    ('name = "bob"', 'name = "ann"', "keyholders[1].name"),
    ('name = "bob"', 'name = "ANN"', "keyholders[1].name"),
    ('name = "bob"', 'name = "\uff41nn"', "keyholders[1].name"),
    ('roles = ["root", "targets", "bins"]', "roles = []", "keyholders[0].roles"),
    ('roles = ["root", "targets", "bins"]', 'roles = ["root", "root"]', "keyholders[0].roles"),
    ('roles = ["root", "targets", "bins"]', 'roles = ["timestamp"]', "keyholders[0].roles"),
    ('roles = ["root", "targets", "bins"]', 'roles = "root"', "keyholders[0].roles"),
    ('scheme = "ecdsa-sha2-nistp256"', 'scheme = "P-256!"', "keyholders[0].scheme"),
    ('scheme = "ecdsa-sha2-nistp256"', 'device = "\u00e9"', "keyholders[0].device"),
    ('scheme = "ecdsa-sha2-nistp256"', 'device = "12 "', "keyholders[0].device"),
    ('scheme = "ecdsa-sha2-nistp256"', 'key = "a\\nb"', "keyholders[0].key"),
    ('scheme = "ecdsa-sha2-nistp256"', 'pin = "123456"', "keyholders[0].pin"),
    *(
        ('scheme = "ecdsa-sha2-nistp256"', f'{field} = "{value}"', f"keyholders[0].{field}")
        for field, values in {
            "slot": ["9C", "9b", "81", "96", "0x9c", "9c ", "c"],
            "firmware_exception": NO_REASONS,
            "attestation_exception": NO_REASONS,
            "device": [
                "PKCS11:token=ann",
                "pkcs11:",
                "pkcs11:token",
                "pkcs11:token=a b",
                "pkcs11:token=a;object=b",
                "pkcs11:object=b",
                "pkcs11:slot-id=1",
                "pkcs11:token=a;slot-id=1",
                "pkcs11:token=a;library-version=2.6",
                "pkcs11:token=a;x-acme=1",
                "pkcs11:token=a?module-path=/lib/a.so",
                "pkcs11:token=a?pin-value=123456",
                "pkcs11:token=" + "a" * 188,
            ],
            "key": [
                "pkcs11:",
                "pkcs11:type=private",
                "pkcs11:token=a;object=b",
                "pkcs11:id=zz%",
                "pkcs11:object=b?pin-source=a",
                "pkcs11:object=%0a",
            ],
        }.items()
        for value in values
    ),
    ("root = 2\n", 'root = "2"\n', "thresholds.root"),
    ("root = 2\n", "root = 2.0\n", "thresholds.root"),
    ("root = 2\n", "root = true\n", "thresholds.root"),
    ("root = 2\n", f"root = 0x{'f' * 5000}\n", "thresholds.root"),
    ("root = 2\n", "snapshot = 2\nroot = 2\n", "thresholds.snapshot"),
    ("bins = 2030-05-30T09:00:00Z", "bins = 2030-05-30T09:00:00", "expires.bins"),
    ("count = 16", "count = 16.0", "bins.count"),
    ("count = 16", "count = true", "bins.count"),
    ('style = "succinct"', 'style = "Succinct"', "bins.style"),
    ("timestamp_hours = 24", "timestamp_hours = 0", "lifetimes.timestamp_hours"),
    ("timestamp_hours = 24", "timestamp_hours = -1", "lifetimes.timestamp_hours"),
    ("timestamp_hours = 24", "timestamp_hours = 87601", "lifetimes.timestamp_hours"),
    ("timestamp_hours = 24", "timestamp_hours = 1.5", "lifetimes.timestamp_hours"),
    ('keytype = "ed25519"', 'keytype = "rsa"', "online_key.public"),
    ('keytype = "ed25519"', 'keytype = "\u00e9"', "online_key.keytype"),
    ("public = ", 'public = ""\n# ', "online_key.public"),
    ("public = ", 'public = "zz"\n# ', "online_key.public"),
    ("proof = ", 'proof = "XX"\n# ', "online_key.proof"),
    ("proof = ", "proofs = ", "online_key.proof"),
]


@pytest.mark.parametrize(("before", "after", "field"), REPLACED)
def test_a_wrong_field_is_named_with_its_place(before: str, after: str, field: str) -> None:
    """Every field is checked by itself, and the problem says which one it is."""
    assert before in TEXT
    assert field in {problem.field for problem in problems_of(TEXT.replace(before, after, 1))}


@pytest.mark.parametrize(
    ("before", "after", "field", "line"),
    [
        ('name = "bob"', 'name = ""', "keyholders[1].name", line_of('name = "bob"')),
        ("count = 16", "count = true", "bins.count", line_of("count = 16")),
        ("count = 16", "", "bins.count", line_of("[bins]")),
        ('id = "first-root"', "id = 5", "id", line_of('id = "first-root"')),
        ('id = "first-root"\n', "", "id", None),
    ],
)
def test_a_problem_has_the_line_where_to_mend_it(before: str, after: str, field: str, line: int | None) -> None:
    """A field that is there has its line, one that is missing the line of its table."""
    assert [(it.field, it.line) for it in problems_of(TEXT.replace(before, after, 1))] == [(field, line)]


@pytest.mark.parametrize("field", ["device", "key"])
@pytest.mark.parametrize("uri", ["pkcs11:token=ann?pin-value=246810", "PKCS11:x?pin-value=246810", "pkcs11:246810"])
def test_a_pin_that_somebody_wrote_into_a_uri_is_not_shown(field: str, uri: str) -> None:
    """The problem says what is wrong, and not what was there."""
    (problem,) = problems_of(TEXT.replace('scheme = "ecdsa-sha2-nistp256"', f'{field} = "{uri}"', 1))
    assert "a URI that cannot be used" in problem.found
    assert "2468" not in repr(problem)


@pytest.mark.parametrize(
    ("field", "uri"),
    [
        ("device", "pkcs11:token=ann;serial=0123"),
        ("device", "pkcs11:model=SoftHSM%20v2;manufacturer=SoftHSM%20project;serial=9d27b01806a73afe;token=a%2F1%3Bx"),
        ("key", "pkcs11:object=label"),
        ("key", "pkcs11:id=%01%ff"),
        ("key", "pkcs11:id=%01%FF;object=root%20%D0%BA;type=private"),
    ],
)
def test_a_device_and_a_key_may_be_named_by_uri(field: str, uri: str) -> None:
    """As p11tool writes them."""
    text = TEXT.replace('scheme = "ecdsa-sha2-nistp256"', f'{field} = "{uri}"', 1)
    assert getattr(parse_plan(text.encode(), "plan.toml").keyholders[0], field) == uri


def test_problems_name_the_file() -> None:
    """By the name that people know it by."""
    with pytest.raises(SettingsError) as refused:
        parse_plan(b"format = 2", "plans/first.toml")
    assert refused.value.file == "plans/first.toml"


def test_every_problem_is_told_at_once() -> None:
    """Nobody mends a plan one field at a time."""
    text = TEXT.replace("count = 16", "count = 1.5").replace('id = "first-root"', 'id = "?"').replace("bob", "ann")
    assert {it.field for it in problems_of(text)} == {"bins.count", "id", "keyholders[1].name"}


def test_two_names_that_cannot_be_read_are_not_each_others_namesakes() -> None:
    """What could not be read is one problem, not two."""
    text = TEXT.replace('name = "ann"', "name = 1").replace('name = "bob"', "name = 2")
    assert [it.field for it in problems_of(text)] == ["keyholders[0].name", "keyholders[1].name"]


def test_more_keyholders_than_a_room_holds_are_refused() -> None:
    """A plan has a few people, not a crowd."""
    names = [f"p{number}" for number in range(KEYHOLDERS_LIMIT + 1)]
    assert problems_of(write_plan(plan(keyholders=keyholders(*names[:-1])))) == ()
    assert [it.field for it in problems_of(write_plan(plan(keyholders=keyholders(*names))))] == ["keyholders"]


@pytest.mark.parametrize("table", ["window", "thresholds", "expires", "bins", "lifetimes", "online_key"])
def test_a_table_that_is_missing_is_told(table: str) -> None:
    """No table has a default."""
    text = TEXT.replace(f"[{table}]", f"[other_{table}]")
    assert {table, f"other_{table}"} <= {it.field for it in problems_of(text)}


# ---- no TOML at all

NO_TOML = {
    "nothing": (b"", None),
    "bytes": (b"\xff\xfe", None),
    "no value": (b"format = 1\nid =\n", 2),
    "the same key twice": (b"format = 1\nformat = 1\n", 2),
    "a NUL": (b'id = "a\x00b"', 1),
    "half a surrogate pair": (b'id = "\\ud800"', 1),
    "a day that is none": (b"opens = 2030-02-30T00:00:00Z", 1),
    "a number of 5000 digits": (b"format = " + b"1" * 5000, None),
    "lists without end": (b"a = " + b"[" * 20_000, None),
    "tables without end": (b"a = " + b"{a=" * 15_000, None),
    "dots without end": (b"id" + b".a" * 3_000 + b" = 1", None),
    "too long": (b"#" * (PLAN_SIZE_LIMIT + 1), None),
}


@pytest.mark.parametrize(("text", "line"), NO_TOML.values(), ids=NO_TOML)
def test_what_is_no_toml_is_a_problem_and_never_a_crash(text: bytes, line: int | None) -> None:
    """Any bytes are either a plan or a list of problems, with a line where there is one."""
    problems = problems_of(text)
    assert problems
    assert line in {None, problems[0].line}


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_end_in_problems(text: bytes) -> None:
    """Nothing but SettingsError comes out of bytes that are no plan."""
    assert problems_of(text)


@given(st.integers(0, len(TEXT) - 1), st.sampled_from(['"', "[", "]", "=", "\n", "9", "\\", "{", "'''", ".", "\x00"]))
def test_a_damaged_plan_ends_in_problems_or_is_a_plan(place: int, damage: str) -> None:
    """A typing mistake anywhere is told, if it matters."""
    problems_of(TEXT[:place] + damage + TEXT[place + 1 :])


# ---- the values


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (OPENS, "2030-03-01T09:00:00Z"),
        (datetime(1, 2, 3, 4, 5, 6, tzinfo=UTC), "0001-02-03T04:05:06Z"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "9999-12-31T23:59:59Z"),
        (OPENS.replace(microsecond=999_999), "2030-03-01T09:00:00Z"),
    ],
)
def test_a_moment_is_written_as_metadata_writes_it(moment: datetime, text: str) -> None:
    """Four digits for the year, whole seconds, a Z: what TOML and TUF both read."""
    assert instant_text(moment) == text
    assert tomllib.loads(f"a = {text}")["a"] == moment.replace(microsecond=0)


def test_holders_of_a_role_come_in_the_order_of_the_plan() -> None:
    """Whoever does not sign a role is not among its keyholders."""
    ann, bob, cyd = keyholders("ann", "bob", "cyd")
    found = plan(keyholders=(cyd, replace(bob, roles=("bins",)), ann))
    assert [each.name for each in found.holders_of("root")] == ["cyd", "ann"]


def test_the_online_keyid_is_the_one_its_signer_has() -> None:
    """The plan and securesystemslib agree on the keyid."""
    found = drafted()
    root_keys = {each.keyid for each in roster(found.plan).enrolments}
    assert found.plan.online_key.keyid() not in root_keys
    assert len(found.plan.online_key.keyid()) == 64


# ---- what a plan says of a repository that others have made

TAKING_OVER = plan(
    kind="rotation",
    trusted=TrustedRoot(3, "a" * 64),
    leaving=(Leaving("day", "b" * 64, "A7"), Leaving("eon", "c" * 64)),
    leaves_out=("x-their-field", "old \u00e9.txt", 'a "quoted" name'),
)


def test_who_leaves_and_what_is_left_out_survives_its_text() -> None:
    """In the order in which people read it."""
    assert parse_plan(write_plan(TAKING_OVER).encode(), "plan.toml") == TAKING_OVER


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('keyid = "' + "c" * 64, 'keyid = "' + "b" * 64, "leaving"),
        ('keyid = "' + "c" * 64, 'keyid = "c', "leaving[1].keyid"),
        ('name = "day"', 'name = ""', "leaving[0].name"),
        ('name = "day"', 'name = "day"\nroles = ["root"]', "leaving[0].roles"),
        ('"x-their-field",', '"",', "leaves_out"),
        ('"x-their-field",', "7,", "leaves_out"),
    ],
)
def test_what_it_says_of_them_is_read_strictly(old: str, new: str, field: str) -> None:
    """Each problem by its place."""
    text = write_plan(TAKING_OVER)
    assert old in text
    assert [each.field for each in problems_of(text.replace(old, new))] == [field]


def test_a_first_plan_says_nothing_of_others() -> None:
    """It follows nothing."""
    text = TEXT.replace("rehearsal = true", 'rehearsal = true\nleaves_out = ["x"]')
    assert [each.field for each in problems_of(text)] == ["leaves_out"]
