"""Commands as ISO 7816-4 frames them, short and extended, and the status words a YubiKey answers with."""

from dataclasses import dataclass
from enum import IntEnum

HEADER = 4
EXTENDED_HEADER = 7
SHORT_ANSWER = 256
EXTENDED_ANSWER = 65536
LONGEST_COMMAND = 3072
CHAINED = 0x10


class Status(IntEnum):
    """What the last two bytes of an answer mean."""

    OK = 0x9000
    MORE = 0x6100
    WRONG_CODE = 0x63C0
    WRONG_LENGTH = 0x6700
    LAST_OF_CHAIN_EXPECTED = 0x6883
    SECURITY = 0x6982
    BLOCKED = 0x6983
    CONDITIONS = 0x6985
    INCORRECT_PARAMETERS = 0x6A80
    NOT_FOUND = 0x6A82
    NO_SPACE = 0x6A84
    REFERENCE_NOT_FOUND = 0x6A88
    WRONG_P1P2 = 0x6B00
    UNKNOWN_INSTRUCTION = 0x6D00
    UNKNOWN_CLASS = 0x6E00


class StatusError(Exception):
    """The card answers with this status word and no data."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status:04x}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Command:
    """One command; `limit` is how many bytes its answer may have at once."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes
    limit: int

    @property
    def is_chained(self) -> bool:
        """More of the data is to follow in further commands."""
        return bool(self.cla & CHAINED)

    @property
    def header(self) -> tuple[int, int, int]:
        """What all commands of a chain share."""
        return self.ins, self.p1, self.p2


def parse(apdu: bytes) -> Command:
    """The command in these bytes.   Raises: StatusError (WRONG_LENGTH, UNKNOWN_CLASS: no secure messaging here)."""
    if not HEADER <= len(apdu) <= LONGEST_COMMAND:
        raise StatusError(Status.WRONG_LENGTH)
    if apdu[0] & ~CHAINED:
        raise StatusError(Status.UNKNOWN_CLASS)
    data, limit = _body(apdu[HEADER:])
    return Command(apdu[0], apdu[1], apdu[2], apdu[3], data, limit)


def _body(body: bytes) -> tuple[bytes, int]:
    """Data and length of answer, from what follows the header."""
    if len(body) <= 1:
        return b"", (body[0] if body else 0) or SHORT_ANSWER
    if body[0]:
        return _short(body)
    if len(body) == EXTENDED_HEADER - HEADER:
        return b"", int.from_bytes(body[1:], "big") or EXTENDED_ANSWER
    return _extended(body)


def _short(body: bytes) -> tuple[bytes, int]:
    """A body whose lengths are one byte each."""
    data, rest = body[1 : 1 + body[0]], body[1 + body[0] :]
    if len(data) != body[0] or len(rest) > 1:
        raise StatusError(Status.WRONG_LENGTH)
    return data, (rest[0] if rest else 0) or SHORT_ANSWER


def _extended(body: bytes) -> tuple[bytes, int]:
    """A body whose lengths are two bytes each, behind a zero."""
    size = int.from_bytes(body[1:3], "big")
    data, rest = body[3 : 3 + size], body[3 + size :]
    if len(data) != size or len(rest) not in {0, 2}:
        raise StatusError(Status.WRONG_LENGTH)
    return data, int.from_bytes(rest, "big") or EXTENDED_ANSWER
