"""The certificates that Yubico vouches with, by their SHA-256: the certificates themselves are Yubico's to publish.

Each digest was computed from the file that Yubico publishes at its place (docs/adr/0008-attestation-pins.md).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MAKER = "Yubico"
YUBIKEY, YUBIHSM = "YubiKey", "YubiHSM"
_PKI = "developers.yubico.com/PKI/"
_INTERMEDIATES = _PKI + "yubico-intermediate.pem"
_HSM = "developers.yubico.com/YubiHSM2/Concepts/"


@dataclass(frozen=True, slots=True)
class Kind:
    """What the certificates of one kind of device are called: that of an attested key, and that of a device."""

    key_name: re.Pattern[str]
    device_name: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Pin:
    """A certificate that is believed because of its digest: SHA-256 of the DER, in hex.

    `place` is where Yubico publishes it; `vouches_for` is the kind of device to whose certificates it is next above,
    "" where only authorities come below it.
    """

    digest: str
    name: str
    place: str
    vouches_for: str = ""


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        YUBIKEY: Kind(
            re.compile(r"YubiKey PIV Attestation (9[acde]|8[2-9a-f]|9[0-5])"),
            re.compile(r"(Yubico|YubiKey) PIV Attestation"),
        ),
        YUBIHSM: Kind(
            re.compile(r"YubiHSM Attestation id:0x([0-9a-f]{4})"),
            re.compile(r"YubiHSM Attestation (?!id).+"),
        ),
    }
)
"""The kinds of device; the first group of `key_name` is the slot, or the object id."""

PINS = (
    Pin(
        "62760c6a6ef91679f454c8902b80fd009825b3f25da90f1fbace2ec6586cd5a8",
        "Yubico Attestation Root 1",
        _PKI + "yubico-ca-1.pem",
    ),
    Pin(
        "4698a1d3389c3ec60016c216250f1d0439922832d65142327436376dc2942b55",
        "Yubico Attestation Intermediate A 1",
        _INTERMEDIATES,
    ),
    Pin(
        "d4cc3f456fdaf4e7812a21aab1dfe9d8e27d24e2fd2d6f21c9940109f0daa754",
        "Yubico Attestation Intermediate B 1",
        _INTERMEDIATES,
    ),
    Pin(
        "6de693f05376f5d8ca29069261e1c8626c75d503bd2edbfd75354cad1f722870",
        "Yubico PIV Attestation A 1",
        _INTERMEDIATES,
        YUBIKEY,
    ),
    Pin(
        "2d55b7998f4e42569d6d8fa382b6dc77d1dacf07358b19701163892922b17052",
        "Yubico PIV Attestation B 1",
        _INTERMEDIATES,
        YUBIKEY,
    ),
    Pin(
        "0c90b7d184a36edf50a35f9be935f0c5689bfdcfe5bdd073366cafb49061a440",
        "Yubico PIV Attestation B2 1",
        _INTERMEDIATES,
        YUBIKEY,
    ),
    Pin(
        "77d88e6363149ad6ba58a2ca1b8b407206ec57e7537c16cefbbc5edc39efb8e1",
        "YubiHSM Attestation B2 1",
        _INTERMEDIATES,
        YUBIHSM,
    ),
    Pin(
        "63ece914e54dd87915f34033c85af4c0696ba1512f8add66ced738331207b546",
        "Yubico PIV Root CA Serial 263751",
        _PKI + "yubico-piv-ca-1.pem",
        YUBIKEY,
    ),
    Pin(  # the same key, in the certificate published before September 2018
        "7e996a28e3055223733c9aec897900eda9b746e3e15d419556ac6a1179879a50",
        "Yubico PIV Root CA Serial 263751",
        "developers.yubico.com/PIV/Introduction/piv-attestation-ca-old.pem",
        YUBIKEY,
    ),
    Pin(  # some YubiKey 4 of 2017 and 2018 were made under it, by a mistake of the factory
        "0fa1386f80eb8713263ae5c1d84deb455bdf08aea50ab05503cefee82b092d42",
        "Yubico U2F Root CA Serial 457200631",
        _PKI + "yubico-ca-certs.txt",
        YUBIKEY,
    ),
    Pin(
        "094a3ac493c2bdcd65a54bdf40190f52bb03f7156397a3fc69d8aa9a392fb724",
        "Yubico YubiHSM Root CA",
        _HSM + "yubihsm2-attest-ca-crt.pem",
    ),
    Pin(
        "d7c6d8f45208e2a53996fb5a8f4d631b33ebabb64956b37b2ac151fbdbaf4ae9",
        "Yubico YubiHSM 6742036 Sub-CA",
        _HSM + "E45DA5F361B091B30D8F2C6FA040DB6FEF57918E.pem",
        YUBIHSM,
    ),
)
"""Every certificate above those of devices; of two that would do, the one that stands first is taken."""


def pin_of(digest: str) -> Pin | None:
    """The pin of the certificate with this digest, None where there is none."""
    return next((pin for pin in PINS if pin.digest == digest), None)


def rank_of(digest: str) -> int:
    """Where the certificate with this digest stands among the pins; behind them all where there is no pin."""
    return next((rank for rank, pin in enumerate(PINS) if pin.digest == digest), len(PINS))


def place_of(name: str) -> str:
    """Where Yubico publishes the certificate of this name, "" for a name that is none of theirs."""
    return next((pin.place for pin in PINS if pin.name == name), "")
