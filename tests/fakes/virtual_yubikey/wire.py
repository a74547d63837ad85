"""What Yubico's library takes for a USB port with a key in it. Whoever imports this module needs that library."""

from fakes.virtual_yubikey.card import VirtualYubiKey
from yubikit.core import TRANSPORT
from yubikit.core.smartcard import SmartCardConnection


class Wire(SmartCardConnection):
    """A connection to a virtual key, without any reader between."""

    transport = TRANSPORT.USB

    def __init__(self, key: VirtualYubiKey) -> None:
        self._key = key

    def close(self) -> None:
        """Nothing is open."""

    def send_and_receive(self, apdu: bytes) -> tuple[bytes, int]:
        """Data and status word.   Raises: Pulled."""
        answer = self._key.transmit(apdu)
        return answer[:-2], int.from_bytes(answer[-2:], "big")
