"""The numbers of PKCS#11 (OASIS, versions 2.40 to 3.1) that are used here, by the names of the standard."""

from collections.abc import Mapping
from enum import IntEnum, IntFlag

from hsm.device import Scheme


class Answer(IntEnum):
    """What a function answers: CK_RV, each name without its CKR_."""

    OK = 0x00
    CANCEL = 0x01
    HOST_MEMORY = 0x02
    SLOT_ID_INVALID = 0x03
    GENERAL_ERROR = 0x05
    FUNCTION_FAILED = 0x06
    ARGUMENTS_BAD = 0x07
    NEED_TO_CREATE_THREADS = 0x09
    CANT_LOCK = 0x0A
    ATTRIBUTE_READ_ONLY = 0x10
    ATTRIBUTE_SENSITIVE = 0x11
    ATTRIBUTE_TYPE_INVALID = 0x12
    ATTRIBUTE_VALUE_INVALID = 0x13
    ACTION_PROHIBITED = 0x1B
    DATA_INVALID = 0x20
    DATA_LEN_RANGE = 0x21
    DEVICE_ERROR = 0x30
    DEVICE_MEMORY = 0x31
    DEVICE_REMOVED = 0x32
    FUNCTION_CANCELED = 0x50
    FUNCTION_NOT_SUPPORTED = 0x54
    KEY_HANDLE_INVALID = 0x60
    KEY_SIZE_RANGE = 0x62
    KEY_TYPE_INCONSISTENT = 0x63
    KEY_FUNCTION_NOT_PERMITTED = 0x68
    MECHANISM_INVALID = 0x70
    MECHANISM_PARAM_INVALID = 0x71
    OBJECT_HANDLE_INVALID = 0x82
    OPERATION_ACTIVE = 0x90
    OPERATION_NOT_INITIALIZED = 0x91
    PIN_INCORRECT = 0xA0
    PIN_INVALID = 0xA1
    PIN_LEN_RANGE = 0xA2
    PIN_EXPIRED = 0xA3
    PIN_LOCKED = 0xA4
    SESSION_CLOSED = 0xB0
    SESSION_COUNT = 0xB1
    SESSION_HANDLE_INVALID = 0xB3
    SESSION_READ_ONLY = 0xB5
    SESSION_EXISTS = 0xB6
    SIGNATURE_LEN_RANGE = 0xC1
    TEMPLATE_INCOMPLETE = 0xD0
    TEMPLATE_INCONSISTENT = 0xD1
    TOKEN_NOT_PRESENT = 0xE0
    TOKEN_NOT_RECOGNIZED = 0xE1
    TOKEN_WRITE_PROTECTED = 0xE2
    USER_ALREADY_LOGGED_IN = 0x100
    USER_NOT_LOGGED_IN = 0x101
    USER_PIN_NOT_INITIALIZED = 0x102
    USER_TYPE_INVALID = 0x103
    USER_ANOTHER_ALREADY_LOGGED_IN = 0x104
    USER_TOO_MANY_TYPES = 0x105
    RANDOM_NO_RNG = 0x121
    DOMAIN_PARAMS_INVALID = 0x130
    CURVE_NOT_SUPPORTED = 0x140
    BUFFER_TOO_SMALL = 0x150
    CRYPTOKI_NOT_INITIALIZED = 0x190
    CRYPTOKI_ALREADY_INITIALIZED = 0x191
    NEW_PIN_MODE = 0x1B0
    FIPS_SELF_TEST_FAILED = 0x1B6
    LIBRARY_LOAD_FAILED = 0x1B7
    PIN_TOO_WEAK = 0x1B8
    FUNCTION_REJECTED = 0x200
    TOKEN_RESOURCE_EXCEEDED = 0x201


def name_of(code: int) -> str:
    """The standard's name of an answer, such as CKR_PIN_LOCKED; its number in hex where it has none here."""
    try:
        return f"CKR_{Answer(code).name}"
    except ValueError:
        return f"CKR 0x{code:x}"


class TokenFlag(IntFlag):
    """What a token says of itself (CK_TOKEN_INFO)."""

    WRITE_PROTECTED = 0x2
    PROTECTED_AUTHENTICATION_PATH = 0x100
    TOKEN_INITIALIZED = 0x400
    USER_PIN_COUNT_LOW = 0x10000
    USER_PIN_FINAL_TRY = 0x20000
    USER_PIN_LOCKED = 0x40000
    USER_PIN_TO_BE_CHANGED = 0x80000


class User(IntEnum):
    """Whom a PIN belongs to, and what for."""

    USER = 1
    CONTEXT_SPECIFIC = 2  # the same user, for the one operation that has begun


class ObjectClass(IntEnum):
    """What kind of thing an object is (CKA_CLASS)."""

    CERTIFICATE = 1
    PUBLIC_KEY = 2
    PRIVATE_KEY = 3


class KeyType(IntEnum):
    """What kind of key it is (CKA_KEY_TYPE)."""

    RSA = 0x00
    EC = 0x03
    EC_EDWARDS = 0x40


class Attribute(IntEnum):
    """The attributes of objects, each name without its CKA_."""

    CLASS = 0x00
    TOKEN = 0x01
    PRIVATE = 0x02
    LABEL = 0x03
    VALUE = 0x11
    KEY_TYPE = 0x100
    ID = 0x102
    SENSITIVE = 0x103
    ENCRYPT = 0x104
    DECRYPT = 0x105
    WRAP = 0x106
    UNWRAP = 0x107
    SIGN = 0x108
    VERIFY = 0x10A
    DERIVE = 0x10C
    MODULUS = 0x120
    MODULUS_BITS = 0x121
    PUBLIC_EXPONENT = 0x122
    EXTRACTABLE = 0x162
    LOCAL = 0x163
    NEVER_EXTRACTABLE = 0x164
    ALWAYS_SENSITIVE = 0x165
    EC_PARAMS = 0x180
    EC_POINT = 0x181
    ALWAYS_AUTHENTICATE = 0x202


class Mechanism(IntEnum):
    """How keys are made and signatures too, each name without its CKM_."""

    RSA_PKCS_KEY_PAIR_GEN = 0x00
    RSA_PKCS_PSS = 0x0D
    SHA256_RSA_PKCS_PSS = 0x43
    SHA256 = 0x250
    EC_KEY_PAIR_GEN = 0x1040
    ECDSA = 0x1041
    ECDSA_SHA256 = 0x1044
    ECDSA_SHA384 = 0x1045
    ECDSA_SHA512 = 0x1046
    EC_EDWARDS_KEY_PAIR_GEN = 0x1055
    EDDSA = 0x1057


MGF1_SHA256 = 0x02

CURVES: Mapping[Scheme, tuple[bytes, ...]] = {
    Scheme.P256: (bytes.fromhex("06082a8648ce3d030107"),),
    Scheme.P384: (bytes.fromhex("06052b81040022"),),
    Scheme.P521: (bytes.fromhex("06052b81040023"),),
    Scheme.ED25519: (
        bytes.fromhex("06032b6570"),  # by its number in RFC 8410
        b"\x13\x0cedwards25519",  # by name, as PKCS#11 3.0 first wrote it (section 2.3.5)
        bytes.fromhex("06092b06010401da470f01"),  # by its older number, of GnuPG
    ),
}
"""CKA_EC_PARAMS of each curve, in DER: under every name it goes by, the usual one first."""
