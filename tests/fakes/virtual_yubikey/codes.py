"""PIN and PUK: eight bytes each, counted tries, blocked when none are left."""

from fakes.virtual_yubikey.apdu import Status, StatusError

SIZE = 8
SHORTEST = 6
PADDING = b"\xff"
TRIES = 3
COUNTED = 15
DEFAULT_PIN = b"123456" + 2 * PADDING
DEFAULT_PUK = b"12345678"


class Code:
    """A PIN or a PUK, padded with 0xff to eight bytes; it has `tries` in all, of which some are `left`."""

    def __init__(self, default: bytes) -> None:
        self._default = default
        self.reset(TRIES)

    @property
    def is_default(self) -> bool:
        """It is the one keys leave the factory with."""
        return self._value == self._default

    @property
    def status(self) -> int:
        """The status word that tells the tries left; it can count to fifteen."""
        return Status.WRONG_CODE | min(self.left, COUNTED)

    def reset(self, tries: int) -> None:
        """It is the default one, with so many tries."""
        self._value = self._default
        self.tries = self.left = tries

    def check(self, value: bytes) -> None:
        """The value was right, and all tries are there again.   Raises: StatusError (BLOCKED, or the tries left)."""
        if not self.left:
            raise StatusError(Status.BLOCKED)
        if value != self._value:
            self.left -= 1
            raise StatusError(self.status)
        self.left = self.tries

    def change(self, value: bytes) -> None:
        """It is another, with all tries.   Raises: StatusError (INCORRECT_PARAMETERS) unless 6 to 8 characters long."""
        code = value.rstrip(PADDING)
        if len(code) < SHORTEST or PADDING in code:
            raise StatusError(Status.INCORRECT_PARAMETERS)
        self._value = value
        self.left = self.tries


def one(data: bytes) -> bytes:
    """The code that this data is.   Raises: StatusError (INCORRECT_PARAMETERS) if it is none."""
    if len(data) != SIZE:
        raise StatusError(Status.INCORRECT_PARAMETERS)
    return data


def two(data: bytes) -> tuple[bytes, bytes]:
    """The two codes that this data is, the old one first.   Raises: StatusError (INCORRECT_PARAMETERS)."""
    return one(data[:SIZE]), one(data[SIZE:])
