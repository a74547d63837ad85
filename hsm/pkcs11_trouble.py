"""What can stop an act on a token besides an answer of its module; the words cross the line between the processes."""

from enum import StrEnum


class Trouble(StrEnum):
    """Why the act cannot be done."""

    TOKEN_ABSENT = "TokenAbsent"  # noqa: S105 - a token is a device here
    TWIN_TOKENS = "TwinTokens"
    LOGIN_CLOSED = "LoginClosed"
    TOKEN_UNLOCKED = "TokenUnlocked"  # noqa: S105 - the same
    NO_PIN = "NoPin"
    NEW_PIN_REFUSED = "NewPinRefused"
    KEY_ABSENT = "KeyAbsent"
    KEY_EXISTS = "KeyExists"
    KEY_NOT_FOR_SIGNING = "KeyNotForSigning"
    KEY_NOT_KEPT_INSIDE = "KeyNotKeptInside"
    TOUCH_MISSING = "TouchMissing"
    TWIN_KEYS = "TwinKeys"
    SCHEME_UNSUPPORTED = "SchemeUnsupported"
    REQUEST_TOO_LONG = "RequestTooLong"
    ANSWER_TOO_LONG = "AnswerTooLong"
    MODULE_NOT_LOADED = "ModuleNotLoaded"


class TroubleError(Exception):
    """The act cannot be done, for this reason; the token may be untouched or not, as the reason says."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble
