"""The Management application: what device this is, and which of its applications are on."""

from fakes.virtual_yubikey.apdu import Command, Status, StatusError
from fakes.virtual_yubikey.device import Device
from fakes.virtual_yubikey.tlv import fields, tlv

AID = bytes.fromhex("a000000527471117")
READ_CONFIG, WRITE_CONFIG = 0x1D, 0x1C
ALL = 0x023F
HSMAUTH = 0x0100
PIV = 0x0010
WITH_NFC = {0x01, 0x03}
LOCK_CODE = 16

SUPPORTED, SERIAL, ENABLED, FORM_FACTOR, VERSION, EJECT, RESPONSE_TIMEOUT, FLAGS = range(1, 9)
LOCK, UNLOCK, REBOOT, NFC_SUPPORTED, NFC_ENABLED = range(0x0A, 0x0F)
PART_NUMBER, FIPS_CAPABLE, FIPS_APPROVED, PIN_COMPLEXITY, NFC_RESTRICTED, RESET_BLOCKED = range(0x13, 0x19)
SETTINGS = {ENABLED: 2, EJECT: 2, RESPONSE_TIMEOUT: 1, FLAGS: 1, NFC_ENABLED: 2}


class Management:
    """The application of one device, with its settings; an application that is off cannot be selected."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._lock = b""
        capabilities = (ALL | HSMAUTH if device.firmware >= (5, 4, 3) else ALL).to_bytes(2, "big")
        self._fixed = self._engraved(capabilities)
        self._settings = {ENABLED: capabilities, EJECT: b"\0\0", RESPONSE_TIMEOUT: b"\x0f", FLAGS: b"\0"}
        if NFC_SUPPORTED in self._fixed:
            self._settings[NFC_ENABLED] = capabilities

    def _engraved(self, capabilities: bytes) -> dict[int, bytes]:
        """What nobody can change."""
        device = self._device
        fixed = {
            SUPPORTED: capabilities,
            SERIAL: device.serial.to_bytes(4, "big"),
            FORM_FACTOR: bytes([device.form_factor]),
            VERSION: bytes(device.firmware),
        }
        if device.form_factor in WITH_NFC:
            fixed[NFC_SUPPORTED] = capabilities
        if device.firmware >= (5, 7, 0):
            flags = (FIPS_CAPABLE, FIPS_APPROVED, RESET_BLOCKED)
            fixed |= {PIN_COMPLEXITY: b"\0", NFC_RESTRICTED: b"\0", **dict.fromkeys(flags, b"\0\0")}
        return fixed

    @property
    def is_piv_on(self) -> bool:
        """The PIV application can be selected."""
        return bool(int.from_bytes(self._settings[ENABLED], "big") & PIV)

    def is_named(self, aid: bytes) -> bool:
        """The identifier is this application's."""
        return aid == AID

    def select(self) -> bytes:
        """What selecting the application answers, letter for letter."""
        return "Virtual mgr - FW version {}.{}.{}".format(*self._device.firmware).encode()

    def forget(self) -> None:
        """There is nothing to forget."""

    def answer(self, command: Command) -> bytes:
        """The data of the answer.   Raises: StatusError with the status word."""
        if command.ins == READ_CONFIG:
            return self._read(command.p1)
        if command.ins == WRITE_CONFIG:
            return self._write(command.data)
        raise StatusError(Status.UNKNOWN_INSTRUCTION)

    def _read(self, page: int) -> bytes:
        """The device information, behind its length."""
        if page:
            raise StatusError(Status.WRONG_P1P2)
        known = self._fixed | self._settings | {LOCK: bytes([bool(self._lock)])}
        content = b"".join(tlv(tag, known[tag]) for tag in sorted(known))
        return bytes([len(content)]) + content

    def _write(self, data: bytes) -> bytes:
        """The settings are these.   Raises: StatusError (SECURITY) if they are locked; no such settings."""
        if not data or data[0] != len(data) - 1:
            raise StatusError(Status.WRONG_LENGTH)
        wanted = fields(data[1:])
        if self._lock and wanted.pop(UNLOCK, b"") != self._lock:
            raise StatusError(Status.SECURITY)
        lock = wanted.pop(LOCK, self._lock)
        wanted.pop(REBOOT, None)
        wanted.pop(UNLOCK, None)
        if any(len(value) != SETTINGS.get(tag) for tag, value in wanted.items()) or len(lock) not in {0, LOCK_CODE}:
            raise StatusError(Status.INCORRECT_PARAMETERS)
        self._settings |= wanted
        self._lock = lock.rstrip(b"\0") and lock
        return b""
