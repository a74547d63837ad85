"""Responses: signatures and nothing else, strictly read; and laws that hold wherever people sign, in any order."""

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fakes.people import ED25519, P256, P384, RSA, keyid
from fakes.rotations import (
    HEAD,
    Holder,
    Rotation,
    asked,
    response_by,
    reviewed_rotation,
    signed_by,
    signed_root,
    trusted_root,
)
from hypothesis import given as any_of
from hypothesis import settings
from hypothesis import strategies as st
from tuf.api.exceptions import UnsignedMetadataError
from tuf.api.metadata import Metadata
from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet  # noqa: TID251  # the judge of this test
from tuf.ngclient.config import EnvelopeType  # noqa: TID251  # the same

from ceremony.core import strict_json
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.response import (
    RESPONSE_SIZE_LIMIT,
    SIGNATURES_LIMIT,
    Request,
    Response,
    decode_response,
    encode_response,
    given,
    is_ordered,
    request_of,
    response_to,
    split,
)
from ceremony.core.response_rules import take
from ceremony.core.seal import SEAL_RULES, SealCase, seal
from ceremony.core.tally import tally
from ceremony.errors import RefusedError, TamperedError

ANN, BOB, CYD = Holder("ann"), Holder("bob", ED25519), Holder("cyd", P384)
USUAL = Rotation((ANN, BOB), 2, (ANN, CYD), 2)
REQUEST = asked(USUAL)
RESPONSE = response_by(REQUEST, ANN, BOB)


# ---- one response


def test_a_response_holds_signatures_and_no_payload() -> None:
    """Not one byte of what was signed; the fields are these and no others."""
    data = encode_response(RESPONSE)
    assert {*json.loads(data)} == {"ceremony", "fingerprint", "format", "repository", "signatures", "transcript"}
    assert not any(each.payload in data for each in REQUEST.files)
    assert len(data) < 2000


def test_a_response_is_read_as_it_was_written() -> None:
    """Byte for byte, and value for value."""
    assert decode_response(encode_response(RESPONSE), "it") == RESPONSE


def test_a_response_names_its_request() -> None:
    """Ceremony, repository, fingerprint, and the transcript of the sitting."""
    assert (RESPONSE.ceremony, RESPONSE.repository) == ("next-root", "packages.example.org")
    assert RESPONSE.fingerprint == REQUEST.fingerprint.digest.hex()
    assert RESPONSE.transcript == HEAD
    assert RESPONSE.keyids == tuple(sorted({keyid("ann"), keyid("bob")}))


def test_a_request_lists_every_key_that_counts_once() -> None:
    """Of who stays, who comes, who leaves, in the order of keyids."""
    assert REQUEST.keyids == tuple(sorted({keyid("ann"), keyid("bob"), keyid("cyd")}))


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The usual response with something in its fields changed."""
    fields = json.loads(encode_response(RESPONSE))
    change(fields)
    return strict_json.encode_file(fields)


def first(fields: dict[str, Any]) -> dict[str, Any]:
    """Its first signature."""
    found: dict[str, Any] = fields["signatures"][0]
    return found


MALFORMED: dict[str, Callable[[dict[str, Any]], object]] = {
    "another format": lambda it: it.update(format=2),
    "no format": lambda it: it.pop("format"),
    "a flag for a format": lambda it: it.update(format=True),
    "an unknown field": lambda it: it.update(payload="{}"),
    "no ceremony": lambda it: it.pop("ceremony"),
    "a ceremony in capitals": lambda it: it.update(ceremony="NEXT-ROOT"),
    "a ceremony that is a path": lambda it: it.update(ceremony="../root"),
    "a repository with a slash": lambda it: it.update(repository="a/b"),
    "half a fingerprint": lambda it: it.update(fingerprint="0" * 32),
    "a fingerprint in capitals": lambda it: it.update(fingerprint="A" * 64),
    "no transcript": lambda it: it.update(transcript=""),
    "signatures that are no list": lambda it: it.update(signatures={}),
    "no signatures": lambda it: it.update(signatures=[]),
    "a signature that is text": lambda it: it.update(signatures=["ab"]),
    "a signature in capitals": lambda it: first(it).update(sig=first(it)["sig"].upper()),
    "half a byte of a signature": lambda it: first(it).update(sig="abc"),
    "an endless signature": lambda it: first(it).update(sig="ab" * 8001),
    "a key without a keyid": lambda it: first(it).pop("keyid"),
    "a prefix of a keyid": lambda it: first(it).update(keyid=first(it)["keyid"][:16]),
    "version zero": lambda it: first(it).update(version=0),
    "a version that is text": lambda it: first(it).update(version="2"),
    "a role that is a path": lambda it: first(it).update(role="../root"),
    "a payload beside a signature": lambda it: first(it).update(payload="{}"),
    "a signature twice": lambda it: it["signatures"].append(it["signatures"][-1]),
    "two signatures of a file by a key": lambda it: it["signatures"].append({**it["signatures"][-1], "version": 9}),
    "another order": lambda it: it["signatures"].reverse(),
    "too many signatures": lambda it: it.update(signatures=[first(it)] * (SIGNATURES_LIMIT + 1)),
}


@pytest.mark.parametrize("change", MALFORMED.values(), ids=MALFORMED)
def test_anything_but_what_is_written_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    """Nothing is guessed, nothing is left over."""
    with pytest.raises(TamperedError) as refused:
        decode_response(changed(change), "from a stick")
    assert refused.value.where == "from a stick"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        encode_response(RESPONSE) + b"\n",
        b" " + encode_response(RESPONSE),
        encode_response(RESPONSE)[:-1],
        encode_response(RESPONSE).replace(b'"format":1', b'"format":1,"format":1'),
        encode_response(RESPONSE).replace(b'"format":1', b'"format":1.0'),
        b"[" * 100_000,
        b" " * (RESPONSE_SIZE_LIMIT + 1),
    ],
    ids=["nothing", "null", "a list", "one line end", "a space", "cut off", "twice", "a float", "a tower", "too large"],
)
def test_bytes_that_are_no_response_are_refused(data: bytes) -> None:
    """Whatever a stick holds."""
    with pytest.raises(TamperedError):
        decode_response(data, "it")


@settings(max_examples=60)
@any_of(st.integers(0, len(encode_response(RESPONSE)) - 1), st.integers(1, 255))
def test_a_response_with_another_byte_is_never_taken(place: int, flip: int) -> None:
    """Either it cannot be read, or a rule refuses it: no byte of it is without meaning, but that of the transcript."""
    data = bytearray(encode_response(RESPONSE))
    data[place] ^= flip
    try:
        found = decode_response(bytes(data), "it")
        take(REQUEST.files, found, REQUEST)
    except (TamperedError, RefusedError):
        return
    assert replace(found, transcript=HEAD) == RESPONSE


# ---- what a place gives back


def test_only_what_was_signed_here_goes_back() -> None:
    """What came with the request is known there already."""
    before = take(REQUEST.files, response_by(REQUEST, ANN), REQUEST)
    after = take(before, response_by(REQUEST, BOB), REQUEST)
    assert given(after, before) == response_by(REQUEST, BOB).signatures
    assert given(after) == RESPONSE.signatures
    assert given(before, after) == ()


@pytest.mark.parametrize("by_file", [False, True])
def test_the_pieces_of_a_response_say_as_much_as_the_whole(by_file: bool) -> None:  # noqa: FBT001  # a parameter
    """One for each keyholder, or one for each signature; each of them is a response."""
    pieces = split(RESPONSE, by_file=by_file)
    assert [len(each.signatures) for each in pieces] == (
        [1] * 4 if by_file else [1, 3] if keyid("bob") < keyid("ann") else [3, 1]
    )
    assert all(decode_response(encode_response(each), "it") == each for each in pieces)
    files = REQUEST.files
    for each in pieces:
        files = take(files, each, REQUEST)
    assert files == take(REQUEST.files, RESPONSE, REQUEST)


def test_signatures_are_put_in_order() -> None:
    """Whoever signed first."""
    found = response_to(REQUEST, tuple(reversed(RESPONSE.signatures)), HEAD)
    assert found == RESPONSE
    assert is_ordered(found.signatures)
    assert not is_ordered((*found.signatures, found.signatures[0]))


# ---- taking in


def test_nothing_of_a_response_is_taken_if_one_signature_does_not_verify() -> None:
    """SIGNATURE-VALID: a place that lies once is asked again."""
    one, *others = RESPONSE.signatures
    wrong = replace(RESPONSE, signatures=(replace(one, sig_hex="00" * 64), *others))
    with pytest.raises(RefusedError) as refused:
        take(REQUEST.files, wrong, REQUEST)
    assert refused.value.rule == "SIGNATURE-VALID"


def test_a_stranger_s_signature_is_refused() -> None:
    """SIGNER-KNOWN: by a key that is in no quorum, and by one that may sign another role only."""
    root = next(each for each in RESPONSE.signatures if each.role == "root")
    targets = next(each for each in RESPONSE.signatures if each.role == "targets")
    strange = (replace(root, keyid="0" * 64), replace(targets, keyid=keyid("bob")))
    for each in strange:
        with pytest.raises(RefusedError) as refused:
            take(REQUEST.files, replace(RESPONSE, signatures=(each,)), REQUEST)
        assert refused.value.rule == "SIGNER-KNOWN"


def test_our_own_bytes_are_what_is_verified() -> None:
    """A signature over other bytes of the same role, version and fingerprint claim counts for nothing."""
    other = asked(replace(USUAL, new=(ANN, BOB)))
    lie = replace(response_by(other, ANN), fingerprint=RESPONSE.fingerprint)
    with pytest.raises(RefusedError) as refused:
        take(REQUEST.files, lie, REQUEST)
    assert refused.value.rule == "SIGNATURE-VALID"


def test_a_damaged_signature_of_ours_does_not_keep_a_good_one_out() -> None:
    """What is taken in takes its place."""
    damaged = tuple(replace(each, signatures={keyid("ann"): "00"}) for each in REQUEST.files)
    assert take(damaged, RESPONSE, REQUEST) == take(REQUEST.files, RESPONSE, REQUEST)


def test_responses_to_another_payload_do_not_reach_these_files() -> None:
    """Our files are compared as well."""
    other = asked(replace(USUAL, new=(ANN, BOB)))
    with pytest.raises(TamperedError):
        take(other.files, RESPONSE, REQUEST)


# ---- laws, over any roster, threshold and kind of key

KINDS = (P256, ED25519, P384, RSA)
NUMBERED = tuple(f"keyholder {number}" for number in range(1, 7))


@st.composite
def rotations(draw: st.DrawFn) -> Rotation:
    """Two to six holders before, two to six after: some stay, some come, some leave, each with any kind of key."""
    old = draw(st.lists(st.sampled_from(NUMBERED), min_size=2, max_size=6, unique=True))
    kinds = {name: draw(st.sampled_from(KINDS)) for name in old}
    names = draw(st.lists(st.sampled_from(NUMBERED), min_size=2, max_size=6, unique=True))
    new = []
    for name in names:
        stays = name in kinds and draw(st.booleans())
        scheme = kinds[name] if stays else draw(st.sampled_from(KINDS))
        new.append(Holder(name, scheme))
    before = tuple(Holder(name, kinds[name]) for name in old)
    return Rotation(before, draw(st.integers(2, len(before))), tuple(new), draw(st.integers(2, len(new))))


def sealed_bytes(rotation: Rotation, responses: list[Response]) -> list[bytes]:
    """The sealed files once these responses were taken in, in this order."""
    reviewed = reviewed_rotation(rotation)
    request = request_of(reviewed)
    files = request.files
    for each in responses:
        files = take(files, each, request)
    return [each.encode() for each in seal(reviewed, files).files]


@settings(max_examples=40)
@any_of(rotations(), st.data())
def test_any_order_and_repetition_of_sittings_gives_the_same_sealed_bytes(
    rotation: Rotation, data: st.DataObject
) -> None:
    """Whoever signs with whom, in how many pieces, and even twice in two places: the same set, the same bytes."""
    request = asked(rotation)
    everybody = data.draw(st.permutations(rotation.everybody))
    places = [response_by(request, each) for each in everybody]
    twice = data.draw(st.sampled_from(everybody))
    places.append(response_to(request, signed_by(request, twice, again=True), "6" * 64))
    cut = data.draw(st.integers(1, len(everybody)))
    together = [response_by(request, *everybody[:cut]), *places[cut:]]
    pieces = [piece for each in places for piece in split(each, by_file=data.draw(st.booleans()))]

    one = data.draw(st.permutations(places)) + data.draw(st.lists(st.sampled_from(places), max_size=4))
    two = data.draw(st.permutations(pieces)) + data.draw(st.lists(st.sampled_from(pieces), max_size=4))
    three = data.draw(st.permutations(together))

    assert sealed_bytes(rotation, one) == sealed_bytes(rotation, two) == sealed_bytes(rotation, three)


def client_follows(before: MetadataFile, root: MetadataFile) -> bool:
    """Whether the real client, which trusts the root before, goes on to this one."""
    client = TrustedMetadataSet(before.encode(), EnvelopeType.METADATA)
    try:
        client.update_root(root.encode())
    except UnsignedMetadataError:
        return False
    return True


def seals(rotation: Rotation, root: MetadataFile) -> bool:
    """Whether we seal this root, everything else being signed by everybody."""
    reviewed = reviewed_rotation(rotation)
    request = request_of(reviewed)
    others = take(request.files, response_by(request, *rotation.everybody), request)
    files = tuple(root if each.role == "root" else each for each in others)
    refusals = [each.rule for each in SEAL_RULES.refusals(SealCase(reviewed, files))]
    assert refusals in ([], ["ROLE-COMPLETE"])
    return not refusals


@settings(max_examples=60)
@any_of(rotations(), st.data())
def test_whoever_signs_we_seal_what_the_real_client_follows(rotation: Rotation, data: st.DataObject) -> None:
    """Any set of signers: both count to the same end, under the old keys and under the new."""
    some = data.draw(st.sets(st.sampled_from(rotation.everybody)))
    reviewed = reviewed_rotation(rotation)
    root = signed_root(request_of(reviewed), some)
    enough = (
        len(some & {*rotation.old}) >= rotation.old_threshold and len(some & {*rotation.new}) >= rotation.new_threshold
    )
    assert (seals(rotation, root), client_follows(trusted_root(reviewed), root)) == (enough, enough)


@settings(max_examples=60)
@any_of(rotations(), st.sampled_from(["old", "new"]), st.data())
def test_one_signature_short_under_either_quorum_is_refused_by_us_and_by_the_real_client(
    rotation: Rotation,
    which: str,
    data: st.DataObject,
) -> None:
    """Even if everybody else in the world has signed; with that one signature both take it."""
    quorum, threshold = (
        (rotation.old, rotation.old_threshold) if which == "old" else (rotation.new, rotation.new_threshold)
    )
    counted = data.draw(st.permutations(quorum))
    others = [each for each in rotation.everybody if each not in quorum]
    reviewed = reviewed_rotation(rotation)
    request, before = request_of(reviewed), trusted_root(reviewed)

    short = signed_root(request, [*counted[: threshold - 1], *others])
    standing = tally((short,), tuple(each for each in request.quorums if each.role == "root"))[
        ["old", "new"].index(which)
    ]
    assert (len(standing.signed), standing.is_complete) == (threshold - 1, False)
    assert not seals(rotation, short)
    assert not client_follows(before, short)

    whole = signed_root(request, rotation.everybody)
    assert seals(rotation, whole)
    assert client_follows(before, whole)
    assert Metadata.from_bytes(whole.encode()).signed.version == before.version + 1


def test_every_set_of_signers_of_the_usual_rotation() -> None:
    """All eight: ann and bob have to sign for the old root, ann and cyd for the new."""
    everybody = USUAL.everybody
    enough = [
        some
        for size in range(4)
        for some in itertools.combinations(everybody, size)
        if seals(USUAL, signed_root(REQUEST, some))
    ]
    assert enough == [(ANN, CYD, BOB)]


def test_a_request_is_a_value() -> None:
    """The same ceremony, asked for twice, is the same request."""
    assert isinstance(REQUEST, Request)
    assert asked(USUAL) == REQUEST
