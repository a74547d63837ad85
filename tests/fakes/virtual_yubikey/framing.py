"""Long commands arrive in pieces and long answers leave in pieces: chaining and GET RESPONSE of ISO 7816-4."""

from dataclasses import replace

from fakes.virtual_yubikey.apdu import LONGEST_COMMAND, SHORT_ANSWER, Command, Status, StatusError

GET_RESPONSE = 0xC0


class Framing:
    """What of a command has come, and what of an answer has not been fetched yet."""

    def __init__(self) -> None:
        self._came: list[Command] = []
        self._left = b""

    def whole(self, command: Command) -> Command | None:
        """The whole command once its last piece is here, None before.

        Raises: StatusError if the piece belongs to another command or the whole is too long.
        """
        came, self._came, self._left = [*self._came, command], [], b""
        if came[0].header != command.header:
            raise StatusError(Status.LAST_OF_CHAIN_EXPECTED)
        data = b"".join(piece.data for piece in came)
        if len(data) > LONGEST_COMMAND:
            raise StatusError(Status.WRONG_LENGTH)
        if command.is_chained:
            self._came = came
            return None
        return replace(command, data=data)

    def first(self, answer: bytes, limit: int) -> bytes:
        """As much of the answer as fits, and its status word."""
        now, self._left = answer[:limit], answer[limit:]
        return now + self._status().to_bytes(2, "big")

    def more(self, command: Command) -> bytes:
        """The next piece of the answer.   Raises: StatusError (CONDITIONS) if nothing is left."""
        if not self._left:
            raise StatusError(Status.CONDITIONS)
        return self.first(self._left, min(command.limit, SHORT_ANSWER))

    def _status(self) -> int:
        """That all is well, or how much is left; none means 256 or more."""
        if not self._left:
            return Status.OK
        return Status.MORE | (len(self._left) if len(self._left) < SHORT_ANSWER else 0)
