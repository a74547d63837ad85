"""The text fields of PKCS#11, made fit to be shown."""

from hsm.shown import printable

__all__ = ["printable", "unpadded"]


def unpadded(field: bytes) -> str:
    """The text of a fixed field, which is UTF-8 padded with blanks, in some modules with zeros."""
    return printable(field.rstrip(b"\0 ").decode(errors="replace"))
