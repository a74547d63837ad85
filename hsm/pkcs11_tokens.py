"""The tokens of a loaded module: told of, and found anew by serial and label at each act, never by slot."""

from collections.abc import Iterator
from contextlib import suppress

from pkcs11.constants import TokenFlag
from pkcs11.exceptions import PKCS11Error, TokenNotPresent, TokenNotRecognised
from pkcs11.types import Slot, Token

from hsm.pkcs11_mechanisms import Offered, offered, schemes
from hsm.pkcs11_messages import SlotFacts, SlotList, TokenFacts, TokenName
from hsm.pkcs11_module import Module
from hsm.pkcs11_refusals import name_of
from hsm.pkcs11_trouble import Trouble, TroubleError
from hsm.shown import printable


def list_slots(module: Module, skipped: str) -> SlotList:
    """Every slot with a token, or at fault; empty slots and blank tokens are none.

    A slot whose description has `skipped` in it, in any case, is not looked into; "" skips none.
    Raises: PKCS11Error, where the slots themselves cannot be had.
    """
    told = (_told(slot, skipped.lower()) for slot in module.slots())
    return SlotList(tuple(each for each in told if each is not None))


def find(module: Module, name: TokenName) -> Token:
    """The token that has this name now, as it is now.

    Raises: TroubleError where there is none, or more than one; PKCS11Error where the slots cannot be had.
    """
    same = [token for token in _tokens(module) if name_of_token(token) == name]
    if len(same) == 1:
        return same[0]
    raise TroubleError(Trouble.TWIN_TOKENS if same else Trouble.TOKEN_ABSENT)


def describe(token: Token, offers: Offered) -> TokenFacts:
    """What is told of a token, from what it says and offers."""
    return TokenFacts(
        name=name_of_token(token),
        maker=_unpadded(token.manufacturer_id),
        model=_unpadded(token.model),
        firmware=".".join(map(str, token.firmware_version)),
        flags=int(token.flags),
        schemes=tuple(scheme.value for scheme in schemes(offers)),
    )


def name_of_token(token: Token) -> TokenName:
    """Its serial and label, fit to be shown."""
    return TokenName(_unpadded(token.serial.decode(errors="replace")), _unpadded(token.label))


def _tokens(module: Module) -> Iterator[Token]:
    for slot in module.slots():
        with suppress(PKCS11Error):  # one bad slot must not hide the others
            yield slot.get_token()


def _told(slot: Slot, skipped: str) -> SlotFacts | None:
    description = _unpadded(slot.slot_description)
    if skipped and skipped in description.lower():
        return None
    try:
        token = slot.get_token()
        is_blank = TokenFlag.TOKEN_INITIALIZED not in token.flags or name_of_token(token) == TokenName("", "")
        return None if is_blank else SlotFacts(description, describe(token, offered(slot)))
    except (TokenNotPresent, TokenNotRecognised):
        return None
    except PKCS11Error as error:
        return SlotFacts(description, None, name_of(error))


def _unpadded(field: str) -> str:
    """The text of a fixed field: padded with blanks, in some modules with zeros."""
    return printable(field.rstrip("\0 "))
