"""What a device calls itself, made fit to be shown."""

_LONGEST = 200


def printable(text: str) -> str:
    """`text` of a device: letters that no screen should be sent are replaced, and far too many are cut."""
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[:_LONGEST])
    return shown if len(text) <= _LONGEST else f"{shown}\N{HORIZONTAL ELLIPSIS}"
