"""What a YubiKey tells of itself without a PIN: which device it is, and the state of its codes."""

from dataclasses import replace

from yubikit.core import YUBIKEY, NotSupportedError
from yubikit.core.smartcard import SW, ApduError
from yubikit.management import FORM_FACTOR, ManagementSession
from yubikit.piv import PinMetadata, PivSession
from yubikit.support import get_name

from hsm.device import DeviceInfo, PinState, Scheme
from hsm.shown import printable
from hsm.yubikey_link import Link

TOUCH_SECONDS = 15
"""How long every YubiKey waits for a touch."""
METADATA = (5, 3, 0)
"""The first firmware that tells of its codes and keys without being asked to use them."""
ED25519 = (5, 7, 0)
"""The first firmware with keys of this kind."""

_FACTORY_TRIES = 3
_FORMS = {
    FORM_FACTOR.USB_A_KEYCHAIN: "USB-A keychain",
    FORM_FACTOR.USB_A_NANO: "USB-A Nano",
    FORM_FACTOR.USB_C_KEYCHAIN: "USB-C keychain",
    FORM_FACTOR.USB_C_NANO: "USB-C Nano",
    FORM_FACTOR.USB_C_LIGHTNING: "USB-C and Lightning keychain",
    FORM_FACTOR.USB_A_BIO: "USB-A keychain with fingerprint reader",
    FORM_FACTOR.USB_C_BIO: "USB-C keychain with fingerprint reader",
}


def identify(link: Link, reader: str) -> tuple[PivSession, DeviceInfo]:
    """A session with the YubiKey in this reader, and what it tells of itself; no PIN is asked.

    Raises: PcscError; any error of yubikit where an answer is not what it should be.
    """
    found = ManagementSession(link).read_device_info()
    if found.serial is None:
        raise NotSupportedError("a YubiKey that hides its serial")
    session = PivSession(link)
    info = DeviceInfo(
        driver="yubikey",
        maker="Yubico",
        model=get_name(found, YUBIKEY.YK4),
        serial=str(found.serial),
        label="",
        firmware=str(found.version),
        pin=PinState(),
        schemes=_schemes(session),
        touch_seconds=TOUCH_SECONDS,
        found_in=printable(reader),
        form_factor=_FORMS.get(found.form_factor, ""),
    )
    return session, with_codes(session, info)


def with_codes(session: PivSession, info: DeviceInfo) -> DeviceInfo:
    """The same, with the state of PIN, PUK and management key as it is now; what the firmware hides is None.

    Raises: as `identify`.
    """
    return replace(
        info,
        pin=pin_state(session),
        puk=puk_state(session),
        is_management_key_default=is_management_key_default(session),
        knows_makers_pin=True,
    )


def once_verified(session: PivSession, info: DeviceInfo) -> DeviceInfo:
    """The same once the PIN was verified, after which firmware without metadata does not tell its tries any more.

    Raises: as `identify`.
    """
    if has_metadata(session):
        return with_codes(session, info)
    session.get_pin_attempts()  # of no use, but for a YubiKey that is not there any more
    return replace(info, pin=PinState())


def has_metadata(session: PivSession) -> bool:
    """Whether the firmware tells of its codes and keys."""
    return session.version >= METADATA


def pin_state(session: PivSession) -> PinState:
    """The state of the PIN.

    Raises: as `identify`.
    """
    if has_metadata(session):
        return _state(session.get_pin_metadata())
    # An older one tells the tries left, not how many there were, and once the PIN is verified not even that.
    left = session.get_pin_attempts()
    return PinState(attempts_left=left, is_low=left < _FACTORY_TRIES, is_final_try=left == 1, is_blocked=left == 0)


def puk_state(session: PivSession) -> PinState | None:
    """The state of the PUK; None for a YubiKey that has none, as those with a fingerprint reader.

    Raises: as `identify`.
    """
    if not has_metadata(session):
        return PinState()
    try:
        return _state(session.get_puk_metadata())
    except ApduError as error:
        if error.sw == SW.REFERENCE_DATA_NOT_FOUND:
            return None
        raise


def is_management_key_default(session: PivSession) -> bool | None:
    """Whether the management key is the maker's; None where the firmware does not say.

    Raises: as `identify`.
    """
    return session.get_management_key_metadata().default_value if has_metadata(session) else None


def _state(told: PinMetadata) -> PinState:
    left = told.attempts_remaining
    return PinState(
        attempts_left=left,
        is_low=left < told.total_attempts,
        is_final_try=left == 1,
        is_blocked=left == 0,
        is_default=told.default_value,
    )


def _schemes(session: PivSession) -> tuple[Scheme, ...]:
    ecdsa = (Scheme.P256, Scheme.P384)
    return (*ecdsa, Scheme.ED25519) if session.version >= ED25519 else ecdsa
