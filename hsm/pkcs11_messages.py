"""What we ask of a module's process, and what it answers: plain records, each request with the kind of its answer."""

from dataclasses import dataclass
from typing import Generic, TypeVar, cast, get_args

from hsm.device import Pin, Scheme

Reply = TypeVar("Reply")


@dataclass(frozen=True, slots=True)
class Request(Generic[Reply]):
    """The family of requests; each names the kind of its answer."""

    @classmethod
    def answer(cls) -> type[Reply]:
        """The kind of record that answers it."""
        (base,) = cls.__orig_bases__  # type: ignore[attr-defined] # Generic keeps it, typeshed does not say so
        return cast("type[Reply]", get_args(base)[0])


# Answers


@dataclass(frozen=True, slots=True)
class Refused:
    """The act failed: `code` is the module's answer by its name in the standard, or a word of `hsm.pkcs11_trouble`.

    Of the token that the act was for it tells whether it is still there, and its flags just afterwards.
    """

    code: str
    is_present: bool = False
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """The act is done, and there is nothing to tell."""


@dataclass(frozen=True, slots=True)
class TokenName:
    """What a token is found by at each act, never by its slot."""

    serial: str
    label: str


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What a token says of itself; the lengths of PINs are in bytes, `schemes` what it can sign with."""

    name: TokenName
    maker: str
    model: str
    firmware: str
    flags: int
    schemes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SlotFacts:
    """A slot that has a token, or that failed with `fault`."""

    description: str
    token: TokenFacts | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class SlotList:
    """Every slot that has something to tell, in the order of the module."""

    slots: tuple[SlotFacts, ...]


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """One key: its public half as raw attributes, b"" for each that it does not have, and what is said of its secret.

    A boolean is None where the token does not say, and for whatever is told of a private half that was not looked at.
    """

    key_id: bytes
    label: str
    parameters: bytes
    point: bytes
    modulus: bytes
    exponent: bytes
    is_local: bool | None
    is_extractable: bool | None
    is_always_authenticated: bool | None


@dataclass(frozen=True, slots=True)
class KeyList:
    """Keys in the order of the token."""

    keys: tuple[KeyFacts, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A token is unlocked, under a number that later requests name."""

    login: int
    token: TokenFacts


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature as the token gave it."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class CertificateList:
    """X.509 certificates in DER, in the order of the token."""

    certificates: tuple[bytes, ...]


# Requests


@dataclass(frozen=True, slots=True)
class Start(Request[Done]):
    """The module is loaded."""

    module: str


@dataclass(frozen=True, slots=True)
class ListSlots(Request[SlotList]):
    """Which tokens are there; slots whose description has `skipped` in it, in any case, are not looked into."""

    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Describe(Request[TokenFacts]):
    """What the token says of itself now."""

    token: TokenName


@dataclass(frozen=True, slots=True)
class ListPublicKeys(Request[KeyList]):
    """The keys whose public half can be read without a PIN."""

    token: TokenName


@dataclass(frozen=True, slots=True)
class SetPin(Request[Done]):
    """The token's PIN is a new one."""

    token: TokenName
    current: Pin
    new: Pin


@dataclass(frozen=True, slots=True)
class Unlock(Request[Opened]):
    """The token is unlocked by one try of a PIN; None where it is typed on the token itself."""

    token: TokenName
    pin: Pin | None


@dataclass(frozen=True, slots=True)
class Lock(Request[Done]):
    """The token is locked again and its PIN forgotten."""

    login: int


@dataclass(frozen=True, slots=True)
class ListKeys(Request[KeyList]):
    """The keys whose two halves are on the token."""

    login: int


@dataclass(frozen=True, slots=True)
class Generate(Request[KeyFacts]):
    """A new key, made inside the token, under a label that was free."""

    login: int
    label: str
    scheme: Scheme


@dataclass(frozen=True, slots=True)
class Sign(Request[Signed]):
    """The signature of the whole message by the key with this id."""

    login: int
    key_id: bytes
    scheme: Scheme
    message: bytes


@dataclass(frozen=True, slots=True)
class ListCertificates(Request[CertificateList]):
    """The certificates on the token."""

    login: int


REQUESTS = (
    Start,
    ListSlots,
    Describe,
    ListPublicKeys,
    SetPin,
    Unlock,
    Lock,
    ListKeys,
    Generate,
    Sign,
    ListCertificates,
)
