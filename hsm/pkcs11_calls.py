"""The functions of a PKCS#11 module, called through the module's own list of them; what they mean is told elsewhere."""

import ctypes

from hsm.pkcs11_numbers import Answer, Attribute, User, name_of
from hsm.pkcs11_structures import (
    UNREADABLE,
    AttributeCell,
    MechanismCall,
    MechanismInfo,
    SessionInfo,
    SlotInfo,
    Template,
    TemplateTable,
    TokenInfo,
    Ulong,
)

_SESSION_SERIAL, _SESSION_RW = 0x4, 0x2
_PUBLIC_STATES = {0, 2}  # for reading alone, and for writing
_BATCH = 64
_MOST_OBJECTS = 4096
_LONGEST_ATTRIBUTE = 65536
_LONGEST_SIGNATURE = 1024
# CK_FUNCTION_LIST (PKCS#11 2.40, section 3.6): each function's place after the version, and its parameters, "n" for a
# number, "b" for a byte, "p" for a pointer.
_FUNCTIONS = {
    "C_Initialize": (0, "p"),
    "C_Finalize": (1, "p"),
    "C_GetSlotList": (4, "bpp"),
    "C_GetSlotInfo": (5, "np"),
    "C_GetTokenInfo": (6, "np"),
    "C_GetMechanismList": (7, "npp"),
    "C_GetMechanismInfo": (8, "nnp"),
    "C_SetPIN": (11, "npnpn"),
    "C_OpenSession": (12, "nnppp"),
    "C_CloseSession": (13, "n"),
    "C_GetSessionInfo": (15, "np"),
    "C_Login": (18, "nnpn"),
    "C_Logout": (19, "n"),
    "C_DestroyObject": (22, "nn"),
    "C_GetAttributeValue": (24, "nnpn"),
    "C_FindObjectsInit": (26, "npn"),
    "C_FindObjects": (27, "npnp"),
    "C_FindObjectsFinal": (28, "n"),
    "C_SignInit": (42, "npn"),
    "C_Sign": (43, "npnpp"),
    "C_GenerateKeyPair": (59, "nppnpnpp"),
}
_TYPES = {"n": Ulong, "b": ctypes.c_ubyte, "p": ctypes.c_void_p}
# What only says that an attribute cannot be had; OpenSC and others answer FUNCTION_FAILED for those they do not know.
_NOT_TOLD = {
    Answer.ATTRIBUTE_SENSITIVE,
    Answer.ATTRIBUTE_TYPE_INVALID,
    Answer.ATTRIBUTE_VALUE_INVALID,
    Answer.FUNCTION_FAILED,
}


class RefusedError(Exception):
    """The module answered a function with something other than CKR_OK: `code` is its CK_RV."""

    def __init__(self, function: str, code: int) -> None:
        super().__init__(f"{function}: {name_of(code)}")
        self.function = function
        self.code = code


class Module:
    """A module, loaded into this process; each method is one function of its list, or a search read to its end."""

    def __init__(self, path: str) -> None:
        """Loaded, not initialised.

        Raises: OSError where it does not load, AttributeError where it is no PKCS#11 module, RefusedError.
        """
        library = ctypes.CDLL(path)
        self._list = ctypes.POINTER(ctypes.c_size_t)()
        code = library.C_GetFunctionList(ctypes.byref(self._list))
        if code != Answer.OK:
            raise RefusedError("C_GetFunctionList", code)

    def initialise(self) -> None:
        """Ready for one thread; nothing happens where it is so already."""
        code = self._answer("C_Initialize", None)
        if code not in {Answer.OK, Answer.CRYPTOKI_ALREADY_INITIALIZED}:
            raise RefusedError("C_Initialize", code)

    def finalise(self) -> None:
        """Everything it held is let go."""
        self._call("C_Finalize", None)

    def slots(self) -> tuple[int, ...]:
        """Every slot, with or without a token; asked for with no list first, which is when modules look for readers."""
        return self._numbers("C_GetSlotList", 0)

    def slot_description(self, slot: int) -> bytes:
        """What the module calls the slot, often the name of a reader."""
        info = SlotInfo()
        self._call("C_GetSlotInfo", slot, ctypes.byref(info))
        return bytes(info.description)

    def token(self, slot: int) -> TokenInfo:
        """What the token in the slot says of itself at this moment."""
        info = TokenInfo()
        self._call("C_GetTokenInfo", slot, ctypes.byref(info))
        return info

    def mechanisms(self, slot: int) -> frozenset[int]:
        """The numbers of what the token can do."""
        return frozenset(self._numbers("C_GetMechanismList", slot))

    def mechanism(self, slot: int, number: int) -> tuple[int, int, int]:
        """The shortest and the longest key of one mechanism, and its flags."""
        info = MechanismInfo()
        self._call("C_GetMechanismInfo", slot, number, ctypes.byref(info))
        return info.shortest, info.longest, info.flags

    def open(self, slot: int, *, is_writing: bool) -> int:
        """A new session."""
        session = Ulong()
        flags = _SESSION_SERIAL | (_SESSION_RW if is_writing else 0)
        self._call("C_OpenSession", slot, flags, None, None, ctypes.byref(session))
        return session.value

    def close(self, session: int) -> None:
        """The session is closed."""
        self._call("C_CloseSession", session)

    def is_logged_in(self, session: int) -> bool:
        """Whether the module says that the user is logged in on the session, or says nothing of it."""
        info = SessionInfo()
        code = self._answer("C_GetSessionInfo", session, ctypes.byref(info))
        return code != Answer.OK or info.state not in _PUBLIC_STATES

    def log_in(self, session: int, user: User, pin: bytes | None) -> None:
        """Logged in; with None the PIN is typed on the device itself."""
        self._call("C_Login", session, user, pin, len(pin or b""))

    def log_out(self, session: int) -> None:
        """Logged out."""
        self._call("C_Logout", session)

    def set_pin(self, session: int, old: bytes, new: bytes) -> None:
        """The user's PIN is the new one."""
        self._call("C_SetPIN", session, old, len(old), new, len(new))

    def find(self, session: int, template: Template) -> tuple[int, ...]:
        """The objects that match; at most some thousands."""
        matching = TemplateTable(template)
        self._call("C_FindObjectsInit", session, matching.array, len(template))
        found: list[int] = []
        batch, count = (Ulong * _BATCH)(), Ulong()
        try:
            while len(found) < _MOST_OBJECTS:
                self._call("C_FindObjects", session, batch, _BATCH, ctypes.byref(count))
                if not 0 < count.value <= _BATCH:
                    break
                found += batch[: count.value]
        finally:  # a search left half-way keeps the session from everything else
            self._answer("C_FindObjectsFinal", session)
        return tuple(found)

    def attribute(self, session: int, thing: int, kind: Attribute) -> bytes | None:
        """The value of one attribute; None where the token does not tell, or tells too much."""
        asked = AttributeCell(kind, None, 0)
        if not self._is_told(session, thing, asked) or asked.length > _LONGEST_ATTRIBUTE:
            return None
        value = ctypes.create_string_buffer(asked.length + 1)
        asked.value = ctypes.addressof(value)
        longest = asked.length
        if not self._is_told(session, thing, asked) or asked.length > longest:
            return None
        return value.raw[: asked.length]

    def destroy(self, session: int, thing: int) -> None:
        """The object is gone."""
        self._call("C_DestroyObject", session, thing)

    def generate_pair(self, session: int, mechanism: int, public: Template, private: Template) -> tuple[int, int]:
        """A new key pair: its public and its private half."""
        halves = Ulong(), Ulong()
        asked = MechanismCall(mechanism, None, 0)
        first, second = TemplateTable(public), TemplateTable(private)
        templates = first.array, len(public), second.array, len(private)
        self._call("C_GenerateKeyPair", session, ctypes.byref(asked), *templates, *map(ctypes.byref, halves))
        return halves[0].value, halves[1].value

    def begin_signing(self, session: int, key: int, mechanism: int, parameter: bytes) -> None:
        """The next signature on the session is this key's."""
        asked = MechanismCall(mechanism, parameter or None, len(parameter))
        self._call("C_SignInit", session, ctypes.byref(asked), key)

    def sign(self, session: int, data: bytes) -> bytes:
        """The signature; asked for once, with room enough: some tokens want a touch for the question of length too."""
        room, length = ctypes.create_string_buffer(_LONGEST_SIGNATURE), Ulong(_LONGEST_SIGNATURE)
        self._call("C_Sign", session, data, len(data), room, ctypes.byref(length))
        return room.raw[: length.value]

    def _is_told(self, session: int, thing: int, asked: AttributeCell) -> bool:
        code = self._answer("C_GetAttributeValue", session, thing, ctypes.byref(asked), 1)
        if code not in {Answer.OK, *_NOT_TOLD}:
            raise RefusedError("C_GetAttributeValue", code)
        return bool(code == Answer.OK and asked.length != UNREADABLE)

    def _numbers(self, function: str, first: int) -> tuple[int, ...]:
        count = Ulong()
        self._call(function, first, None, ctypes.byref(count))
        count = Ulong(min(count.value, _MOST_OBJECTS))
        room = (Ulong * count.value)()
        self._call(function, first, room, ctypes.byref(count))
        return tuple(room[: count.value])

    def _call(self, function: str, *arguments: object) -> None:
        code = self._answer(function, *arguments)
        if code != Answer.OK:
            raise RefusedError(function, code)

    def _answer(self, function: str, *arguments: object) -> int:
        place, parameters = _FUNCTIONS[function]
        address = self._list[1 + place]
        if not address:
            return Answer.FUNCTION_NOT_SUPPORTED
        kind = ctypes.CFUNCTYPE(Ulong, *(_TYPES[letter] for letter in parameters))
        return int(kind(address)(*arguments))
