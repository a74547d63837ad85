"""Objects on an open session: found, and read attribute by attribute; what a token does not tell is None."""

import struct
from collections.abc import Mapping
from itertools import islice

from pkcs11.attributes import AttributeMapper, handle_bool
from pkcs11.constants import Attribute
from pkcs11.exceptions import AttributeSensitive, AttributeTypeInvalid, AttributeValueInvalid, FunctionFailed
from pkcs11.types import Object, Session

_MOST_OBJECTS = 4096
# What only says that an attribute cannot be had; OpenSC and others answer FUNCTION_FAILED for those they do not know.
_NOT_TOLD = (AttributeSensitive, AttributeTypeInvalid, AttributeValueInvalid, FunctionFailed)


class Attributes(AttributeMapper):
    """How attributes are written, for tokens that do not all keep to the standard: what cannot be read is None."""

    def __init__(self) -> None:
        """Texts of any letters, whatever bytes a token has for them."""
        super().__init__()
        self.register_handler(
            Attribute.LABEL,
            lambda text: text.encode(errors="surrogatepass"),
            lambda raw: raw.decode(errors="replace"),
        )

    def unpack_attributes(self, key: Attribute, value: bytes) -> object:
        """The value, None where it has not the form of its attribute, such as a class that only its maker knows."""
        if not value and self.attribute_types.get(key) is handle_bool:
            return None  # python-pkcs11 takes nothing for a no
        try:
            return super().unpack_attributes(key, value)
        except (ValueError, struct.error):
            return None


def matching(session: Session, template: Mapping[Attribute, object]) -> tuple[Object, ...]:
    """The objects that match, at most some thousands.

    Raises: PKCS11Error.
    """
    # read to the end at once: a search left half-way keeps the session from everything else
    return tuple(islice(session.get_objects(dict(template)), _MOST_OBJECTS))


def told(thing: Object, attribute: Attribute) -> object:
    """The value of one attribute.

    Raises: PKCS11Error.
    """
    try:
        return thing[attribute]
    except _NOT_TOLD:
        return None


def flag(thing: Object, attribute: Attribute) -> bool | None:
    """Whether it is so.

    Raises: PKCS11Error.
    """
    value = told(thing, attribute)
    return value if isinstance(value, bool) else None


def raw(thing: Object, attribute: Attribute) -> bytes | None:
    """The bytes of one attribute.

    Raises: PKCS11Error.
    """
    value = told(thing, attribute)
    return value if isinstance(value, bytes) else None
