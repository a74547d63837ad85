"""Which certificates lead from a key to a root, whose root it is, and which may stand where."""

import warnings
from collections.abc import Sequence
from dataclasses import replace

import pytest
from fakes.attestation_authority import (
    BASIC_CONSTRAINTS,
    CA_FALSE,
    CA_TRUE,
    CRITICAL,
    EC_SHA1,
    EC_SHA224,
    EC_SHA256,
    EC_SHA384,
    EC_SHA512,
    ED25519,
    FAMILIES,
    KEY_IDENTIFIER,
    KEY_USAGE,
    RSA_SHA1,
    RSA_SHA224,
    RSA_SHA256_BARE,
    RSA_SHA384,
    RSA_SHA512,
    SIGNS_CERTIFICATES,
    SIGNS_DATA,
    YUBICO,
    Family,
    Form,
    Issuer,
    integer,
    issuer,
    key,
    name_of,
    new_family,
    old_family,
    pin_for,
    public,
    yubihsm_family,
    yubihsm_key,
    yubikey_key,
)

from hsm.attestation import attest
from hsm.attestation_chain import LONGEST, MOST_AUTHORITIES, MOST_GIVEN
from hsm.attestation_pins import PINS, YUBIHSM, YUBIKEY, Pin
from hsm.errors import AttestationRefusedError

SAYS_IT_ISSUES = (BASIC_CONSTRAINTS, CRITICAL, CA_TRUE)


@pytest.fixture(params=list(FAMILIES))
def family(request: pytest.FixtureRequest) -> Family:
    """Each family in turn."""
    return FAMILIES[request.param]()


def refusal(certificates: Sequence[bytes], authorities: Sequence[bytes]) -> str:
    """Why these certificates are refused."""
    with pytest.raises(AttestationRefusedError) as refused:
        attest("100", certificates, authorities)
    assert refused.value.serial == "100"
    return refused.value.what


def pin(patch: pytest.MonkeyPatch, *pins: Pin) -> None:
    """These are the certificates that the maker vouches with, and no others are."""
    patch.setattr("hsm.attestation_pins.PINS", pins)


def test_a_root_that_is_not_pinned_is_no_makers(family: Family) -> None:
    """Its chain holds, and says so, and is nobody's word."""
    assert attest("1", family.gives(), family.authorities).maker == ""


def test_a_pinned_chain_is_its_makers(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every certificate above the device's is pinned."""
    pin(monkeypatch, *family.pins())
    assert attest("1", family.gives(), family.authorities).maker == "Yubico"


def test_a_name_makes_no_root_the_makers() -> None:
    """Roots of any name can be made by anybody; only digests count."""
    root = issuer(PINS[0].name)
    device = issuer("Yubico PIV Attestation", root)
    found = attest("1", (device.sign(yubikey_key(device)), device.certificate), (root.certificate,))
    assert found.maker == ""


def test_of_two_roots_the_pinned_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever lies first in the folder: here the same key in two certificates, as Yubico's PIV root is."""
    family = old_family()
    root = family.above[0]
    again = root.sign(root.form(root.name, public(root.private), SAYS_IT_ISSUES))
    pin(monkeypatch, *family.pins())
    for authorities in ((again, root.certificate), (root.certificate, again)):
        found = attest("1", family.gives(), authorities)
        assert (found.maker, found.chain[-1]) == ("Yubico", root.certificate)


def test_of_two_pinned_roots_the_first_pin_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """So the same chain comes out on every machine."""
    family = old_family()
    root = family.above[0]
    again = replace(root, certificate=root.sign(root.form(root.name, public(root.private), SAYS_IT_ISSUES)))
    pin(monkeypatch, pin_for(again, YUBIKEY), *family.pins())
    assert attest("1", family.gives(), (root.certificate, again.certificate)).chain[-1] == again.certificate


def test_a_way_to_a_pinned_root_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the first certificate that would do leads elsewhere."""
    pinned, other = issuer("Pinned Root"), issuer("Other Root")
    elsewhere, lower = issuer("Lower", other), issuer("Lower", pinned)
    pin(monkeypatch, pin_for(elsewhere, YUBIKEY), pin_for(lower, YUBIKEY), pin_for(pinned))
    device = issuer("Yubico PIV Attestation", lower)
    authorities = [each.certificate for each in (other, elsewhere, lower, pinned)]
    found = attest("1", (device.sign(yubikey_key(device)), device.certificate), authorities)
    assert (found.maker, found.chain[2:]) == ("Yubico", (lower.certificate, pinned.certificate))


@pytest.mark.parametrize("unknown", [0, 1])
def test_an_intermediate_of_the_maker_must_be_known_too(unknown: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """That it is signed by a pinned root is not enough."""
    family = new_family()
    pins = family.pins()
    pin(monkeypatch, *pins[:unknown], *pins[unknown + 1 :])
    what = refusal(family.gives(), family.authorities)
    assert "not one that this program knows" in what
    assert family.above[unknown].common_name in what


def test_a_device_of_another_kind_vouches_for_nothing_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """An authority of the maker's that vouches for YubiHSMs vouches for no YubiKey."""
    family = yubihsm_family()
    pin(monkeypatch, *family.pins())
    device = issuer("Yubico PIV Attestation", family.above[0])
    gives = (device.sign(yubikey_key(device)), device.certificate)
    assert "does not vouch for a YubiKey" in refusal(gives, family.authorities)


def test_an_authority_for_authorities_vouches_for_no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """The root itself, say, does not."""
    family = new_family()
    pin(monkeypatch, *family.pins())
    device = issuer("YubiKey PIV Attestation", family.above[-1])
    gives = (device.sign(yubikey_key(device)), device.certificate)
    assert '"Test Attestation Root 1" does not vouch for a YubiKey' in refusal(gives, family.authorities)


def test_the_maker_vouches_for_devices_and_they_for_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate of a key that an authority signed itself stands in no device's name."""
    family = old_family()
    pin(monkeypatch, *family.pins())
    root = family.above[0]
    assert "does not vouch" in refusal((root.sign(yubikey_key(root)),), family.authorities)


@pytest.mark.parametrize("name", ["Yubico U2F EE Serial 1234", "Yubico PIV Attestation 2", ""])
def test_a_device_under_a_pin_has_the_name_of_a_device(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The U2F root vouches for keys of another purpose too."""
    family = old_family()
    pin(monkeypatch, *family.pins())
    device = issuer(name, family.above[0])
    gives = (device.sign(yubikey_key(device)), device.certificate)
    assert "is not the name of a YubiKey" in refusal(gives, family.authorities)


def test_a_key_of_the_device_cannot_vouch_for_another(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has a genuine device could sign anything with a key that it attested: also such a certificate."""
    pin(monkeypatch, *family.pins())
    genuine = family.gives()
    name = "YubiHSM Attestation id:0x0003" if family.kind == YUBIHSM else "YubiKey PIV Attestation 9c"
    attested = Issuer(name, genuine[0], key("ann's key"))
    forged = yubihsm_key(attested, 4) if family.kind == YUBIHSM else yubikey_key(attested, "9a", "bob")
    what = refusal((attested.sign(forged), *genuine), family.authorities)
    assert "by another key of the device" in what


def test_a_key_does_not_vouch_for_itself() -> None:
    """A certificate that signed itself is nobody else's word."""
    own = key("ann's key")
    name = "YubiKey PIV Attestation 9c"
    itself = Issuer(name, b"", own)
    assert "vouches for itself" in refusal((itself.sign(yubikey_key(itself)),), ())


@pytest.mark.parametrize(
    "said",
    [
        (BASIC_CONSTRAINTS, CRITICAL, CA_FALSE),
        (BASIC_CONSTRAINTS, b"", CA_FALSE),
        (KEY_USAGE, CRITICAL, SIGNS_DATA),
        (KEY_USAGE, CRITICAL, b"\x03\x01\x00"),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_who_says_that_he_issues_nothing_is_believed(said: tuple[bytes, bytes, bytes], place: int) -> None:
    """The device, the intermediates and the root alike."""
    names = ["Root", "Middle", "Lower", "Yubico PIV Attestation"]
    above: list[Issuer] = []
    for depth, name in enumerate(names):
        says = (said,) if depth == len(names) - 1 - place else (SAYS_IT_ISSUES,)
        above.append(issuer(name, above[-1] if above else None, "P-256", *says))
    device = above.pop()
    gives = (device.sign(yubikey_key(device)), device.certificate)
    assert "may not vouch for others" in refusal(gives, [each.certificate for each in above])


@pytest.mark.parametrize("said", [(), (SAYS_IT_ISSUES,), ((KEY_USAGE, CRITICAL, SIGNS_CERTIFICATES),)])
def test_some_devices_do_not_say_that_they_issue(said: tuple[tuple[bytes, bytes, bytes], ...]) -> None:
    """YubiKeys 4, and 5 up to firmware 5.2.4, leave it out."""
    root = issuer("Test PIV Root CA")
    marked = (KEY_IDENTIFIER, b"", b"\x04\x01\x01")
    device = issuer("Yubico PIV Attestation", root, "P-256", marked, *said)
    assert attest("1", (device.sign(yubikey_key(device)), device.certificate), (root.certificate,))


def test_what_nobody_may_overlook_is_not_overlooked(family: Family) -> None:
    """An extension that is critical, and is none of those known here, ends it; one of the maker's is known."""
    leaf = family.leaf().with_extension(KEY_IDENTIFIER, b"\x04\x01\x01", CRITICAL)
    assert "demands something" in refusal(family.gives(leaf), family.authorities)
    known = family.leaf().with_extension(YUBICO + b"\x63", b"", CRITICAL)
    assert attest("1", family.gives(known), family.authorities)


def test_a_missing_root_is_named_with_the_place_to_get_it() -> None:
    """For certificates that Yubico publishes the file is named, for others nothing is invented."""
    root = issuer("Yubico Attestation Root 1")
    lower = issuer("Yubico PIV Attestation A 1", root)
    device = issuer("YubiKey PIV Attestation", lower)
    gives = (device.sign(yubikey_key(device)), device.certificate)
    assert refusal(gives, (lower.certificate,)) == (
        'no certificate of "Yubico Attestation Root 1": put it into the folder of attestation certificates '
        "(Yubico publishes it: developers.yubico.com/PKI/yubico-ca-1.pem)"
    )
    assert refusal(gives, (root.certificate,)) == (
        'no certificate of "Yubico PIV Attestation A 1": put it into the folder of attestation certificates '
        "(Yubico publishes it: developers.yubico.com/PKI/yubico-intermediate.pem)"
    )


def test_a_missing_root_of_somebody_else_is_named() -> None:
    """So that whoever runs a rehearsal knows what is wanted."""
    family = new_family()
    what = refusal(family.gives(), family.authorities[:-1])
    assert what == ('no certificate of "Test Attestation Root 1": put it into the folder of attestation certificates')


def test_a_device_that_does_not_give_its_own_certificate_is_told(family: Family) -> None:
    """That one is in no folder."""
    what = refusal(family.gives()[:1], family.authorities)
    assert what == f'no certificate of "{family.device.common_name}": the device itself should have given it'


def test_two_devices_of_one_name_are_told_apart(family: Family) -> None:
    """Thousands of YubiKeys call themselves the same: the signature decides."""
    other = issuer(family.device.common_name, family.above[0], "P-384")
    what = refusal((family.gives()[0], other.certificate), family.authorities)
    assert "did not sign" in what
    given = (family.gives()[0], other.certificate, family.device.certificate)
    assert attest("1", given, family.authorities).chain[1] == family.device.certificate


def test_a_name_that_could_steer_a_terminal_is_not_repeated() -> None:
    """Escape sequences, long names, other alphabets: none of them is shown."""
    for name in ("\x1b[2J", "a\nb", "x" * 65, "ключ", "\u202e"):
        root = issuer(name)
        device = issuer("Yubico PIV Attestation", root)
        what = refusal((device.sign(yubikey_key(device)), device.certificate), ())
        assert what.startswith("no certificate of somebody without a plain name")


def test_names_agree_byte_for_byte() -> None:
    """The same letters in another string type are another name."""
    root = issuer("Test PIV Root CA")
    device_key = key("Yubico PIV Attestation")
    form = replace(
        root.form(name_of("Yubico PIV Attestation"), public(device_key)), issuer=name_of(root.common_name, 0x13)
    )
    device = Issuer("Yubico PIV Attestation", root.sign(form), device_key)
    what = refusal((device.sign(yubikey_key(device)), device.certificate), (root.certificate,))
    assert 'the certificate of "Test PIV Root CA" that is at hand did not sign' in what


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [
        ("RSA 2048", RSA_SHA256_BARE),
        ("RSA 2048", RSA_SHA384),
        ("RSA 2048", RSA_SHA512),
        ("RSA 3072", RSA_SHA512),
        ("P-256", EC_SHA384),
        ("P-384", EC_SHA384),
        ("P-521", EC_SHA512),
        ("Ed25519", ED25519),
    ],
)
def test_signatures_of_good_algorithms_are_taken(kind: str, algorithm: bytes) -> None:
    """RSA without the NULL behind its name among them: YubiKeys of firmware 5.7.4 have such a certificate."""
    root = issuer("Test PIV Root CA", None, kind)
    assert attest("1", *with_algorithm(root, algorithm))


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [
        ("RSA 2048", RSA_SHA1),
        ("P-256", EC_SHA1),
        ("RSA 2048", RSA_SHA224),
        ("P-256", EC_SHA224),
        ("secp256k1", EC_SHA256),
        ("P-256", RSA_SHA512),
        ("RSA 2048", EC_SHA512),
        ("Ed25519", EC_SHA384),
        ("P-256", ED25519),
        ("RSA 1024", RSA_SHA512),
        ("P-256", bytes.fromhex("300906072a8648ce3d0403")),
    ],
)
def test_signatures_of_other_algorithms_are_none(kind: str, algorithm: bytes) -> None:
    """SHA-1, a short RSA key, an algorithm that is not the key's, an unknown way to write it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # short keys and SHA-1 are warned of when they are made
        root = issuer("Test PIV Root CA", None, kind)
        given, authorities = with_algorithm(root, algorithm)
    assert refusal(given, authorities)


def with_algorithm(root: Issuer, algorithm: bytes) -> tuple[tuple[bytes, bytes], tuple[bytes]]:
    """A chain below the root, whose certificate for the device is signed with this algorithm."""
    device_key = key("Yubico PIV Attestation")
    form = replace(root.form(name_of("Yubico PIV Attestation"), public(device_key)), algorithm=algorithm)
    device = Issuer("Yubico PIV Attestation", root.sign(form), device_key)
    return (device.sign(yubikey_key(device)), device.certificate), (root.certificate,)


def test_a_chain_has_an_end() -> None:
    """Neither a ring of authorities nor a long row of them is followed for ever."""
    ring = [Issuer(name, b"", key(name)) for name in ("Ring 0", "Ring 1")]
    certificates = [
        above.sign(above.form(below.name, public(below.private), SAYS_IT_ISSUES))
        for below, above in (ring, reversed(ring))
    ]
    device = issuer("Yubico PIV Attestation", ring[0])
    gives = (device.sign(yubikey_key(device)), device.certificate)
    assert "only for one another" in refusal(gives, certificates)


def test_the_longest_chain_has_six_certificates() -> None:
    """One more is refused."""
    above = [issuer("Root")]
    for depth in range(LONGEST - 2):
        above.append(issuer(f"Authority {depth}", above[-1]))
    for row, is_taken in ((above[:-1], True), (above, False)):
        device = issuer("Yubico PIV Attestation", row[-1])
        gives = (device.sign(yubikey_key(device)), device.certificate)
        authorities = [each.certificate for each in row]
        if is_taken:
            assert len(attest("1", gives, authorities).chain) == LONGEST
        else:
            assert "no root within 6" in refusal(gives, authorities)


def test_only_so_many_certificates_are_looked_at(family: Family) -> None:
    """From a device, and from a folder."""
    gives = family.gives()
    assert "no certificate at all" in refusal((), family.authorities)
    assert "too many" in refusal(gives[:1] * (MOST_GIVEN + 1), family.authorities)
    assert "too many" in refusal(gives, family.authorities[:1] * (MOST_AUTHORITIES + 1))


def test_many_certificates_of_one_name_cost_little_time() -> None:
    """Certificates that all vouch for one another, as many as a device may give."""
    names = ["Yubico PIV Attestation", "Other"]
    certificates = []
    for number in range(MOST_GIVEN - 1):
        below, above = names[number % 2], names[1 - number % 2]
        signer = Issuer(above, b"", key(above))
        form = replace(signer.form(name_of(below), public(key(below)), SAYS_IT_ISSUES), number=integer(number + 1))
        certificates.append(signer.sign(form))
    device = Issuer(names[0], b"", key(names[0]))
    assert "no root within" in refusal((device.sign(yubikey_key(device)), *certificates), ())


def test_dates_are_no_reason() -> None:
    """A chain of another century is as good: the dates in an attestation are copied, and prove nothing."""
    family = new_family()
    old = Form.__dataclass_fields__["dates"].default
    leaf = replace(family.leaf(), dates=bytes(old).replace(b"2052", b"1952"))
    assert attest("1", family.gives(leaf), family.authorities)
