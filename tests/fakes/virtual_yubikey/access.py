"""The locks of PIV: PIN, PUK and management key, each with the commands that prove or change it."""

from fakes.virtual_yubikey.apdu import Command, Status, StatusError
from fakes.virtual_yubikey.codes import DEFAULT_PIN, DEFAULT_PUK, TRIES, Code, one, two
from fakes.virtual_yubikey.device import Firmware
from fakes.virtual_yubikey.management_key import DEFAULT, Handshake, Kind, ManagementKey
from fakes.virtual_yubikey.security import Security
from fakes.virtual_yubikey.slots import TouchPolicy
from fakes.virtual_yubikey.tlv import only, tlv

PIN_REFERENCE, PUK_REFERENCE, MANAGEMENT_REFERENCE = 0x80, 0x81, 0x9B
DYNAMIC, WITNESS, CHALLENGE, RESPONSE = 0x7C, 0x80, 0x81, 0x82
TOUCH_BY_P2 = {0xFF: TouchPolicy.NEVER, 0xFE: TouchPolicy.ALWAYS}
LOGOUT, LOGOUT_SINCE = 0xFF, (5, 4, 3)
AES_SINCE, AES_BY_DEFAULT_SINCE = (5, 4, 0), (5, 7, 0)


class Access:
    """The locks of one device; what they let happen is in `security`."""

    def __init__(self, firmware: Firmware, security: Security) -> None:
        self._firmware = firmware
        self._security = security
        self.pin = Code(DEFAULT_PIN)
        self.puk = Code(DEFAULT_PUK)
        self.management_key = self._default_management_key()

    def reset(self) -> None:
        """Every lock is as it left the factory.   Raises: StatusError (CONDITIONS) unless PIN and PUK are blocked."""
        if self.pin.left or self.puk.left:
            raise StatusError(Status.CONDITIONS)
        self.pin.reset(TRIES)
        self.puk.reset(TRIES)
        self.management_key = self._default_management_key()
        self._security.forget()

    def verify(self, command: Command) -> bytes:
        """The PIN is verified; without data nothing is, and the answer says whether it was and what tries are left."""
        if command.p2 != PIN_REFERENCE:
            raise StatusError(Status.REFERENCE_NOT_FOUND)
        if command.p1:
            return self._log_out(command)
        if not command.data:
            return self._query()
        self._check(self.pin, one(command.data))
        self._security.set_pin(is_verified=True)
        return b""

    def change(self, command: Command) -> bytes:
        """PIN or PUK is another, for whoever knows the one it was."""
        code = {PIN_REFERENCE: self.pin, PUK_REFERENCE: self.puk}.get(command.p2)
        if code is None or command.p1:
            raise StatusError(Status.WRONG_P1P2)
        old, new = two(command.data)
        self._check(code, old)
        code.change(new)
        return b""

    def unblock(self, command: Command) -> bytes:
        """The PIN is another, for whoever knows the PUK."""
        if (command.p1, command.p2) != (0, PIN_REFERENCE):
            raise StatusError(Status.WRONG_P1P2)
        puk, new = two(command.data)
        self._check(self.puk, puk)
        self.pin.change(new)
        return b""

    def set_tries(self, command: Command) -> bytes:
        """PIN and PUK have so many tries; both are the default ones, and the PIN is to be verified anew."""
        self._security.need_management()
        self._security.need_pin()
        if not command.p1 or not command.p2:
            raise StatusError(Status.INCORRECT_PARAMETERS)
        self.pin.reset(command.p1)
        self.puk.reset(command.p2)
        self._security.set_pin(is_verified=False)
        return b""

    def set_management_key(self, command: Command) -> bytes:
        """The management key is another."""
        self._security.need_management()
        if command.p1 != LOGOUT or command.p2 not in TOUCH_BY_P2:
            raise StatusError(Status.WRONG_P1P2)
        number, value = command.data[:1], only(MANAGEMENT_REFERENCE, command.data[1:])
        kind = next((each for each in Kind if number == bytes([each])), None)
        if kind is None or (kind is not Kind.TDES and self._firmware < AES_SINCE):
            raise StatusError(Status.INCORRECT_PARAMETERS)
        self.management_key = ManagementKey(kind, value, TOUCH_BY_P2[command.p2])
        return b""

    def authenticate(self, number: int, parts: dict[int, bytes]) -> bytes:
        """The first step is answered with something secret; the second one proves that the host has the key."""
        key = self.management_key
        if (number or Kind.TDES) != key.kind:
            raise StatusError(Status.INCORRECT_PARAMETERS)
        opened, self._security.handshake = self._security.handshake, None
        if parts in ({WITNESS: b""}, {CHALLENGE: b""}):
            self._security.handshake = opened = Handshake(key)
            return _dynamic(WITNESS, opened.encrypted) if WITNESS in parts else _dynamic(CHALLENGE, opened.plain)
        if opened is None:
            raise StatusError(Status.CONDITIONS)
        if set(parts) == {WITNESS, CHALLENGE}:
            answer = _dynamic(RESPONSE, key.encrypt(parts[CHALLENGE]))
            self._prove(is_right=opened.is_witnessed_by(parts[WITNESS]))
            return answer
        self._prove(is_right=opened.is_answered_by(parts.get(RESPONSE, b"")))
        return b""

    def _default_management_key(self) -> ManagementKey:
        """The key of the factory, under the cipher of this firmware."""
        kind = Kind.TDES if self._firmware < AES_BY_DEFAULT_SINCE else Kind.AES192
        return ManagementKey(kind, DEFAULT, TouchPolicy.NEVER)

    def _log_out(self, command: Command) -> bytes:
        """The PIN is not verified any more, and no try is lost."""
        if command.p1 != LOGOUT or command.data or self._firmware < LOGOUT_SINCE:
            raise StatusError(Status.WRONG_P1P2)
        self._security.set_pin(is_verified=False)
        return b""

    def _query(self) -> bytes:
        """The PIN is verified.   Raises: StatusError (BLOCKED, or the tries left)."""
        self._security.is_pin_fresh = False
        if not self._security.is_pin_verified:
            raise StatusError(self.pin.status if self.pin.left else Status.BLOCKED)
        return b""

    def _check(self, code: Code, value: bytes) -> None:
        """The value is right; a wrong PIN ends what the right one had begun.   Raises: StatusError."""
        try:
            code.check(value)
        except StatusError:
            if code is self.pin:
                self._security.set_pin(is_verified=False)
            raise

    def _prove(self, *, is_right: bool) -> None:
        """The management key is proved.   Raises: StatusError (SECURITY) if it is not, or nobody touches; Pulled."""
        self._security.is_managed = False
        if not is_right:
            raise StatusError(Status.SECURITY)
        self._security.need_touch(self.management_key.touch)
        self._security.is_managed = True


def _dynamic(tag: int, value: bytes) -> bytes:
    """One value of an authentication."""
    return tlv(DYNAMIC, tlv(tag, value))
