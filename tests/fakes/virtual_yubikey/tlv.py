"""Tags, lengths and values as ISO 7816-4 writes them."""

from collections.abc import Iterator

from fakes.virtual_yubikey.apdu import Status, StatusError

LONG_TAG = 0x1F
LONG_LENGTH = 0x80
LENGTH_BYTES = 3


def tlv(tag: int, value: bytes = b"") -> bytes:
    """One element; the tag is written in as few bytes as it needs."""
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big") + length_of(value) + value


def length_of(value: bytes) -> bytes:
    """The length field of this value."""
    size = len(value)
    if size < LONG_LENGTH:
        return bytes([size])
    field = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([LONG_LENGTH | len(field)]) + field


def elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and value of each element, in order.

    Raises: StatusError (INCORRECT_PARAMETERS) where the data ends too early or a length makes no sense.
    """
    while data:
        tag, data = _tag(data)
        size, data = _length(data)
        if size > len(data):
            raise StatusError(Status.INCORRECT_PARAMETERS)
        yield tag, data[:size]
        data = data[size:]


def fields(data: bytes) -> dict[int, bytes]:
    """The elements by tag; of two with one tag the later one counts.   Raises: as `elements`."""
    return dict(elements(data))


def only(tag: int, data: bytes) -> bytes:
    """The value of the one element that this data is.   Raises: StatusError (INCORRECT_PARAMETERS) if it is not."""
    match list(elements(data)):
        case [(found, value)] if found == tag:
            return value
    raise StatusError(Status.INCORRECT_PARAMETERS)


def _tag(data: bytes) -> tuple[int, bytes]:
    """The tag in front, and what follows it."""
    end = 1
    if data[0] & LONG_TAG == LONG_TAG:
        while end < len(data) and data[end] & LONG_LENGTH:
            end += 1
        end += 1
    if end > len(data):
        raise StatusError(Status.INCORRECT_PARAMETERS)
    return int.from_bytes(data[:end], "big"), data[end:]


def _length(data: bytes) -> tuple[int, bytes]:
    """The length in front, and what follows it."""
    if not data:
        raise StatusError(Status.INCORRECT_PARAMETERS)
    if data[0] < LONG_LENGTH:
        return data[0], data[1:]
    end = 1 + (data[0] & ~LONG_LENGTH)
    if not 1 < end <= min(len(data), 1 + LENGTH_BYTES):
        raise StatusError(Status.INCORRECT_PARAMETERS)
    return int.from_bytes(data[1:end], "big"), data[end:]
