"""What the maker of a device says of one key, in certificates that the device hands out; kept in the roster."""

from dataclasses import dataclass

from ceremony.core.fields import VISIBLE, Table
from ceremony.core.strict_json import Json

_TEXT = rf"{VISIBLE}{{0,200}}"
_POLICY = r"[a-z ]{0,20}"
_CERTIFICATES_LIMIT = 6
_CERTIFICATE = r"[A-Za-z0-9+/]{16,5998}={0,2}"
"""One certificate in base64: 6000 letters at most."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """What the maker's certificates say of a key; nobody believes these fields alone.

    Whenever a roster comes in, the engine takes the facts from the certificates again, follows their chain, and
    compares: a stored fact is there to be read by people and rules, never instead of the certificates.
    `device` is "YubiKey" or "YubiHSM". `root` is the SHA-256 of the certificate that the chain ends in, in hex; `maker`
    is "" where the program does not know that root. `slot` is such as "9c", of a YubiHSM the object's id. The policies
    are "always" or something weaker, "" of a YubiHSM. `keyid` is the TUF keyid of the public key that is attested.
    `certificates` are base64 of DER, the key's own first, the root last.
    """

    maker: str
    root: str
    device: str
    serial: str
    firmware: str
    form_factor: str
    slot: str
    is_generated_inside: bool
    is_extractable: bool
    pin_policy: str
    touch_policy: str
    keyid: str
    certificates: tuple[str, ...]


def attestation_fields(found: Attestation) -> dict[str, Json]:
    """The attestation as the roster writes it."""
    return {
        "maker": found.maker,
        "root": found.root,
        "device": found.device,
        "serial": found.serial,
        "firmware": found.firmware,
        "form_factor": found.form_factor,
        "slot": found.slot,
        "is_generated_inside": found.is_generated_inside,
        "is_extractable": found.is_extractable,
        "pin_policy": found.pin_policy,
        "touch_policy": found.touch_policy,
        "keyid": found.keyid,
        "certificates": list(found.certificates),
    }


def read_attestation(table: Table) -> Attestation:
    """The attestation in this table of a roster; what cannot be read is a problem of the table."""
    return Attestation(
        maker=table.text("maker", _TEXT, "text"),
        root=table.text("root", r"[0-9a-f]{64}", "64 hex digits"),
        device=table.text("device", "YubiKey|YubiHSM", "YubiKey or YubiHSM"),
        serial=table.text("serial", _TEXT, "text"),
        firmware=table.text("firmware", _TEXT, "text"),
        form_factor=table.text("form_factor", _TEXT, "text"),
        slot=table.text("slot", r"[0-9a-f]{2,4}", "2 or 4 hex digits"),
        is_generated_inside=table.flag("is_generated_inside"),
        is_extractable=table.flag("is_extractable"),
        pin_policy=table.text("pin_policy", _POLICY, "a policy"),
        touch_policy=table.text("touch_policy", _POLICY, "a policy"),
        keyid=table.text("keyid", r"[0-9a-f]{64}", "64 hex digits"),
        certificates=table.lines("certificates", _CERTIFICATE, _CERTIFICATES_LIMIT, "certificates in base64"),
    )
