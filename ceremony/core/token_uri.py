"""PKCS#11 URIs (RFC 7512): how a plan names a token and a key on it; the scheme is written in small letters.

No PIN ever stands in a URI, nor the place where one could be found. A value that is empty, or that nobody could see,
names nothing and is refused too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from ceremony.core.device_kinds import plain_serial
from ceremony.core.fields import VISIBLE

SCHEME = "pkcs11:"
_LENGTH_LIMIT = 1000

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_IN_PATH = re.compile(r"(?:[A-Za-z0-9._~:\[\]@!$'()*+,=&-]|%[0-9A-Fa-f]{2})+")
_IN_QUERY = re.compile(r"(?:[A-Za-z0-9._~:\[\]@!$'()*+,=/?|-]|%[0-9A-Fa-f]{2})+")
_PLAIN = re.compile(rf"{VISIBLE}{{1,200}}")

_OF_TOKENS = ("model", "manufacturer", "serial", "token")
_OF_KEYS = ("id", "object", "type")
_FORMS = {
    "type": re.compile("public|private|cert|secret-key|data"),
    "slot-id": re.compile(r"[0-9]{1,20}"),
    "library-version": re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3})?"),
}
_PINS = ("pin-value", "pin-source")
_MODULES = ("module-name", "module-path")
_KNOWN = {*_OF_TOKENS, *_OF_KEYS, *_PINS, *_MODULES, *_FORMS}


@dataclass(frozen=True, slots=True)
class TokenUri:
    """What a PKCS#11 URI says of a token and of an object on it; "" for what it does not say.

    `beside` is what else its path says, of slots, of libraries, or in a vendor's own words; `modules` is what its query
    says of modules: both as names and values.
    """

    token: str = ""
    manufacturer: str = ""
    serial: str = ""
    model: str = ""
    object: str = ""
    type: str = ""
    id: bytes = b""
    beside: tuple[tuple[str, str], ...] = ()
    modules: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The names of the attributes that it has."""
        own = (name for name in (*_OF_TOKENS, *_OF_KEYS) if getattr(self, name))
        return frozenset((*own, *(name for name, _value in (*self.beside, *self.modules))))

    def matches_token(self, *, label: str, serial: str, manufacturer: str, model: str) -> bool:
        """Whether it names this token; a URI that also says what nobody here can compare names none.

        Spec: RFC 7512, 2.5.
        """
        serials = (plain_serial(self.serial), plain_serial(serial))
        pairs = ((self.token, label), serials, (self.manufacturer, manufacturer), (self.model, model))
        return not self.beside and all(wanted in {"", found} for wanted, found in pairs)

    def matches_key(self, *, label: str, key_id_hex: str) -> bool:
        """Whether it names the key pair of this label and id on its token.

        Spec: RFC 7512, 2.5.
        """
        is_pair = self.type in {"", "private", "public"}
        return not self.beside and is_pair and self.object in {"", label} and self.id.hex() in {"", key_id_hex.lower()}


def parse_token_uri(text: str) -> TokenUri:
    """The URI in this text; what its query says beside modules is ignored.

    Raises: ValueError with the reason, which repeats no value.   Spec: RFC 7512, 2.3.
    """
    if not text.startswith(SCHEME):
        raise ValueError("no pkcs11: at its beginning")
    if len(text) > _LENGTH_LIMIT:
        raise ValueError(f"more than {_LENGTH_LIMIT} letters")
    path, _mark, query = text.removeprefix(SCHEME).partition("?")
    said = dict(_attributes(path, ";", _IN_PATH))
    asked = dict(_attributes(query, "&", _IN_QUERY))
    pins = [name for name in _PINS if name in {**said, **asked}]
    if pins:
        raise ValueError(f"{pins[0]}: no PIN ever stands in a URI, nor where to find one")
    return _uri({name: _value(name, found) for name, found in said.items()}, asked)


def write_token_uri(uri: TokenUri) -> str:
    """The URI as text, every letter encoded that could be taken for something else; parsing it gives `uri` again."""
    own = [(name, getattr(uri, name)) for name in (*_OF_TOKENS, *_OF_KEYS) if getattr(uri, name)]
    path = ";".join(f"{name}={_encoded(value)}" for name, value in (*uri.beside, *own))
    query = "&".join(f"{name}={_encoded(value)}" for name, value in uri.modules)
    return SCHEME + path + (f"?{query}" if query else "")


def names_device(wanted: str, *, serial: str, label: str, maker: str, model: str) -> bool:
    """Whether `wanted` names this device: by its serial, or by a PKCS#11 URI; "" names any."""
    if not wanted.startswith(SCHEME):
        return plain_serial(wanted) in {"", plain_serial(serial)}
    try:
        return parse_token_uri(wanted).matches_token(label=label, serial=serial, manufacturer=maker, model=model)
    except ValueError:
        return False


def names_key(wanted: str, *, label: str, key_id: str) -> bool:
    """Whether `wanted` names this key: by its label, or by a PKCS#11 URI; "" names any. `key_id` is in hex."""
    if not wanted.startswith(SCHEME):
        return wanted in {"", label}
    try:
        return parse_token_uri(wanted).matches_key(label=label, key_id_hex=key_id)
    except ValueError:
        return False


def _attributes(text: str, separator: str, allowed: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for part in text.split(separator) if text else ():
        name, _equals, value = part.partition("=")
        if not _NAME.fullmatch(name):
            raise ValueError("an attribute without a name")
        if name in seen:
            raise ValueError(f"{_called(name)} twice")
        if not allowed.fullmatch(value):
            raise ValueError(
                f"{_called(name)} with no value, or with letters that have to be written with a percent sign"
            )
        seen.add(name)
        yield name, value


def _called(name: str) -> str:
    # A name that nobody knows is not repeated: it may be a PIN that went astray.
    return name if name in _KNOWN else "an attribute"


def _value(name: str, found: str) -> bytes:
    decoded = unquote_to_bytes(found)
    if name == "id":
        return decoded
    try:
        text = decoded.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} that is no text in UTF-8") from error
    if not _PLAIN.fullmatch(text):
        raise ValueError(f"{name} with letters that nobody can see, or more than 200")
    if name in _FORMS and not _FORMS[name].fullmatch(text):
        raise ValueError(f"{name} that is none")
    return decoded


def _uri(said: dict[str, bytes], asked: dict[str, str]) -> TokenUri:
    texts = {name: value.decode() for name, value in said.items() if name != "id"}
    own = {name: texts.get(name, "") for name in (*_OF_TOKENS, "object", "type")}
    beside = tuple(sorted((name, value) for name, value in texts.items() if name not in own))
    modules = tuple((name, _value(name, asked[name]).decode()) for name in _MODULES if name in asked)
    return TokenUri(**own, id=said.get("id", b""), beside=beside, modules=modules)


def _encoded(value: str | bytes) -> str:
    if isinstance(value, bytes):
        return "".join(f"%{byte:02X}" for byte in value)
    return quote(value, safe="").replace("~", "%7E")
