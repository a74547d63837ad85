"""The tokens of a loaded module: told of, and found anew by serial and label at each act, never by slot."""

from collections.abc import Iterator
from contextlib import suppress

from hsm.pkcs11_calls import Module, RefusedError
from hsm.pkcs11_mechanisms import Offered, offered, schemes
from hsm.pkcs11_messages import SlotFacts, SlotList, TokenFacts, TokenName
from hsm.pkcs11_numbers import Answer, TokenFlag, name_of
from hsm.pkcs11_structures import TokenInfo
from hsm.pkcs11_text import unpadded
from hsm.pkcs11_trouble import Trouble, TroubleError


def list_slots(module: Module, skipped: str) -> SlotList:
    """Every slot with a token, or at fault; empty slots and blank tokens are none.

    A slot whose description has `skipped` in it, in any case, is not looked into; "" skips none.
    Raises: RefusedError, where the slots themselves cannot be had.
    """
    told = (_told(module, slot, skipped.lower()) for slot in module.slots())
    return SlotList(tuple(each for each in told if each is not None))


def find(module: Module, name: TokenName) -> tuple[int, TokenInfo]:
    """The slot that has the token of this name now, and what it says of itself.

    Raises: TroubleError where there is none, or more than one; RefusedError where the slots cannot be had.
    """
    same = [(slot, info) for slot, info in _tokens(module) if name_of_token(info) == name]
    if len(same) == 1:
        return same[0]
    raise TroubleError(Trouble.TWIN_TOKENS if same else Trouble.TOKEN_ABSENT)


def describe(info: TokenInfo, offers: Offered) -> TokenFacts:
    """What is told of a token, from what it says and offers."""
    return TokenFacts(
        name=name_of_token(info),
        maker=unpadded(info.maker),
        model=unpadded(info.model),
        firmware=f"{info.versions[2]}.{info.versions[3]}",
        flags=info.flags,
        schemes=tuple(scheme.value for scheme in schemes(offers)),
    )


def name_of_token(info: TokenInfo) -> TokenName:
    """Its serial and label, fit to be shown."""
    return TokenName(unpadded(info.serial), unpadded(info.label))


def _tokens(module: Module) -> Iterator[tuple[int, TokenInfo]]:
    for slot in module.slots():
        with suppress(RefusedError):  # one bad slot must not hide the others
            yield slot, module.token(slot)


def _told(module: Module, slot: int, skipped: str) -> SlotFacts | None:
    description = _description(module, slot)
    if skipped and skipped in description.lower():
        return None
    try:
        info = module.token(slot)
        is_blank = not info.flags & TokenFlag.TOKEN_INITIALIZED or name_of_token(info) == TokenName("", "")
        return None if is_blank else SlotFacts(description, describe(info, offered(module, slot)))
    except RefusedError as error:
        if error.code in {Answer.TOKEN_NOT_PRESENT, Answer.TOKEN_NOT_RECOGNIZED}:
            return None
        return SlotFacts(description, None, name_of(error.code))


def _description(module: Module, slot: int) -> str:
    try:
        return unpadded(module.slot_description(slot))
    except RefusedError:
        return f"slot {slot}"
