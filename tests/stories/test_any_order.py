"""People sign in any order, at any places, and the copies come together in any order: the sealed bytes are the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from fakes.people import ED25519, P256, P384, RSA
from fakes.rotations import Holder, Rotation, asked, response_by, reviewed_rotation, signed_by
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.signer import Signature

from ceremony.core.metadata_file import MetadataFile
from ceremony.core.response import Request, response_to
from ceremony.core.response import given as given_by
from ceremony.core.response_rules import take
from ceremony.core.seal import seal
from ceremony.core.tally import merge, sound

KINDS = (P256, ED25519, P384, RSA)
PEOPLE = ("ann", "bob", "cyd", "ann's aide", "bob's aide")
PLACES = 3

Files = tuple[MetadataFile, ...]


@dataclass(frozen=True)
class Signs:
    """This keyholder signs at this place; `again` makes other signatures, where a scheme signs by chance."""

    place: int
    holder: Holder
    again: bool


@dataclass(frozen=True)
class Meets:
    """What lies at one place is brought to another: as a copy of the files, or as a response."""

    here: int
    there: int
    is_copy: bool


@st.composite
def ceremonies(draw: st.DrawFn) -> Rotation:
    """Some people before, some after, with keys of any kind; some stay, some come, some leave."""

    def roster() -> tuple[Holder, ...]:
        names = draw(st.lists(st.sampled_from(PEOPLE), min_size=2, max_size=4, unique=True))
        return tuple(Holder(name, draw(st.sampled_from(KINDS))) for name in names)

    old, new = roster(), roster()
    return Rotation(old, draw(st.integers(2, len(old))), new, draw(st.integers(2, len(new))))


def events(everybody: Sequence[Holder]) -> st.SearchStrategy[list[Signs | Meets]]:
    """Any number of signatures and meetings, in any order; people may sign twice, and places meet again."""
    place = st.integers(0, PLACES - 1)
    signs = st.builds(Signs, place, st.sampled_from(everybody), st.booleans())
    meets = st.builds(Meets, place, place, st.booleans())
    return st.lists(st.one_of(signs, meets), max_size=12)


def after(request: Request, happened: Iterable[Signs | Meets]) -> list[Files]:
    """What lies at each place once all this has happened."""
    places: list[Files] = [request.files] * PLACES
    for each in happened:
        if isinstance(each, Signs):
            places[each.place] = with_signatures(places[each.place], request, each)
        elif each.is_copy:
            places[each.there] = merged(places[each.there], places[each.here], request)
        else:
            places[each.there] = taken(places[each.there], places[each.here], request)
    return places


def with_signatures(files: Files, request: Request, signs: Signs) -> Files:
    """The files with whatever this keyholder signs of them; a signature that is there is not made again."""
    for made in signed_by(request, signs.holder, again=signs.again):
        files = tuple(
            file.with_signature(Signature(made.keyid, made.sig_hex))
            if file.role == made.role and made.keyid not in file.signatures
            else file
            for file in files
        )
    return files


def merged(ours: Files, theirs: Files, request: Request) -> Files:
    """Two copies of the files, joined."""
    pairs = zip(ours, theirs, strict=True)
    return tuple(merge(sound(one, request.quorums), sound(two, request.quorums)) for one, two in pairs)


def taken(ours: Files, theirs: Files, request: Request) -> Files:
    """Our files once their response was taken in; a place where nobody signed sends none."""
    signatures = given_by(theirs)
    return take(ours, response_to(request, signatures, "5" * 64), request) if signatures else ours


def sealed(rotation: Rotation, files: Files) -> list[bytes]:
    """The bytes of the release."""
    return [each.encode() for each in seal(reviewed_rotation(rotation), files).files]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(ceremonies(), st.data())
def test_any_order_of_sittings_and_merges_gives_the_same_sealed_bytes(rotation: Rotation, data: st.DataObject) -> None:
    """Each of them signs once, wherever; what meets whom in between, and how it comes together, does not matter."""
    request = asked(rotation)
    happened = data.draw(events(rotation.everybody))
    # Whoever signs twice makes the same signature here; the next test is about those who do not.
    happened = [replace(each, again=False) if isinstance(each, Signs) else each for each in happened]
    places = after(request, happened)
    # In the end everybody has signed somewhere.
    for each in rotation.everybody:
        place = data.draw(st.integers(0, PLACES - 1))
        places[place] = with_signatures(places[place], request, Signs(place, each, again=False))

    together = request.files
    for place in data.draw(st.permutations(range(PLACES))):
        together = data.draw(st.sampled_from([merged, taken]))(together, places[place], request)

    in_one_room = take(request.files, response_by(request, *rotation.everybody), request)
    assert sealed(rotation, together) == sealed(rotation, in_one_room)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(ceremonies(), st.data())
def test_copies_with_other_signatures_by_one_key_come_together_alike(rotation: Rotation, data: st.DataObject) -> None:
    """Whoever signed the same at two places made two signatures; both orders keep the same one."""
    request = asked(rotation)
    places = after(request, data.draw(events(rotation.everybody)))
    places.append(take(request.files, response_by(request, *rotation.everybody), request))

    def joined(order: Sequence[int]) -> list[bytes]:
        together = request.files
        for place in order:
            together = merged(together, places[place], request)
        return sealed(rotation, together)

    orders = st.permutations(range(len(places)))
    assert joined(data.draw(orders)) == joined(data.draw(orders))
