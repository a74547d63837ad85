"""The PIV application: each instruction, and since which firmware it is there."""

from collections.abc import Callable

from fakes.virtual_yubikey.access import (
    CHALLENGE,
    DYNAMIC,
    MANAGEMENT_REFERENCE,
    PIN_REFERENCE,
    PUK_REFERENCE,
    RESPONSE,
    Access,
)
from fakes.virtual_yubikey.algorithms import Algorithm, agree, sign
from fakes.virtual_yubikey.apdu import Command, Status, StatusError
from fakes.virtual_yubikey.attestation import statement
from fakes.virtual_yubikey.authority import YubicoLikeAuthority
from fakes.virtual_yubikey.device import Device, Firmware
from fakes.virtual_yubikey.keyring import Keyring
from fakes.virtual_yubikey.metadata import metadata_of_code, metadata_of_key, metadata_of_management_key
from fakes.virtual_yubikey.objects import ATTESTATION_CERTIFICATE, Objects, number_in, put_in
from fakes.virtual_yubikey.security import Security
from fakes.virtual_yubikey.slots import ATTESTATION, ORDINARY, PinPolicy, SlotKey, TouchPolicy
from fakes.virtual_yubikey.tlv import fields, only, tlv
from fakes.virtual_yubikey.touch import Touch

AID = bytes.fromhex("a000000308000010000100")
SHORTEST_AID = 5
SELECTED = bytes.fromhex("61114f0600001000010079074f05a000000308")
VERIFY = 0x20
EXPONENTIATION = 0x85
TEMPLATE = 0xAC
WHOLE_FILE = (0x3F, 0xFF)
ALWAYS = (0, 0, 0)

Handler = Callable[[Command], bytes]


class Piv:
    """The application of one device, with its keys, codes and objects."""

    def __init__(self, device: Device, authority: YubicoLikeAuthority, touch: Touch) -> None:
        self._device = device
        self._authority = authority
        self._security = Security(touch)
        self.access = Access(device.firmware, self._security)
        self._objects = Objects()
        self._keys = Keyring(device.firmware)
        self._is_equipped = False

    def is_named(self, aid: bytes) -> bool:
        """The identifier is this application's, whole or cut on the right."""
        return len(aid) >= SHORTEST_AID and AID.startswith(aid)

    def select(self) -> bytes:
        """What selecting the application answers; whoever selects it again has proved what they had proved."""
        self._security.is_pin_fresh = False
        return SELECTED

    def forget(self) -> None:
        """The session is over."""
        self._security.forget()

    def answer(self, command: Command) -> bytes:
        """The data of the answer.   Raises: StatusError with the status word; Pulled."""
        since, handle = self._handlers().get(command.ins, (ALWAYS, _unknown))
        try:
            return (handle if self._device.firmware >= since else _unknown)(command)
        finally:
            self._security.is_pin_fresh &= command.ins == VERIFY

    def _handlers(self) -> dict[int, tuple[Firmware, Handler]]:
        """What does each instruction, and the first firmware that knows it."""
        return {
            VERIFY: (ALWAYS, self.access.verify),
            0x24: (ALWAYS, self.access.change),
            0x2C: (ALWAYS, self.access.unblock),
            0x47: (ALWAYS, self._generate),
            0x87: (ALWAYS, self._authenticate),
            0xCB: (ALWAYS, self._get),
            0xDB: (ALWAYS, self._put),
            0xF6: ((5, 7, 0), self._move),
            0xF7: ((5, 3, 0), self._metadata),
            0xF8: ((5, 0, 0), self._serial),
            0xF9: ((4, 3, 0), self._attest),
            0xFA: (ALWAYS, self.access.set_tries),
            0xFB: (ALWAYS, self._reset),
            0xFD: (ALWAYS, self._version),
            0xFE: (ALWAYS, self._import),
            0xFF: (ALWAYS, self.access.set_management_key),
        }

    def _version(self, _command: Command) -> bytes:
        """The firmware, a byte for each number."""
        return bytes(self._device.firmware)

    def _serial(self, _command: Command) -> bytes:
        """The serial number."""
        return self._device.serial.to_bytes(4, "big")

    def _reset(self, _command: Command) -> bytes:
        """Everything is as it left the factory, but slot f9, which is as it is."""
        self.access.reset()
        self._keys.clear()
        self._objects.clear()
        return b""

    def _authenticate(self, command: Command) -> bytes:
        """The management key is proved, or a private key has been used."""
        parts = fields(only(DYNAMIC, command.data))
        if command.p2 == MANAGEMENT_REFERENCE:
            return self.access.authenticate(command.p1, parts)
        if command.p2 not in ORDINARY:
            raise StatusError(Status.WRONG_P1P2)
        key = self._keys.at(command.p2, Status.INCORRECT_PARAMETERS)
        if key.algorithm != command.p1 or parts.pop(RESPONSE, None) != b"":
            raise StatusError(Status.INCORRECT_PARAMETERS)
        self._security.need_use(key)
        return tlv(DYNAMIC, tlv(RESPONSE, _used(key, parts)))

    def _generate(self, command: Command) -> bytes:
        """A new key is in the slot; the answer is its public half."""
        self._security.need_management()
        self._equip(command.p2)
        return self._keys.generate(command.p2, fields(only(TEMPLATE, command.data)))

    def _import(self, command: Command) -> bytes:
        """A key from outside is in the slot."""
        self._security.need_management()
        self._equip(command.p2)
        self._keys.put(command.p2, command.p1, fields(command.data))
        return b""

    def _move(self, command: Command) -> bytes:
        """A key is in another slot, or gone."""
        self._security.need_management()
        self._equip(command.p2)
        self._keys.move(command.p2, command.p1)
        return b""

    def _metadata(self, command: Command) -> bytes:
        """What is known of a code, of the management key, or of the key in a slot."""
        if command.p2 == MANAGEMENT_REFERENCE:
            return metadata_of_management_key(self.access.management_key)
        code = {PIN_REFERENCE: self.access.pin, PUK_REFERENCE: self.access.puk}.get(command.p2)
        if code is not None:
            return metadata_of_code(code)
        self._equip(command.p2)
        return metadata_of_key(self._keys.at(command.p2, Status.REFERENCE_NOT_FOUND))

    def _attest(self, command: Command) -> bytes:
        """A statement about a key that was generated here."""
        if command.p1 not in ORDINARY or command.p2:
            raise StatusError(Status.WRONG_P1P2)
        self._equip(ATTESTATION)
        key = self._keys.at(command.p1, Status.INCORRECT_PARAMETERS)
        signer = self._keys.at(ATTESTATION, Status.INCORRECT_PARAMETERS)
        return statement(self._device, command.p1, key, signer, self._objects.certificate(ATTESTATION_CERTIFICATE))

    def _get(self, command: Command) -> bytes:
        """A data object."""
        if (command.p1, command.p2) != WHOLE_FILE:
            raise StatusError(Status.WRONG_P1P2)
        number = number_in(command.data)
        self._equip(number)
        return self._objects.read(number, is_pin_verified=self._security.is_pin_verified)

    def _put(self, command: Command) -> bytes:
        """A data object is written, or deleted."""
        if (command.p1, command.p2) != WHOLE_FILE:
            raise StatusError(Status.WRONG_P1P2)
        self._security.need_management()
        number, data = put_in(command.data)
        self._equip(number)
        self._objects.write(number, data)
        return b""

    def _equip(self, number: int) -> None:
        """If this is slot f9 or its object, the factory has filled them, once; whatever was done to them since stays.

        The RSA key for it takes a tenth of a second to make, which most tests need not spend.
        """
        if number not in {ATTESTATION, ATTESTATION_CERTIFICATE} or self._is_equipped:
            return
        self._is_equipped = True
        issued = self._authority.equip(self._device)
        key = SlotKey(Algorithm.RSA2048, issued.key, PinPolicy.NEVER, TouchPolicy.NEVER, is_generated=False)
        self._keys.hold(ATTESTATION, key)
        self._objects.put_certificate(ATTESTATION_CERTIFICATE, issued.certificate)


def _unknown(_command: Command) -> bytes:
    """Nothing.   Raises: StatusError (UNKNOWN_INSTRUCTION)."""
    raise StatusError(Status.UNKNOWN_INSTRUCTION)


def _used(key: SlotKey, parts: dict[int, bytes]) -> bytes:
    """What the key makes of the one part there is.   Raises: StatusError (INCORRECT_PARAMETERS)."""
    if set(parts) == {CHALLENGE}:
        return sign(key.private, parts[CHALLENGE])
    if set(parts) == {EXPONENTIATION}:
        return agree(key.private, parts[EXPONENTIATION])
    raise StatusError(Status.INCORRECT_PARAMETERS)
