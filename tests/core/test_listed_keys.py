"""Keys are told apart by what they are: by the public key, not by its spelling and not by its keyid."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from fakes.history import bins, root, targets
from fakes.people import RSA, keyid, signer

from ceremony.core import strict_json
from ceremony.core.keys import fields_of
from ceremony.core.listed_keys import doubled_keys, listed_keys, listed_roles, public_half, wrong_keyids
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.strict_json import Json

ANN, BOB, CYD = (fields_of(signer(name).public_key) for name in ("ann", "bob", "cyd"))
PEM: str = signer("ann").public_key.keyval["public"]
HEX: str = signer("bob").public_key.keyval["public"]


def content(file: MetadataFile) -> Any:  # noqa: ANN401  # a test edits it
    """What this file says."""
    return strict_json.decode_canonical(file.payload, file.name)


def compressed() -> str:
    """Ann's key with its point in the shorter form."""
    key = load_pem_public_key(PEM.encode())
    assert isinstance(key, ec.EllipticCurvePublicKey)
    numbers = key.public_numbers()
    point = ec.EllipticCurvePublicKey.from_encoded_point(
        key.curve, bytes([2 + numbers.y % 2]) + numbers.x.to_bytes(32, "big")
    )
    return point.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_every_key_and_role_of_a_root_is_listed() -> None:
    """In the order in which they stand."""
    signed = content(root(1))
    assert listed_keys(signed) == {
        keyid(name): fields_of(signer(name).public_key) for name in ("ann", "bob", "cyd", "online")
    }
    assert dict(listed_roles(signed))["timestamp"] == (keyid("online"),)


def test_every_key_and_role_of_a_delegation_is_listed() -> None:
    """Explicit roles by their names, succinct ones by their prefix."""
    assert listed_roles(content(targets(1, claimed=("ann", "bob")))) == (("claimed", (keyid("ann"), keyid("bob"))),)
    assert listed_roles(content(bins())) == (("bin", (keyid("online"),)),)
    assert [*listed_keys(content(bins()))] == [keyid("online")]


@pytest.mark.parametrize(
    "signed",
    [
        None,
        [],
        {},
        {"_type": "root"},
        {"_type": "root", "keys": [], "roles": 5},
        {"_type": "root", "keys": {"a": 1}, "roles": {"root": 1}},
        {"_type": "targets", "delegations": []},
        {"_type": "targets", "delegations": {"roles": [1, {"name": "a"}], "succinct_roles": "x"}},
    ],
)
def test_what_has_no_such_shape_lists_nothing(signed: Json) -> None:
    """Strangers' metadata is looked at before any parser has refused it."""
    assert (listed_keys(signed), listed_roles(signed), wrong_keyids(signed), doubled_keys(signed)) == ({}, (), (), ())


def test_a_true_keyid_is_the_hash_of_all_fields() -> None:
    """Also of those that only others know: another field is another keyid."""
    signed = content(root(1))
    assert wrong_keyids(signed) == ()
    signed["keys"][keyid("ann")]["x-owner"] = "ann"
    ((listed, wanted),) = wrong_keyids(signed)
    assert (listed, len(wanted)) == (keyid("ann"), 64)
    signed["keys"][wanted] = signed["keys"].pop(listed)
    assert wrong_keyids(signed) == ()


@pytest.mark.parametrize(
    "twin",
    [
        {**ANN, "x-owner": "ann"},
        {**ANN, "keytype": "ecdsa-sha2-nistp256"},
        {**ANN, "keyval": {"public": PEM.rstrip("\n")}},
        {**ANN, "keyval": {"public": PEM.replace("\n", "\r\n")}},
        {**ANN, "keyval": {"public": compressed()}},
    ],
    ids=["with a field more", "of the old kind", "without its last line end", "with other line ends", "compressed"],
)
def test_one_public_key_in_another_spelling_is_the_same_key(twin: dict[str, Json]) -> None:
    """A thief of one key does not make two of it."""
    signed = content(root(1))
    signed["keys"]["0" * 64] = twin
    assert doubled_keys(signed) == ()
    signed["roles"]["targets"]["keyids"].append("0" * 64)
    assert doubled_keys(signed) == ("targets",)


def test_hex_in_capitals_is_the_same_key() -> None:
    """Bob's is an Ed25519 key."""
    assert public_half({**BOB, "keyval": {"public": HEX.upper()}}) == public_half(BOB)


def test_the_same_keyid_twice_is_no_second_key() -> None:
    """Parsers refuse that as it is."""
    signed = content(root(1))
    signed["roles"]["root"]["keyids"] *= 2
    assert doubled_keys(signed) == ()


@pytest.mark.parametrize("fields", [ANN, BOB, CYD, fields_of(signer("ann", RSA).public_key)])
def test_every_kind_of_key_has_a_public_half(fields: dict[str, Json]) -> None:
    """In DER."""
    assert (public_half(fields) or b"")[:1] == b"0"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"keyval": "x"},
        {"keyval": {"public": 5}},
        {**ANN, "keyval": {"public": "04cbc5cab2684160"}},
        {**ANN, "keyval": {"public": HEX}},
        {**BOB, "keyval": {"public": PEM}},
        {**BOB, "keyval": {"public": "00"}},
    ],
)
def test_what_is_no_key_has_none(fields: dict[str, Json]) -> None:
    """Hex where PEM should stand, PEM where hex should, and nothing at all."""
    assert public_half(fields) is None
