"""A YubiKey 5 that is not there: it answers what the hardware does over USB, and tests move the finger on it."""

from fakes.virtual_yubikey.authority import YubicoLikeAuthority
from fakes.virtual_yubikey.card import VirtualYubiKey
from fakes.virtual_yubikey.touch import Pulled, Touch

__all__ = ["Pulled", "Touch", "VirtualYubiKey", "YubicoLikeAuthority"]
