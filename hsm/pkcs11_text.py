"""What a token calls itself, made fit to be shown."""

_LONGEST = 200


def printable(text: str) -> str:
    """`text` of a token: letters that no screen should be sent are replaced, and far too many are cut."""
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[:_LONGEST])
    return shown if len(text) <= _LONGEST else f"{shown}\N{HORIZONTAL ELLIPSIS}"


def unpadded(field: bytes) -> str:
    """The text of a fixed field, which is UTF-8 padded with blanks, in some modules with zeros."""
    return printable(field.rstrip(b"\0 ").decode(errors="replace"))
