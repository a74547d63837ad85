"""One connection to the YubiKey in a PC/SC reader, which nobody shares; nothing that passes over it is logged."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from smartcard import scard
from yubikit.core import TRANSPORT, BadResponseError
from yubikit.core.smartcard import SmartCardConnection

_YUBIKEY = "yubico yubikey"
_CONTINUE = 0xC0
_LONGEST_CHAIN = 64  # no answer of a YubiKey has more parts; one that goes on for ever is cut off
_STATUS_BYTES = 2
# When a card is disconnected libpcsclite looks through its contexts without the lock it has for them, and crashes if
# another thread makes or frees one at that moment (SCardRemoveHandle; in all versions to 2.5).
_CONTEXTS = threading.Lock()
_WORD = 0xFFFFFFFF  # whether such a number has a sign depends on how pyscard was built


class PcscError(Exception):
    """PC/SC refused; `code` is the name it has for that, such as "SCARD_E_NO_SERVICE"."""

    def __init__(self, number: int) -> None:
        super().__init__(_NAMES.get(number & _WORD, f"0x{number & _WORD:08X}"))

    @property
    def code(self) -> str:
        """The name, or the number in hex where it has none."""
        return str(self.args[0])


def is_yubikey(reader: str) -> bool:
    """Whether a reader of this name, or a PKCS#11 slot of this description, is a YubiKey."""
    return _YUBIKEY in reader.lower()


def readers() -> tuple[str, ...]:
    """The names of the readers that are YubiKeys, each of which is a device plugged in now.

    Raises: PcscError.
    """
    with _context() as context:
        number, names = scard.SCardListReaders(context, [])
    if number == scard.SCARD_E_NO_READERS_AVAILABLE:
        return ()
    _check(number)
    return tuple(name for name in names if is_yubikey(name))


class Link(SmartCardConnection):
    """A connection that no other program can share; closing it resets the YubiKey, which forgets what was proved to it.

    ykman's own connection is not used: it kills other programs (gpg's scdaemon) to get at a YubiKey, and logs what
    passes, PINs too.
    """

    def __init__(self, reader: str) -> None:
        """Connected.

        Raises: PcscError.
        """
        self._context = _establish()
        protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        number, self._card, protocol = scard.SCardConnect(self._context, reader, scard.SCARD_SHARE_EXCLUSIVE, protocols)
        if number != scard.SCARD_S_SUCCESS:
            _release(self._context)
            raise PcscError(number)
        self._header = scard.SCARD_PCI_T0 if protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
        self._is_open = True
        self._parts = 0

    @property
    def transport(self) -> TRANSPORT:
        """USB: a reader that bears the name of a YubiKey is the YubiKey itself."""
        return TRANSPORT.USB

    def send_and_receive(self, apdu: bytes) -> tuple[bytes, int]:
        """The data and the status word of the answer.

        Raises: PcscError; BadResponseError.
        """
        self._parts = self._parts + 1 if apdu[1] == _CONTINUE else 0
        if self._parts > _LONGEST_CHAIN:
            raise BadResponseError("an answer without an end")
        if not self._is_open:
            raise PcscError(scard.SCARD_E_INVALID_HANDLE)
        number, answer = scard.SCardTransmit(self._card, self._header, list(apdu))
        _check(number)
        if len(answer) < _STATUS_BYTES:
            raise PcscError(scard.SCARD_E_NOT_TRANSACTED)  # some drivers say nothing when the card is pulled out
        received = bytes(each & 0xFF for each in answer)
        return received[:-_STATUS_BYTES], int.from_bytes(received[-_STATUS_BYTES:])

    def close(self) -> None:
        """Closed, whether the YubiKey and PC/SC are still there or not; closing twice does nothing."""
        if self._is_open:
            self._is_open = False
            with _CONTEXTS:
                scard.SCardDisconnect(self._card, scard.SCARD_RESET_CARD)
            _release(self._context)


_REFUSALS = ("SCARD_E_", "SCARD_F_", "SCARD_W_")
_NAMES = {getattr(scard, name) & _WORD: name for name in dir(scard) if name.startswith(_REFUSALS)}


@contextmanager
def _context() -> Iterator[object]:
    context = _establish()
    try:
        yield context
    finally:
        _release(context)


def _establish() -> object:
    with _CONTEXTS:
        number, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _check(number)
    return context


def _release(context: object) -> None:
    with _CONTEXTS:
        scard.SCardReleaseContext(context)


def _check(number: int) -> None:
    if number != scard.SCARD_S_SUCCESS:
        raise PcscError(number)
