"""PKCS#11 URIs: read as RFC 7512 has them, written as p11tool writes them, and never a PIN in one."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from fakes.softhsm import MODULE
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.token_uri import TokenUri, names_device, names_key, parse_token_uri, write_token_uri
from hsm.device import Pin
from hsm.softhsm_tokens import initialise_tokens

LABEL, ID, OBJECT = "ceremony a/1;x", bytes.fromhex("01ff"), "root \u043a\u043b\u044e\u0447"
PUNCTUATION = "x!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
P11TOOL = shutil.which("p11tool")


def ann(label: str = "ann", serial: str = "0123", manufacturer: str = "Acme", model: str = "Model 5") -> dict[str, str]:
    """What ann's token says of itself."""
    return {"label": label, "serial": serial, "manufacturer": manufacturer, "model": model}


# ---- reading


READ = {
    "pkcs11:": TokenUri(),
    "pkcs11:token=ann;serial=0123": TokenUri(token="ann", serial="0123"),
    "pkcs11:serial=0123;token=ann": TokenUri(token="ann", serial="0123"),
    "pkcs11:object=label": TokenUri(object="label"),
    "pkcs11:id=%01%ff": TokenUri(id=b"\x01\xff"),
    "pkcs11:id=a%00b": TokenUri(id=b"a\0b"),
    "pkcs11:manufacturer=A%26B;model=M%205;type=private": TokenUri(manufacturer="A&B", model="M 5", type="private"),
    "pkcs11:token=a:b[c]@d!e$f'g(h)i*j+k,l=m&n": TokenUri(token="a:b[c]@d!e$f'g(h)i*j+k,l=m&n"),
    "pkcs11:slot-id=3;library-version=2.6": TokenUri(beside=(("library-version", "2.6"), ("slot-id", "3"))),
    "pkcs11:slot-description=a;slot-manufacturer=b": TokenUri(
        beside=(("slot-description", "a"), ("slot-manufacturer", "b"))
    ),
    "pkcs11:x-acme=1;token=ann": TokenUri(token="ann", beside=(("x-acme", "1"),)),
    "pkcs11:token=ann?module-path=/usr/lib/a.so&module-name=b": TokenUri(
        token="ann", modules=(("module-name", "b"), ("module-path", "/usr/lib/a.so"))
    ),
    "pkcs11:token=ann?x-acme=1": TokenUri(token="ann"),
    "pkcs11:token=ann?": TokenUri(token="ann"),
}


@pytest.mark.parametrize(("text", "found"), READ.items(), ids=READ)
def test_a_uri_says_what_it_says(text: str, found: TokenUri) -> None:
    """In any order of its attributes."""
    assert parse_token_uri(text) == found


REFUSED = {
    "": "pkcs11:",
    "token=ann": "pkcs11:",
    "PKCS11:token=ann": "pkcs11:",
    "https://example.org": "pkcs11:",
    "pkcs11:token": "without a name|no value|letters",
    "pkcs11:token=": "no value",
    "pkcs11:=ann": "without a name",
    "pkcs11:to%6ben=ann": "without a name",
    "pkcs11:token=ann;": "without a name",
    "pkcs11:;token=ann": "without a name",
    "pkcs11:token=ann;token=ann": "token twice",
    "pkcs11:token=ann;token=bob": "token twice",
    "pkcs11:token=a?module-name=b&module-name=c": "module-name twice",
    "pkcs11:x-acme=1;x-acme=2": "twice",
    "pkcs11:token=a b": "percent sign",
    "pkcs11:token=a/b": "percent sign",
    "pkcs11:token=\u00e4": "percent sign",
    "pkcs11:token=a%": "percent sign",
    "pkcs11:token=a%4": "percent sign",
    "pkcs11:token=a%zz": "percent sign",
    "pkcs11:token=a#b": "percent sign",
    "pkcs11:token=a\n": "percent sign",
    "pkcs11:token=%ff": "UTF-8",
    "pkcs11:token=%ed%a0%80": "UTF-8",
    "pkcs11:token=a%00": "nobody can see",
    "pkcs11:token=a%1b%5b2J": "nobody can see",
    "pkcs11:token=a%e2%80%ae": "nobody can see",
    "pkcs11:object=" + "a" * 201: "more than 200",
    "pkcs11:token=" + "a" * 1000: "more than 1000",
    "pkcs11:type=key": "type",
    "pkcs11:slot-id=first": "slot-id",
    "pkcs11:library-version=2.6.1": "library-version",
    "pkcs11:token=a?module-path=a b": "percent sign",
    "pkcs11:token=a?module-path=%00": "nobody can see",
    "pkcs11:token=a?b=c?d&": "without a name",
}


@pytest.mark.parametrize(("text", "why"), REFUSED.items(), ids=lambda value: value[:40])
def test_what_is_no_such_uri_is_refused_with_the_reason(text: str, why: str) -> None:
    """Nothing is guessed: a plan names one device, or none."""
    with pytest.raises(ValueError, match=why):
        parse_token_uri(text)


@pytest.mark.parametrize(
    "text",
    [
        "pkcs11:token=ann?pin-value=246810",
        "pkcs11:token=ann?pin-source=file:246810",
        "pkcs11:token=ann;pin-value=246810",
        "pkcs11:token=ann?module-name=a&pin-value=246810",
        "pkcs11:token=ann?pin-value=246810&pin-value=246810",
        "pkcs11:token=ann?pin-value=2468 10",
        "pkcs11:token=ann?246810",
        "pkcs11:246810",
        "pkcs11:pin-value=246810" + "0" * 1000,
    ],
)
def test_no_pin_stands_in_a_uri_nor_in_the_refusal(text: str) -> None:
    """Whoever wrote one there is told so, and it goes no further."""
    with pytest.raises(ValueError, match=r".") as refused:
        parse_token_uri(text)
    assert "2468" not in repr(refused.value)


# ---- writing

TEXTS = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=30)
URIS = st.builds(
    TokenUri,
    token=st.just("") | TEXTS,
    manufacturer=st.just("") | TEXTS,
    serial=st.just("") | TEXTS,
    model=st.just("") | TEXTS,
    object=st.just("") | TEXTS,
    type=st.sampled_from(["", "public", "private", "cert", "secret-key", "data"]),
    id=st.binary(max_size=20),
    beside=st.dictionaries(st.sampled_from(["slot-description", "library-manufacturer", "x-acme"]), TEXTS).map(
        lambda found: tuple(sorted(found.items()))
    ),
    modules=st.just(()) | TEXTS.map(lambda text: (("module-path", text),)),
)


@given(URIS)
def test_a_uri_survives_writing_and_reading(found: TokenUri) -> None:
    """Whatever letters it has."""
    text = write_token_uri(found)
    if len(text) <= 1000:
        assert parse_token_uri(text) == found
        assert text.isascii()


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """There is no third way."""
    try:
        parse_token_uri(f"pkcs11:{text}")
    except ValueError:
        return


def test_a_uri_knows_what_it_names() -> None:
    """By the names of its attributes."""
    uri = parse_token_uri("pkcs11:token=a;id=%01;slot-id=1?module-name=m")
    assert uri.names == {"token", "id", "slot-id", "module-name"}
    assert TokenUri().names == frozenset()


# ---- naming


@pytest.mark.parametrize(
    "uri",
    [
        TokenUri(),
        TokenUri(token="ann"),
        TokenUri(serial="0123", manufacturer="Acme", model="Model 5", token="ann"),
        TokenUri(object="root"),
    ],
)
def test_a_token_is_named_by_what_it_says_of_itself(uri: TokenUri) -> None:
    """All that the URI says fits."""
    assert uri.matches_token(**ann())


@pytest.mark.parametrize(
    "uri",
    [
        TokenUri(token="Ann"),
        TokenUri(token="ann "),
        TokenUri(token="ann", serial="1230"),
        TokenUri(model="Model 6"),
        TokenUri(manufacturer="Other"),
        TokenUri(token="ann", beside=(("slot-id", "0"),)),
        TokenUri(token="ann", beside=(("x-acme", "1"),)),
    ],
)
def test_a_token_is_not_named_by_anything_else(uri: TokenUri) -> None:
    """Nor by a URI that says what nobody here can compare."""
    assert not uri.matches_token(**ann())


@pytest.mark.parametrize(
    ("uri", "is_named"),
    [
        (TokenUri(), True),
        (TokenUri(object="root"), True),
        (TokenUri(id=ID), True),
        (TokenUri(object="root", id=ID, type="private"), True),
        (TokenUri(object="root", type="public"), True),
        (TokenUri(object="Root"), False),
        (TokenUri(object="root", id=b"\x01"), False),
        (TokenUri(object="root", type="cert"), False),
        (TokenUri(object="root", type="secret-key"), False),
        (TokenUri(object="root", beside=(("x-acme", "1"),)), False),
    ],
)
def test_a_key_is_named_by_label_and_id(uri: TokenUri, *, is_named: bool) -> None:
    """A certificate beside it is something else."""
    assert uri.matches_key(label="root", key_id_hex="01FF") is is_named


@pytest.mark.parametrize(
    ("wanted", "is_named"),
    [
        ("", True),
        ("0123", True),
        ("pkcs11:token=ann", True),
        ("pkcs11:serial=0123;model=Model%205", True),
        ("123", True),
        ("pkcs11:serial=123", True),
        ("ann", False),
        ("1230", False),
        ("pkcs11:token=bob", False),
        ("pkcs11:token=ann;token=ann", False),
        ("PKCS11:token=ann", False),
    ],
)
def test_a_device_is_named_by_serial_or_uri(wanted: str, *, is_named: bool) -> None:
    """Nothing wanted names any; what cannot be read names none; zeros before a number are no part of it."""
    assert names_device(wanted, serial="0123", label="ann", maker="Acme", model="Model 5") is is_named


@pytest.mark.parametrize(
    ("wanted", "is_named"),
    [
        ("", True),
        ("root", True),
        ("pkcs11:object=root", True),
        ("pkcs11:id=%01%FF", True),
        ("01ff", False),
        ("pkcs11:object=bins", False),
        ("pkcs11:id=%01%F", False),
    ],
)
def test_a_key_is_named_by_its_label_or_by_uri(wanted: str, *, is_named: bool) -> None:
    """In the same way."""
    assert names_key(wanted, label="root", key_id="01ff") is is_named


# ---- p11tool as judge


def p11tool(folder: Path, *words: str) -> list[str]:
    """The lines that p11tool writes about the SoftHSM in this folder."""
    environment: Mapping[str, str] = os.environ | {
        "SOFTHSM2_CONF": str(folder / "softhsm2.conf"),
        "GNUTLS_PIN": "24681012",
    }
    run = [str(P11TOOL), "--provider", str(MODULE), "--batch", "--login", *words]
    done = subprocess.run(run, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return [line for line in done.stdout.splitlines() if line.startswith("pkcs11:")]


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a SoftHSM with one token of an odd label, and two keys of odd names on it."""
    if P11TOOL is None or not MODULE.exists():
        pytest.skip("p11tool and SoftHSM are not installed here")
    folder = tmp_path_factory.mktemp("p11tool") / "softhsm"
    initialise_tokens(folder, [(LABEL, Pin("24681012"))])
    for name, key_id in ((OBJECT, ID.hex()), (PUNCTUATION, "02")):
        names = [f"--label={name}", f"--id={key_id}", "--outfile=/dev/null"]
        p11tool(folder, "--generate-privkey=ecdsa", "--curve=secp256r1", *names, write_token_uri(TokenUri(token=LABEL)))
    return folder


@pytest.mark.parametrize("detailed", [(), ("--detailed-url",)])
def test_what_p11tool_writes_is_read_and_written_to_the_byte(token: Path, detailed: tuple[str, ...]) -> None:
    """Token and keys, with all that it can say of them."""
    of_token = p11tool(token, "--list-token-urls", *detailed)
    of_keys = p11tool(token, "--list-all", "--only-urls", *detailed, write_token_uri(TokenUri(token=LABEL)))
    assert len(of_token) == 1
    assert {parse_token_uri(each).token for each in (*of_token, *of_keys)} == {LABEL}
    assert {(it.object, it.id) for it in map(parse_token_uri, of_keys)} == {(OBJECT, ID), (PUNCTUATION, b"\x02")}
    assert [write_token_uri(parse_token_uri(each)) for each in (*of_token, *of_keys)] == [*of_token, *of_keys]


@pytest.mark.parametrize(
    "uri",
    [
        TokenUri(token=LABEL, object=OBJECT, type="private"),
        TokenUri(token=LABEL, id=ID, type="private"),
        TokenUri(object=PUNCTUATION, type="private"),
        TokenUri(token="other", object=OBJECT),
        TokenUri(object="other"),
        TokenUri(id=b"\x01"),
    ],
)
def test_p11tool_finds_by_our_uris_what_we_find(token: Path, uri: TokenUri) -> None:
    """Both name the same keys."""
    every = p11tool(token, "--list-all", "--only-urls", write_token_uri(TokenUri(token=LABEL)))
    keys = [each for each in map(parse_token_uri, every) if each.type == (uri.type or each.type)]
    ours = [
        each
        for each in keys
        if uri.matches_token(**ann(each.token, each.serial, each.manufacturer, each.model))
        and uri.matches_key(label=each.object, key_id_hex=each.id.hex())
    ]
    theirs = map(parse_token_uri, p11tool(token, "--list-all", "--only-urls", write_token_uri(uri)))
    assert {(each.object, each.type) for each in ours} == {(each.object, each.type) for each in theirs}
