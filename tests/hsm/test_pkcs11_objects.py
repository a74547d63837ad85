"""How attributes are read from tokens that do not all keep to the standard."""

import struct

import pytest
from pkcs11 import Attribute, KeyType, ObjectClass

from hsm.pkcs11_objects import Attributes

NUMBER = struct.Struct("@L")
VENDORS_OWN = NUMBER.pack(0x80000001)


@pytest.mark.parametrize(
    ("attribute", "raw", "value"),
    [
        (Attribute.LOCAL, b"\x01", True),
        (Attribute.LOCAL, b"\x00", False),
        (Attribute.LOCAL, b"", None),
        (Attribute.LOCAL, b"\x01\x00", None),
        (Attribute.CLASS, NUMBER.pack(2), ObjectClass.PUBLIC_KEY),
        (Attribute.CLASS, VENDORS_OWN, None),
        (Attribute.KEY_TYPE, VENDORS_OWN, None),
        (Attribute.KEY_TYPE, NUMBER.pack(0x40), KeyType.EC_EDWARDS),
        (Attribute.KEY_TYPE, b"\x03", None),
        (Attribute.LABEL, "Schlüssel".encode(), "Schlüssel"),
        (Attribute.LABEL, b"a\xffb", "a\N{REPLACEMENT CHARACTER}b"),
        (Attribute.ID, b"", b""),
    ],
)
def test_what_has_not_the_form_of_its_attribute_is_not_told(attribute: Attribute, raw: bytes, value: object) -> None:
    """Nothing is no "no", and what only a maker knows stops nobody; a label is shown as far as it can be read."""
    assert Attributes().unpack_attributes(attribute, raw) == value


def test_a_label_is_looked_for_whatever_its_letters() -> None:
    """Also one that is no text at all."""
    assert Attributes().pack_attribute(Attribute.LABEL, "a\udcffb") == b"a\xed\xb3\xbfb"
