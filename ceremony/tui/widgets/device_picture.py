"""A small picture of the kind of device, so that people look for the right thing on the table."""

from collections.abc import Mapping
from types import MappingProxyType

from ceremony.tui.widgets.device_words import is_yubikey
from hsm import DeviceInfo

PICTURE_WIDTH = 16
ICON_WIDTH = 7

# Only lines that a Linux console has, too: the offline machine may show nothing else.
_PICTURES: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "usb-a": (
            "┌────┬────────┐ ",
            "│ == │  (O)  o│ ",
            "└────┴────────┘ ",
        ),
        "usb-c": (
            "     ┌────────┐ ",
            " (===│  (O)  o│ ",
            "     └────────┘ ",
        ),
        "lightning": (
            "   ┌───────┐    ",
            "(==│=  o  =│==> ",
            "   └───────┘    ",
        ),
        "usb-a nano": (
            "     ┌────┬┐    ",
            "     │ == │║    ",
            "     └────┴┘    ",
        ),
        "usb-c nano": (
            "       ┌─┐      ",
            "   (===│ ║      ",
            "       └─┘      ",
        ),
        "card": (
            "┌─────────────┐ ",
            "│ [#]         │ ",
            "└─────────────┘ ",
        ),
        "pad": (
            "┌─────────────┐ ",
            "│ [____] 1 2 3│ ",
            "└────────4─5─6┘ ",
        ),
        "token": (
            "┌─────────────┐ ",
            "│ :::   HSM  *│ ",
            "└─────────────┘ ",
        ),
        "file": (
            "┌─────────┐\\    ",
            "│ 0110 101 │    ",
            "└──────────┘    ",
        ),
    }
)

_ICONS: Mapping[str, str] = MappingProxyType(
    {
        "usb-a": "[==|O ]",
        "usb-c": "(==|O ]",
        "lightning": "(=|O|=>",
        "usb-a nano": "[==|]  ",
        "usb-c nano": "(==|]  ",
        "card": "[#    ]",
        "pad": "[_|123]",
        "token": "[::HSM]",
        "file": "[file] ",
    }
)

_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "usb-a": "a YubiKey with a USB-A plug",
        "usb-c": "a YubiKey with a USB-C plug",
        "lightning": "a YubiKey with a USB-C and a Lightning plug",
        "usb-a nano": "a YubiKey nano with a USB-A plug",
        "usb-c nano": "a YubiKey nano with a USB-C plug",
        "card": "a smart card",
        "pad": "a device with a PIN pad",
        "token": "an HSM or a token",
        "file": "a file on this disk, for practice only",
    }
)


def picture_of(device: DeviceInfo) -> tuple[str, str, str]:
    """Three lines of PICTURE_WIDTH cells each."""
    return _PICTURES[_kind(device)]


def icon_of(device: DeviceInfo) -> str:
    """The same in one line of ICON_WIDTH cells."""
    return _ICONS[_kind(device)]


def kind_of(device: DeviceInfo) -> str:
    """What the picture shows, in words."""
    return _NAMES[_kind(device)]


def _kind(device: DeviceInfo) -> str:
    if device.driver == "software":
        return "file"
    if device.has_pin_pad:
        return "pad"
    form = device.form_factor.casefold()
    if is_yubikey(device):
        plug = "usb-c" if "usb-c" in form else "usb-a"
        return "lightning" if "lightning" in form else f"{plug} nano" if "nano" in form else plug
    return "card" if "card" in f"{device.model} {form}".casefold() else "token"
