"""The codes of a device as its owner types them, alone at a terminal: each try is asked for, and none is wasted."""

from collections.abc import Callable
from typing import TypeVar

from ceremony.cli.asking import read_line, read_secret
from ceremony.cli.desk import Desk
from ceremony.cli.drawing import code_words, draw_explanation, plain
from ceremony.core.code_rules import CODE_RULES, code_case
from ceremony.errors import RefusedError, StoppedError
from ceremony.explain import explain
from hsm import Device, Pin, PinState
from hsm.errors import PinBlockedError, PukBlockedError, WrongPinError, WrongPukError

_Done = TypeVar("_Done")

_PERSON = "the operator"
_ERRORS = {"PIN": (WrongPinError, PinBlockedError), "PUK": (WrongPukError, PukBlockedError)}


def with_code(desk: Desk, device: Device, code: str, act: Callable[[Pin], _Done]) -> _Done:
    """What `act` gave, done with the code, "PIN" or "PUK", that was typed; a wrong one is asked for again.

    Raises: StoppedError, for an empty line too; TerminalError; PinBlockedError or PukBlockedError once no try is left;
    what `act` raises.
    """
    wrong, blocked = _ERRORS[code]
    while True:
        info = device.refresh()
        state = info.pin if code == "PIN" else info.puk or PinState()
        if state.is_blocked:
            raise blocked(info.serial)
        try:
            return act(_tried(desk, code, state))
        except wrong as error:
            desk.out.print(draw_explanation(explain(error)))


def new_code(desk: Desk, code: str, other: Pin | None) -> Pin:
    """A new code, "PIN" or "PUK", typed twice alike, that keeps every rule; `other` is the one it must differ from.

    Raises: StoppedError, for an empty line too; TerminalError.
    """
    while True:
        chosen = _typed(desk, f"The new {code}, 6 to 8 letters or digits, not shown (Enter = stop): ")
        if read_secret(desk, f"The new {code} once more: ") != chosen:
            desk.out.print(plain("The two were not the same. Type both once more.", "yellow"))
            continue
        try:
            CODE_RULES.check(code_case(code, chosen.secret, other.secret if other else ""))
        except RefusedError as error:
            desk.out.print(draw_explanation(explain(error)))
        else:
            return chosen


def _tried(desk: Desk, code: str, state: PinState) -> Pin:
    desk.out.print(plain(f"Its {code}: {code_words(state)}."))
    if state.is_final_try or state.attempts_left == 1:
        after = "only the PUK opens it then" if code == "PIN" else "nothing opens it then, and its keys are lost"
        desk.out.print(plain(f"If this {code} is wrong, the device blocks itself: {after}.", "bold yellow"))
        if read_line(desk, f"Type sure to spend the last try of the {code} (Enter = stop): ") != "sure":
            raise StoppedError(_PERSON, f"the last try of the {code}")
    return _typed(desk, f"The {code} it has now, not shown (Enter = stop): ")


def _typed(desk: Desk, prompt: str) -> Pin:
    typed = read_secret(desk, prompt)
    if typed is None:
        raise StoppedError(_PERSON, prompt.partition(",")[0].lower())
    return typed
