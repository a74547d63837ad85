"""What GET METADATA tells, from firmware 5.3 on."""

from fakes.virtual_yubikey.algorithms import public_bytes
from fakes.virtual_yubikey.codes import Code
from fakes.virtual_yubikey.management_key import ManagementKey
from fakes.virtual_yubikey.slots import SlotKey
from fakes.virtual_yubikey.tlv import tlv

ALGORITHM, POLICY, ORIGIN, PUBLIC_KEY, IS_DEFAULT, RETRIES = range(1, 7)
NO_ALGORITHM = 0xFF
GENERATED, IMPORTED = 1, 2


def metadata_of_code(code: Code) -> bytes:
    """Whether PIN or PUK is the default one, and the tries it has in all and now."""
    return (
        tlv(ALGORITHM, bytes([NO_ALGORITHM]))
        + tlv(IS_DEFAULT, bytes([code.is_default]))
        + tlv(RETRIES, bytes([code.tries, code.left]))
    )


def metadata_of_management_key(key: ManagementKey) -> bytes:
    """The cipher, the touch policy, and whether it is the default one."""
    return (
        tlv(ALGORITHM, bytes([key.kind]))
        + tlv(POLICY, bytes([0, key.touch]))
        + tlv(IS_DEFAULT, bytes([key.is_default]))
    )


def metadata_of_key(key: SlotKey) -> bytes:
    """Algorithm, policies, origin and public key."""
    return (
        tlv(ALGORITHM, bytes([key.algorithm]))
        + tlv(POLICY, bytes([key.pin_policy, key.touch_policy]))
        + tlv(ORIGIN, bytes([GENERATED if key.is_generated else IMPORTED]))
        + tlv(PUBLIC_KEY, public_bytes(key.private.public_key()))
    )
