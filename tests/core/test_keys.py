"""Keys as TUF writes them: one spelling, one keyid."""

import base64
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from fakes.people import ED25519, P256, P384, P521, RSA, signer
from securesystemslib.signer import Key, SSlibKey

from ceremony.core.keys import fields_of, key_of, keyid_of, plain_keyid, rsa_size, spelling_trouble

ANN = fields_of(signer("ann", P256).public_key)
BOB = fields_of(signer("bob", ED25519).public_key)
PEM = str(signer("ann", P256).public_key.keyval["public"])
HEX = str(signer("bob", ED25519).public_key.keyval["public"])


def ecdsa(public: str, **changes: object) -> dict[str, Any]:
    """The fields of a P-256 key with this public half."""
    return {"keytype": "ecdsa", "scheme": P256, "keyval": {"public": public}, **changes}


def pem_of(der: bytes) -> str:
    """This DER in PEM armour."""
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{body}-----END PUBLIC KEY-----\n"


def compressed(pem: str) -> str:
    """The same P-256 key with its point in compressed form."""
    point = load_pem_public_key(pem.encode()).public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return pem_of(bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + point)


@pytest.mark.parametrize("scheme", [P256, P384, P521, ED25519, RSA])
def test_a_key_survives_its_fields(scheme: str) -> None:
    """The fields say all there is to a key, and its keyid is the one securesystemslib gives it."""
    key = signer("ann", scheme).public_key
    assert key_of(fields_of(key)) == key
    assert keyid_of(fields_of(key)) == key.keyid


def test_an_rsa_key_may_have_any_of_its_schemes() -> None:
    """Which schemes are allowed is the policy's business, not the reader's."""
    public = rsa.generate_private_key(65537, 2048).public_key()
    key = SSlibKey.from_crypto(public, scheme="rsa-pkcs1v15-sha256")
    assert key_of(fields_of(key)) == key


@pytest.mark.parametrize(("scheme", "size"), [(RSA, 2048), (P256, None), (P521, None), (ED25519, None)])
def test_an_rsa_key_tells_its_length(scheme: str, size: int | None) -> None:
    """Others have the length that their scheme says."""
    assert rsa_size(signer("ann", scheme).public_key) == size


def test_another_key_is_another_keyid() -> None:
    """Keyids tell keys apart."""
    assert keyid_of(ANN) != keyid_of(BOB)


SPELLINGS = {
    "without the last line end": ecdsa(PEM.rstrip()),
    "with an empty line": ecdsa(PEM + "\n"),
    "with Windows line ends": ecdsa(PEM.replace("\n", "\r\n")),
    "on longer lines": ecdsa(
        PEM.replace("\n", "").replace("KEY-----", "KEY-----\n", 1).replace("-----END", "\n-----END")
    ),
    "with text before it": ecdsa("ann's key\n" + PEM),
    "with a compressed point": ecdsa(compressed(PEM)),
    "under the old name of its keytype": ecdsa(PEM, keytype=P256),
    "in capitals": {**BOB, "keyval": {"public": HEX.upper()}},
    "with a space": {**BOB, "keyval": {"public": HEX[:2] + " " + HEX[2:]}},
}


@pytest.mark.parametrize("fields", SPELLINGS.values(), ids=SPELLINGS)
def test_a_public_key_has_one_spelling(fields: Mapping[str, Any]) -> None:
    """A second spelling would be a second keyid, and one device would count twice for a threshold."""
    assert keyid_of(fields) not in {keyid_of(ANN), keyid_of(BOB)}
    with pytest.raises(ValueError, match=r"otherwise|PEM|asn|parse|load"):
        key_of(fields)


RSA_PEM = str(signer("ann", RSA).public_key.keyval["public"])

NO_KEYS = {
    "an RSA key that is called ECDSA": ecdsa(RSA_PEM),
    "an ECDSA key that is called RSA": ecdsa(PEM, keytype="rsa", scheme=RSA),
    "an RSA key of another scheme": {"keytype": "rsa", "scheme": P256, "keyval": {"public": RSA_PEM}},
    "an RSA key in its older form": {
        "keytype": "rsa",
        "scheme": RSA,
        "keyval": {
            "public": load_pem_public_key(RSA_PEM.encode()).public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
        },
    },
    "nothing": {},
    "no keyval": {"keytype": "ecdsa", "scheme": P256},
    "a keyval that is a text": ecdsa(PEM, keyval="public"),
    "an empty keyval": ecdsa(PEM, keyval={}),
    "more in keyval": ecdsa(PEM, keyval={"public": PEM, "private": "x"}),
    "a holder's name": ecdsa(PEM, holder="ann"),
    "a public half that is no text": ecdsa(PEM, keyval={"public": 5}),
    "no PEM": ecdsa("zz"),
    "half a surrogate pair": ecdsa("\ud800"),
    "an unknown keytype": ecdsa(PEM, keytype="sphincs"),
    "a keytype that is a list": ecdsa(PEM, keytype=[]),
    "a scheme of another keytype": ecdsa(PEM, scheme=ED25519),
    "a scheme of another curve": ecdsa(PEM, scheme=P384),
    "a private key": ecdsa(PEM.replace("PUBLIC", "PRIVATE")),
    "a curve that nobody signs with": ecdsa(
        ec.generate_private_key(ec.SECP256K1())
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode()
    ),
    "a kind of key that nobody knows": ecdsa(pem_of(bytes.fromhex("300a3005060329013a030100"))),
    "an Ed25519 key that is too short": {**BOB, "keyval": {"public": HEX[:62]}},
    "an Ed25519 key that is no hex": {**BOB, "keyval": {"public": "zz" * 32}},
    "a key of gpg": {"keytype": "rsa", "scheme": "pgp+rsa-pkcsv1.5", "keyval": {"public": "x"}},
}


@pytest.mark.parametrize("fields", NO_KEYS.values(), ids=NO_KEYS)
def test_what_is_no_key_is_refused(fields: Mapping[str, Any]) -> None:
    """Whatever the fault, one of three errors tells it, and no other."""
    with pytest.raises((ValueError, KeyError, TypeError)):
        key_of(fields)


def test_reading_a_key_changes_no_field() -> None:
    """The caller's fields are the caller's."""
    fields = ecdsa(PEM)
    key_of(fields)
    assert fields == ecdsa(PEM)
    assert isinstance(key_of(fields), Key)


OTHERS = {"x-tuf-on-ci-keyowner": "@ann", "x-version": 3, "x-is-old": True}


def test_a_key_keeps_what_others_wrote_into_it() -> None:
    """It has another keyid for it, and the same one on its device."""
    fields = {**ANN, **OTHERS}
    key = key_of(fields)
    assert fields_of(key) == fields
    assert (key.keyid, plain_keyid(fields)) == (keyid_of(fields), keyid_of(ANN))
    assert key.keyid != keyid_of(ANN)


@pytest.mark.parametrize(
    "other", [{"owner": "ann"}, {"x-list": []}, {"x-table": {}}, {"x-nothing": None}], ids=lambda each: next(iter(each))
)
def test_other_fields_than_plain_ones_of_others_are_refused(other: Mapping[str, Any]) -> None:
    """A name that begins otherwise may come to mean something; a table could hide a second key."""
    with pytest.raises(ValueError, match="x-"):
        key_of({**ANN, **other})


def test_what_is_wrong_with_a_key_is_told() -> None:
    """In words; nothing, of one that can stand in metadata."""
    assert spelling_trouble({**ANN, **OTHERS}) == ""
    assert "otherwise" in spelling_trouble({**ANN, "keytype": P256})
    assert "keytype" in spelling_trouble({})
