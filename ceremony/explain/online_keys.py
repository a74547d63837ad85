"""What an online key in a device or a service would not do, in words."""

from collections.abc import Mapping
from types import MappingProxyType

KEY_SCHEMES = ("file2:", "pkcs11:", "credential:", "awskms:", "gcpkms:", "azurekms:", "hsm:", "hv:", "gnupg:", "tkey:")
"""How the URI of an online key begins."""

UNKNOWN_KEY = (
    "The online key does not answer",
    (
        "Look whether its device or service is there and lets this machine in, by its maker's own tools; then try "
        "again. Nothing that was acknowledged is lost: whoever serves tries again by itself."
    ),
)

KEY_REASONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "UnsupportedLibraryError": (
            "What this kind of online key needs is not installed",
            (
                "Install it into this program's environment, such as by `.venv-signer/bin/pip install "
                "'securesystemslib[awskms]'`, or `python-pkcs11` for a pkcs11: URI; then try again."
            ),
        ),
        "DeviceBusyError": (
            "Another program has opened the device of the online key",
            (
                "Close it: perhaps it is a `ceremony-online serve` for the same key. Then try again. Nothing that was "
                "acknowledged is lost."
            ),
        ),
        "ENOENT": (
            "The online key is not where it was",
            (
                "Put its file back, from wherever it was moved to; then try again. Nothing that was acknowledged is "
                "lost. If there is no other copy: `ceremony-online rotate-key --lost`, and a ceremony that names the "
                "next key."
            ),
        ),
        "ENODEV": (
            "The device of the online key is not there",
            (
                "Plug it in, or put right the URI that `ceremony-online status --json` shows as key_uri; then try "
                "again. Nothing that was acknowledged is lost."
            ),
        ),
        "ENOTUNIQ": (
            "Several devices are named like that of the online key",
            "Unplug the others, or name a serial number too, as in pkcs11:token=NAME;serial=NUMBER; then try again.",
        ),
    }
)
"""The reason, or the error of its maker -> a title, and what to do now."""
