"""What a device is by its own word: its maker and model, as any PKCS#11 module tells them, and its serial."""

import re

DRIVERS = ("pkcs11", "yubikey", "software")
"""The ways to reach a device that this program has."""

_SOFT_MAKERS = ("softhsm", "kryoptic", "mozilla")
_SOFT_MODELS = ("softhsm", "nss ")
_EMULATED_MODEL = "pkcs#15 emulated"
_PIV_CARD = "piv_ii"


def is_software(driver: str, maker: str, model: str) -> bool:
    """Whether keys there are known to lie in files: the software driver, SoftHSM, NSS, kryoptic, opencryptoki's Soft.

    Nothing more can be told from names: the emulator of a TPM calls itself what a TPM does.
    """
    made, kind = maker.strip().casefold(), model.strip().casefold()
    is_known = made.startswith(_SOFT_MAKERS) or kind.startswith(_SOFT_MODELS)
    return driver == "software" or is_known or (made.startswith("ibm") and kind == "soft")


def is_emulated(driver: str, maker: str, model: str) -> bool:
    """Whether a module only makes a card look like a token, as OpenSC does with PIV cards.

    Such a card says nothing of where its keys come from, and the module says the best of all of them.
    """
    made, kind = maker.strip().casefold(), model.strip().casefold()
    return driver == "pkcs11" and (made == _PIV_CARD or kind.startswith(_EMULATED_MODEL))


def plain_serial(serial: str) -> str:
    """The serial in the one form in which serials are compared: of a number without the zeros before it.

    One device has one serial, but its certificates, its drivers and people write different numbers of zeros.
    """
    return (serial.lstrip("0") or "0") if re.fullmatch("[0-9]+", serial) else serial
