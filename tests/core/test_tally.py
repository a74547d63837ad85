"""The tally: worked out from signatures alone, and always as python-tuf does."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from fakes.people import NAMES, drafted, keyholders, keyid, reviewed, signature, signed, signer
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.signer import Signature
from tuf.api.exceptions import UnsignedMetadataError
from tuf.api.metadata import Metadata, Root, Targets

from ceremony.core import strict_json
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.policy import OFFLINE_ROLES, Policy
from ceremony.core.seal import seal
from ceremony.core.signed import root_of, targets_of
from ceremony.core.tally import Quorum, Standing, may_sign, merge, quorums_of, sound, tally, verified
from ceremony.errors import TamperedError

FILES = drafted(thresholds={"root": 3, "targets": 2, "bins": 1}).files
QUORUMS = quorums_of(FILES)
ROOT = FILES[0]
STRANGER = keyid("stranger")
SIGNERS = (*NAMES, "stranger")

VALID = {
    file.role: {name: signer(name).sign(file.payload).signature for name in (*NAMES, "stranger")} for file in FILES
}
OTHERS = {name: signer(name).sign(b"{}").signature for name in SIGNERS}
"""Signatures that are valid, for something else."""


def signatures(role: str) -> st.SearchStrategy[dict[str, str]]:
    """Any signatures that a file of this role could carry: valid, of other bytes, swapped, or no signature at all."""
    values = [*VALID[role].values(), *OTHERS.values(), "00", "ab" * 64]
    valid = st.sets(st.sampled_from([*VALID[role]])).map(lambda some: {keyid(each): VALID[role][each] for each in some})
    anything = st.dictionaries(st.sampled_from([keyid(each) for each in VALID[role]]), st.sampled_from(values))
    return st.builds(lambda good, bad: {**good, **bad}, valid, anything) | valid


def delegator(role: str) -> Root | Targets:
    """The metadata that says who signs this role, as python-tuf sees it."""
    return targets_of(FILES[1]) if role == "bins" else root_of(ROOT)


def tuf_signatures(file: MetadataFile) -> dict[str, Signature]:
    """The file's signatures as python-tuf wants them."""
    return {each: Signature(each, sig_hex) for each, sig_hex in file.signatures.items()}


def standing_of(file: MetadataFile) -> Standing:
    """How the quorum of this file's role stands."""
    others = tuple(each for each in FILES if each.role != file.role)
    return next(each for each in tally((*others, file), QUORUMS) if each.role == file.role)


# ---- python-tuf as judge


@given(st.data())
def test_the_tally_is_the_one_of_python_tuf(data: st.DataObject) -> None:
    """Whatever signatures a file carries, both find the same keys signed and missing, and the same verdict."""
    role = data.draw(st.sampled_from(OFFLINE_ROLES))
    file = replace(FILES[OFFLINE_ROLES.index(role)], signatures=data.draw(signatures(role)))
    result = delegator(role).get_verification_result(role, file.payload, tuf_signatures(file))
    ours = standing_of(file)
    assert ({*ours.signed}, {*ours.missing}) == ({*result.signed}, {*result.unsigned})
    assert (ours.threshold, ours.is_complete) == (result.threshold, bool(result))


@given(signatures("root"))
def test_a_root_is_complete_when_a_client_would_trust_it(found: Mapping[str, str]) -> None:
    """The first root is verified by itself."""
    file = replace(ROOT, signatures=found)
    result = root_of(ROOT).get_root_verification_result(None, file.payload, tuf_signatures(file))
    assert standing_of(file).is_complete is bool(result)


@given(signatures("bins"))
def test_a_delegation_is_complete_when_a_client_would_take_it(found: Mapping[str, str]) -> None:
    """What verify_delegate refuses is not complete, and the other way round."""
    file = replace(FILES[2], signatures=found)
    try:
        targets_of(FILES[1]).verify_delegate("bins", file.payload, tuf_signatures(file))
    except UnsignedMetadataError:
        assert not standing_of(file).is_complete
    else:
        assert standing_of(file).is_complete


@pytest.mark.parametrize("scheme", Policy().schemes)
def test_every_scheme_goes_from_draft_to_seal_and_a_client_takes_it(scheme: str) -> None:
    """Keys of each kind are drafted, reviewed, tallied and sealed, and python-tuf verifies what comes out."""
    found = reviewed(keyholders=tuple(replace(each, scheme=scheme) for each in keyholders(*NAMES)))
    files = found.draft.files
    for name in ("ann", "bob"):
        files = tuple(file.with_signature(signature(name, file.payload, scheme)) for file in files)
    sealed = seal(found, tuple(sound(file, found.quorums) for file in files))
    root, targets, bins = (Metadata[Root | Targets].from_bytes(each.encode()) for each in sealed.files)
    assert isinstance(root.signed, Root)
    assert isinstance(targets.signed, Targets)
    root.signed.verify_delegate("root", root.signed_bytes, root.signatures)
    root.signed.verify_delegate("targets", targets.signed_bytes, targets.signatures)
    targets.signed.verify_delegate("bins", bins.signed_bytes, bins.signatures)


# ---- quorums and standings


def test_quorums_come_from_the_metadata_itself() -> None:
    """Root says who signs root and targets, targets says who signs bins."""
    assert [(each.role, each.by, each.threshold) for each in QUORUMS] == [
        ("root", "root 1", 3),
        ("targets", "root 1", 2),
        ("bins", "targets 1", 1),
    ]


def test_a_standing_keeps_the_order_of_the_quorum() -> None:
    """Signed and missing are listed as the plan lists its keyholders."""
    (file,) = signed([ROOT], "cyd", "ann")
    found = standing_of(file)
    assert found.signed == (keyid("ann"), keyid("cyd"))
    assert found.missing == (keyid("bob"),)


def test_a_file_that_is_not_there_has_no_signatures() -> None:
    """Everybody is missing."""
    found = tally((), QUORUMS)
    assert [(each.role, each.signed, len(each.missing)) for each in found] == [(role, (), 3) for role in OFFLINE_ROLES]


def test_a_stranger_counts_nowhere() -> None:
    """A valid signature by a key that is not in the quorum changes nothing."""
    (file,) = signed([ROOT], "stranger")
    assert STRANGER in file.signatures
    assert standing_of(file) == standing_of(ROOT)


def test_everybody_who_may_sign_a_role_is_listed() -> None:
    """And nobody else."""
    ann, bob, cyd = keyholders(*NAMES)
    quorums = reviewed(keyholders=(ann, bob, replace(cyd, roles=("bins",)))).quorums
    assert {*may_sign("root", quorums)} == {keyid("ann"), keyid("bob")}
    assert {*may_sign("bins", quorums)} == {keyid(name) for name in NAMES}
    assert not may_sign("snapshot", quorums)


@pytest.mark.parametrize("missing", ["root", "targets"])
def test_without_root_or_targets_nobody_knows_who_signs(missing: str) -> None:
    """A bundle that lacks one is no bundle."""
    with pytest.raises(TamperedError):
        quorums_of(tuple(each for each in FILES if each.role != missing))


def tampered(role: str, path: tuple[str, ...], value: object) -> tuple[MetadataFile, ...]:
    """The files, with the value at this path of one payload replaced."""
    fields: Any = json.loads(FILES[OFFLINE_ROLES.index(role)].encode())["signed"]
    inner = fields
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    other = MetadataFile(role, 1, strict_json.encode(fields))
    return tuple(other if each.role == role else each for each in FILES)


NO_QUORUMS = {
    "root names a key that it does not list": ("root", ("roles", "root", "keyids"), ["0" * 64]),
    "root lists no keys": ("root", ("keys",), {}),
    "keyids that are one text": ("root", ("roles", "targets", "keyids"), "abc"),
    "targets delegates nothing": ("targets", ("delegations", "roles"), []),
    "targets delegates by hash": (
        "targets",
        ("delegations",),
        {"keys": {}, "succinct_roles": {"keyids": [], "threshold": 1, "bit_length": 1, "name_prefix": "bins"}},
    ),
    "targets lists no keys": ("targets", ("delegations", "keys"), {}),
}


@pytest.mark.parametrize(("role", "path", "value"), NO_QUORUMS.values(), ids=NO_QUORUMS)
def test_metadata_that_names_no_quorum_is_refused(role: str, path: tuple[str, ...], value: object) -> None:
    """What does not say who signs it, or says it with keys that are not there, is tampered with."""
    with pytest.raises(TamperedError):
        quorums_of(tampered(role, path, value))


def test_targets_without_delegations_is_refused() -> None:
    """Somebody has to sign bins."""
    bare = MetadataFile("targets", 1, strict_json.encode(Targets(expires=datetime(2030, 1, 1)).to_dict()))  # noqa: DTZ001  # python-tuf writes what it is given
    with pytest.raises(TamperedError, match="no delegation to bins"):
        quorums_of((ROOT, bare, FILES[2]))


# ---- one signature


@pytest.mark.parametrize("name", NAMES)
def test_a_signature_verifies_for_its_key_and_payload(name: str) -> None:
    """In every scheme."""
    key = QUORUMS[0].keys[keyid(name)]
    assert verified(ROOT, key, VALID["root"][name])
    assert not verified(FILES[1], key, VALID["root"][name])


@pytest.mark.parametrize("name", NAMES)
def test_a_signature_counts_only_as_files_write_it(name: str) -> None:
    """A spelling that no file could hold does not verify, although the bytes are right."""
    key = QUORUMS[0].keys[keyid(name)]
    for spelled in (VALID["root"][name].upper(), " ".join([VALID["root"][name][:2], VALID["root"][name][2:]])):
        key.verify_signature(Signature(key.keyid, spelled), ROOT.payload)
        assert not verified(ROOT, key, spelled)


@pytest.mark.parametrize("sig_hex", ["", "0", "zz", "00", "ab" * 64, "ab" * 9000, "\ud800"])
def test_what_is_no_signature_does_not_verify(sig_hex: str) -> None:
    """However malformed, the answer is no."""
    assert not any(verified(ROOT, key, sig_hex) for key in QUORUMS[0].keys.values())


@settings(max_examples=60)
@given(st.sampled_from(NAMES), st.integers(0, 63), st.integers(1, 255))
def test_a_signature_with_another_byte_does_not_verify(name: str, place: int, flip: int) -> None:
    """A single bit decides."""
    signature = bytearray.fromhex(VALID["root"][name])
    signature[place] ^= flip
    assert not verified(ROOT, QUORUMS[0].keys[keyid(name)], signature.hex())


# ---- merging

ANY = signatures("root").map(lambda found: replace(ROOT, signatures=found))


@given(ANY, ANY)
def test_merging_does_not_care_who_merges(one: MetadataFile, two: MetadataFile) -> None:
    """Ann's copy into bob's is bob's copy into ann's, byte for byte."""
    assert merge(one, two) == merge(two, one)
    assert merge(one, two).encode() == merge(two, one).encode()


@given(ANY)
def test_merging_twice_is_merging_once(one: MetadataFile) -> None:
    """A copy adds nothing to itself."""
    assert merge(one, one) == one


@given(ANY, ANY, ANY)
def test_merging_does_not_care_in_which_order(one: MetadataFile, two: MetadataFile, three: MetadataFile) -> None:
    """Three copies come together in any order."""
    assert merge(merge(one, two), three) == merge(one, merge(two, three))


@given(st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_merging_brings_together_who_signed(ours: set[str], theirs: set[str]) -> None:
    """Nobody's valid signature is lost."""
    one, two = (replace(ROOT, signatures={keyid(n): VALID["root"][n] for n in some}) for some in (ours, theirs))
    assert {*standing_of(merge(one, two)).signed} == {keyid(name) for name in ours | theirs}


@given(ANY, ANY)
def test_a_damaged_copy_takes_no_signature_away(one: MetadataFile, two: MetadataFile) -> None:
    """Merged when sound, two copies have signed whoever had signed either."""
    both = {*standing_of(one).signed, *standing_of(two).signed}
    assert {*standing_of(merge(sound(one, QUORUMS), sound(two, QUORUMS))).signed} == both


@given(ANY)
def test_a_sound_file_carries_what_counts_and_nothing_else(one: MetadataFile) -> None:
    """Its signatures are those of its standing."""
    assert {*sound(one, QUORUMS).signatures} == {*standing_of(one).signed}
    assert sound(one, QUORUMS).payload == one.payload


@pytest.mark.parametrize(
    "other",
    [FILES[1], replace(ROOT, role="targets"), replace(ROOT, version=2), replace(ROOT, payload=ROOT.payload + b" ")],
)
def test_copies_of_different_payloads_do_not_merge(other: MetadataFile) -> None:
    """Signatures of other bytes are no business of this file."""
    for one, two in ((ROOT, other), (other, ROOT)):
        with pytest.raises(TamperedError):
            merge(one, two)


def test_a_quorum_is_a_value() -> None:
    """Nobody adds a key to it afterwards."""
    found = Quorum("root", "root 1", 1, QUORUMS[0].keys)
    with pytest.raises(TypeError):
        found.keys["0" * 64] = signer("stranger").public_key  # type: ignore[index]
